// One call, from the moment its page opens: first its anteroom with the devices, then the call itself.

import { TwinClock } from '../lib/clock.js';
import { Refusal } from '../lib/refusal.js';
import { slotOf } from '../lib/wire.js';
import { t } from '../lib/words.js';
import * as world from '../lib/world.js';
import { able, barred } from '../media/able.js';
import { AudioLine } from '../media/audio-line.js';
import { decodable } from '../media/decodable.js';
import { FEW, LONG, SHORT } from '../media/opus.js';
import { Sound } from '../media/sound.js';
import { VideoSender } from '../media/video-sender.js';
import { computed, effect, signal } from '../vendor/signals-core.js';
import { get, socketURL } from './api.js';
import { audioHandlers, videoLink } from './call-link.js';
import { Devices } from './devices.js';
import { Receiver } from './receiver.js';
import { Rewind } from './rewind.js';
import { Room } from './room.js';
import { Share } from './share.js';
import { watchSound } from './silence.js';

/** @typedef {import('./app.js').App} App */

/**
 * @typedef {'loading' | 'anteroom' | 'joining' | 'in' | 'over'} Stage
 * over: left, ended or thrown out; `ending` says which
 */

export class CallSession {
  /**
   * @param {App} app
   * @param {string} id
   */
  constructor(app, id) {
    this.app = app;
    this.id = id;
    this.stage = signal(/** @type {Stage} */ ('loading'));
    this.ending = signal('');
    /** this browser can't be in a call: to try again is no use */
    this.unable = false;
    this.panel = signal(/** @type {'' | 'chat' | 'people' | 'stats'} */ (''));
    this.links = signal(/** @type {Record<string, import('../lib/media-link.js').LinkState>} */ ({}));
    this.info = computed(() => app.world.value.calls.get(id));
    this.group = computed(() => this.info.value?.group ?? '');
    this.people = computed(() =>
      (this.info.value?.participants ?? []).filter((p) => p.in).sort((a, b) => a.seat - b.seat),
    );
    this.unread = signal(0);
    this.line = new AudioLine();
    this.devices = new Devices(this.line);
    this.share = new Share((error) => app.notices.report(error));
    this.clock = new TwinClock((heard) => this.media && this.line.say({ heard }));
    /** @type {Sound | undefined} */
    this.sound = undefined;
    this.soundStopped = signal(false);
    this.incoming = signal(/** @type {Receiver | undefined} */ (undefined));
    /** @type {{audio: AudioLine, video: import('../lib/media-link.js').MediaLink} | undefined} */
    this.media = undefined;
    /** @type {{video: VideoSender} | undefined} */
    this.senders = undefined;
    this.rejoined = 0;
    this.rewind = new Rewind(this);
    /** @type {(() => void)[]} */
    this.effects = [];
    this.room = new Room(this);
  }

  /** What comes in, from the click on. */
  get receiver() {
    return this.incoming.value;
  }

  /** Whose pictures and voices are to be seen and heard: those of now, or those of the past. */
  get shown() {
    return this.rewind.past.value ?? this.receiver;
  }

  /**
   * Draws a seat's camera onto a canvas, until the signal. Who looks at the past still watches for the server: pictures of now go on being
   * made, and come as large as they will be shown.
   * @param {number} seat
   * @param {HTMLCanvasElement} canvas
   * @param {AbortSignal} until
   * @param {number} [slot] 1: the shared screen
   */
  show(seat, canvas, until, slot = 0) {
    const awaited = slot === 0 && this.people.value.some((p) => p.seat === seat && p.video);
    this.receiver?.show(seat, canvas, until, slot, awaited);
    this.rewind.past.value?.show(seat, canvas, until, slot);
  }

  /** Fetches the call and opens the devices for the anteroom. */
  async prepare() {
    try {
      await this.refetch();
    } catch (error) {
      this.#over(error instanceof Refusal ? error.message : t('error.unreachable'));
      return;
    }
    const bar = barred(await able());
    if (bar) {
      this.unable = true;
      return this.#over(t(`browser.${bar}`));
    }
    if (this.info.value?.state === 'running' && this.stage.value === 'loading') {
      this.stage.value = 'anteroom';
      void this.#warm().catch(() => undefined);
      return this.devices.open();
    }
    if (this.stage.value === 'loading') this.#over(t(`call.is.${this.info.value?.state ?? 'ended'}`));
  }

  async refetch() {
    const { call } = await get(`/api/calls/${this.id}`);
    this.app.world.value = world.withCalls(this.app.world.value, [call]);
    if (!this.app.world.value.members.has(call.group)) await this.app.openGroup(call.group);
  }

  /** Loads the worker of the sound and the mixer and asks for codecs while one still looks at the anteroom, so that joining need not wait for it. */
  #warm() {
    void decodable();
    this.sound ??= new Sound(0);
    return Promise.all([this.line.open(), this.sound.open()]);
  }

  /**
   * Takes a seat; called from a click, since sound needs one. The media sockets are opened together with the command: the server lets
   * them wait until it knows of the seat.
   */
  async join() {
    if (this.stage.value !== 'anteroom') return;
    try {
      const { me } = this.app.world.value;
      const first = !this.info.value?.participants.some((p) => p.user === me);
      const seated = this.app.socket?.send('calls.join', { call: this.id });
      const connected = this.#warm().then(() => this.stage.value === 'joining' && this.#connect(first));
      this.stage.value = 'joining'; // what is drawn of it comes after that
      await Promise.all([seated, connected]);
      if (this.stage.value !== 'joining') return;
      this.stage.value = 'in';
      this.#startClosed();
      this.room.enter();
    } catch (error) {
      if (!this.#outside) return;
      this.#disconnect();
      this.stage.value = 'anteroom';
      this.app.notices.report(error);
    }
  }

  /** Not in yet, and it is not over. */
  get #outside() {
    return ['anteroom', 'joining'].includes(this.stage.value);
  }

  /** @param {boolean} first for the first time in this call */
  #connect(first) {
    const sound = /** @type {Sound} */ (this.sound);
    const me = this.app.person(this.app.world.value.me);
    const who = { user: me.id, name: me.name };
    const { line } = this;
    const receiver = new Receiver(this.clock, sound, line, (message) => this.media?.video.say(message));
    const media = { audio: line, video: videoLink(this, receiver) };
    const senders = { video: new VideoSender(media.video, who) };
    const url = socketURL(`/media/audio/${this.id}`);
    line.enter({ url, who, port: sound.way() }, this.clock, audioHandlers(this, receiver, first));
    this.media = media;
    this.senders = senders;
    media.audio.start(); // what follows is done before anything comes
    media.video.start();
    this.effects = [
      watchSound(sound.context, this.soundStopped),
      effect(() => line.cut(this.people.value.length <= FEW ? SHORT : LONG)),
    ];
    this.share.attach({ audio: line, video: media.video, sound, who });
    sound.follow(this.clock);
    this.devices.attach({
      context: sound.context,
      camera: (track) => senders.video.set(track),
      sending: (on) => line.sending(0, on),
    });
    receiver.start();
    this.incoming.value = receiver;
  }

  /** What is wanted of one's own tracks, and what does not come of others'. @param {import('../lib/media-link.js').Steering} message */
  steer({ encode, key, off }) {
    if (off) this.receiver?.off(off.track, off.reason);
    if (encode) this.#videoOf(encode.track)?.encode(encode);
    if (key) this.#videoOf(key.track)?.key(key.rendition);
  }

  /** @param {number} track one's own */
  #videoOf(track) {
    return slotOf(track) === 0 ? this.senders?.video : this.share.video;
  }

  /** Asks for a screen, a window or a tab, and shares it with its sound, if it has one; called from a click. A refusal by the user is none. */
  startShare() {
    return this.share.start();
  }

  stopShare() {
    this.share.stop();
  }

  /** A media socket closed for good. @param {number} code @param {string} reason */
  async closed(code, reason) {
    if (this.stage.value !== 'in') return;
    if (code === 4000) return this.#over(t('call.ended'));
    if (code === 4001) return this.#over(t('call.elsewhere'));
    // Perhaps the seat was freed while this page was cut off: it is asked for once more, then believed.
    if (this.rejoined++ >= 3) return this.#over(reason || t('call.removed'));
    await this.#takeSeatAgain();
  }

  async #takeSeatAgain() {
    try {
      await this.app.socket?.send('calls.join', { call: this.id });
      if (this.stage.value === 'in') this.#startClosed();
    } catch (error) {
      if (this.stage.value === 'in') this.#over(error instanceof Refusal ? error.message : t('error.unreachable'));
    }
  }

  /** What was refused because there was no seat yet is asked for again. */
  #startClosed() {
    for (const link of Object.values(this.media ?? {})) if (link.state === 'closed') link.start();
  }

  /** @param {import('../lib/socket.js').Event} event already part of the world */
  event(event) {
    const { body, type } = event;
    if (type === 'messaging.posted' && body.group === this.group.value && this.panel.value !== 'chat')
      this.unread.value++;
    if (body.call !== this.id || this.stage.value === 'over') return;
    this.room.signs.event(event);
    if (type === 'calls.ended') this.#over(t('call.ended'));
    if (type === 'calls.cancelled') this.#over(t('call.is.cancelled'));
    if (type === 'calls.started' && this.stage.value === 'loading') void this.prepare();
    if (type !== 'calls.left') return;
    this.receiver?.left(this.info.value?.participants.find((p) => p.user === body.user)?.seat);
    if (body.user !== this.app.world.value.me || this.stage.value !== 'in') return;
    if (body.reason === 'lost') void this.#takeSeatAgain();
    else
      this.#over(
        t({ left: 'call.left', expelled: 'call.expelled' }[/** @type {string} */ (body.reason)] ?? 'call.removed'),
      );
  }

  /** @param {'chat' | 'people' | 'stats'} panel opens it, or closes it if it is open */
  toggle(panel) {
    this.panel.value = this.panel.value === panel ? '' : panel;
    if (this.panel.value !== 'chat') return;
    this.unread.value = 0;
    this.app.chat.read(this.group.value);
  }

  nudge() {
    this.media?.audio.nudge();
    this.media?.video.nudge();
  }

  /** Hangs up. */
  leave() {
    if (this.stage.value === 'in') void this.app.socket?.send('calls.leave', { call: this.id }).catch(() => undefined);
    if (this.stage.value !== 'over') this.#over(t('call.left'));
  }

  /** The page goes away: the seat is kept for half a minute, in case it comes back. */
  abandon() {
    this.close();
  }

  /** @param {string} ending */
  #over(ending) {
    this.ending.value = ending;
    this.stage.value = 'over';
    this.close();
  }

  /** Lets devices, sound and sockets go. */
  close() {
    this.room.close();
    this.rewind.close();
    this.#disconnect();
    this.devices.close();
    this.line.close();
  }

  #disconnect() {
    for (const dispose of this.effects.splice(0)) dispose();
    this.share.detach();
    this.senders?.video.close();
    this.media?.audio.stop();
    this.media?.video.stop();
    this.receiver?.close();
    void this.sound?.close();
    this.senders = this.media = this.incoming.value = this.sound = undefined;
  }
}
