// What comes in during a call: a player for each track, and one delay for each participant.

import { Backlog } from '../lib/backlog.js';
import { Playout } from '../lib/playout.js';
import { Refresh, Skew } from '../lib/sync.js';
import { Stage } from '../lib/talk.js';
import { parseConfig, seatOf, slotOf } from '../lib/wire.js';
import { AudioPlayer } from '../media/audio-player.js';
import { localNow } from '../media/local.js';
import { VideoPlayer } from '../media/video-player.js';
import { signal } from '../vendor/signals-core.js';
import { Watching } from './watching.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */

const TOO_LATE = 1_500_000; // µs, of a picture: after one is dropped a key frame must come

/**
 * @typedef {object} Screen a shared screen: its picture and sound keep time with each other, not with the voice
 * @property {Playout} playout
 * @property {VideoPlayer} [video]
 * @property {AudioPlayer} [audio]
 * @property {import('../vendor/signals-core.js').Signal<boolean>} shared there is one, seen or not
 * @property {import('../vendor/signals-core.js').Signal<boolean>} hasVideo
 * @property {import('../vendor/signals-core.js').Signal<string>} off
 */

/**
 * @typedef {object} Person
 * @property {number} seat
 * @property {Playout} playout
 * @property {Skew} skew
 * @property {AudioPlayer} [audio]
 * @property {VideoPlayer} [video]
 * @property {import('../vendor/signals-core.js').Signal<boolean>} speaking
 * @property {import('../vendor/signals-core.js').Signal<boolean>} hasVideo a picture has been drawn and its track goes on
 * @property {import('../vendor/signals-core.js').Signal<boolean>} hasAudio
 * @property {import('../vendor/signals-core.js').Signal<string>} off why the camera's picture does not come for now: 'line', or empty
 * @property {Screen} screen what it shares
 * @property {string} name as its config says
 * @property {number} volume 0 to 2
 */

export class Receiver {
  /**
   * @param {import('../lib/clock.js').CallClock} clock
   * @param {import('../media/sound.js').Sound} sound
   * @param {(message: object) => void} tell the video socket's server
   */
  constructor(clock, sound, tell) {
    this.clock = clock;
    this.sound = sound;
    /** @type {Map<number, Person>} by seat */
    this.people = new Map();
    this.count = signal(0);
    this.stage = new Stage();
    /** the seat of who is on the stage: the one who has spoken for a while; 0: nobody yet */
    this.onStage = signal(0);
    this.watching = new Watching(this.people, tell);
    this.refusals = { audio: '', video: '' };
    this.raf = 0;
    this.refresh = new Refresh();
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
  }

  start() {
    const draw = (/** @type {number} */ at) => {
      this.raf = requestAnimationFrame(draw);
      this.refresh.tick(at);
      this.#draw();
    };
    draw(performance.now());
    this.timer = setInterval(() => this.#tick(), 50);
  }

  /** @param {number} seat @returns {Person} */
  person(seat) {
    let p = this.people.get(seat);
    if (!p) {
      p = {
        seat,
        playout: new Playout(),
        skew: new Skew(),
        speaking: signal(false),
        hasVideo: signal(false),
        hasAudio: signal(false),
        off: signal(''),
        screen: { playout: new Playout(), shared: signal(false), hasVideo: signal(false), off: signal('') },
        name: '',
        volume: 1,
      };
      this.people.set(seat, p);
      this.count.value = this.people.size;
    }
    return p;
  }

  /**
   * @param {'audio' | 'video'} kind
   * @param {Frame} frame
   * @param {number} now local ms
   */
  frame(kind, frame, now) {
    const p = this.person(seatOf(frame.track));
    const side = slotOf(frame.track) === 0 ? p : p.screen;
    if (frame.config) p.name = nameOf(frame) || p.name;
    const callNow = this.clock.at(now);
    if (kind === 'audio') {
      if (!side.audio) {
        side.audio = new AudioPlayer(frame.track, this.sound, side.playout);
        this.sound.setVolume(frame.track, p.volume);
      }
      side.audio.frame(frame, now, callNow);
      if (side !== p) return;
      p.hasAudio.value = true;
      if (!frame.config) this.stage.frame(frame.track, frame.level, now);
      this.onStage.value = seatOf(this.stage.track);
    } else {
      const fresh = !side.video;
      side.video ??= new VideoPlayer(side.playout, new Backlog(TOO_LATE));
      side.video.frame(frame, callNow);
      if (side === p.screen) p.screen.shared.value = true;
      if (fresh) this.watching.changed();
    }
  }

  #draw() {
    const now = localNow();
    const callNow = this.clock.at(now);
    // A picture stays until the next refresh: the one that is nearest to the middle of that time is the right one.
    const middle = this.refresh.interval * 500;
    for (const p of this.people.values()) {
      for (const side of [p, p.screen]) {
        if (!side.video) continue;
        const voice = side.audio ? (this.sound.voice(side.audio.track)?.delay ?? 0) : 0;
        if (!side.video.draw(callNow - side.playout.show(now, voice) + middle)) continue;
        side.hasVideo.value = true;
        side.off.value = '';
        if (side === p && p.playout.voiced(now)) p.skew.add(callNow + middle - side.video.shown - voice);
      }
    }
  }

  #tick() {
    const now = localNow();
    for (const p of this.people.values()) {
      const delay = p.playout.delay(now, this.sound.latency);
      if (p.audio) this.sound.setDelay(p.audio.track, delay);
      if (p.screen.video || p.screen.audio) {
        const later = p.screen.playout.delay(now, this.sound.latency);
        if (p.screen.audio) this.sound.setDelay(p.screen.audio.track, later);
      }
      p.speaking.value = p.audio?.speaking.at(now) ?? false;
    }
    // A hidden page draws nothing; its pictures must go all the same.
    if (document.visibilityState === 'hidden') this.#draw();
  }

  /** A track ended or pauses. @param {'audio' | 'video'} kind @param {number} track */
  gone(kind, track) {
    const p = this.people.get(seatOf(track));
    if (!p) return;
    const side = slotOf(track) === 0 ? p : p.screen;
    if (kind === 'audio') {
      side.audio?.close();
      side.audio = undefined;
      if (side !== p) return;
      this.stage.ended(track);
      this.onStage.value = seatOf(this.stage.track);
      p.hasAudio.value = false;
      p.speaking.value = false;
    } else {
      const next = new VideoPlayer(side.playout, new Backlog(TOO_LATE));
      next.canvases = new Set(side.video?.canvases);
      side.video?.close();
      side.video = next;
      side.hasVideo.value = false;
      side.off.value = '';
      if (side === p.screen) p.screen.shared.value = false;
    }
  }

  /** Pictures that have come and are not shown yet will not be. */
  halt() {
    for (const p of this.people.values()) for (const side of [p, p.screen]) side.video?.move();
  }

  /** Nothing of a track comes for now. @param {number} track @param {string} reason */
  off(track, reason) {
    const p = this.people.get(seatOf(track));
    const side = p && (slotOf(track) === 0 ? p : p.screen);
    if (!side) return;
    side.off.value = reason;
    side.hasVideo.value = false;
  }

  /** @param {number | undefined} seat somebody left it */
  left(seat) {
    if (seat === undefined) return;
    for (const slot of [0, 1]) {
      this.gone('audio', (seat << 2) | slot);
      this.gone('video', (seat << 2) | slot);
    }
  }

  /** How loud one is heard, 0 to 2, where 1 is as he sends. @param {number} seat @param {number} volume */
  setVolume(seat, volume) {
    const p = this.person(seat);
    p.volume = volume;
    for (const side of [p, p.screen]) if (side.audio) this.sound.setVolume(side.audio.track, volume);
  }

  /** The socket is new: who paused meanwhile will not be heard of. @param {'audio' | 'video'} kind */
  reset(kind) {
    for (const p of this.people.values()) {
      if (kind === 'video') p.screen.shared.value = false;
      for (const side of [p, p.screen]) {
        if (kind === 'audio' && side.audio) side.audio.seq = undefined;
        if (kind === 'video' && side.video) side.video.needKey = true;
      }
    }
  }

  /**
   * Draws a seat's picture onto a canvas, until the signal. How large the canvas is shown decides which rendition comes.
   * @param {number} seat
   * @param {HTMLCanvasElement} canvas
   * @param {AbortSignal} until
   * @param {number} [slot] 1: the shared screen
   */
  show(seat, canvas, until, slot = 0) {
    const p = this.person(seat);
    const side = slot === 0 ? p : p.screen;
    side.video ??= new VideoPlayer(side.playout, new Backlog(TOO_LATE));
    side.video.attach(canvas);
    this.watching.add(canvas);
    const stop = () => {
      side.video?.canvases.delete(canvas);
      this.watching.remove(canvas);
    };
    until.addEventListener('abort', stop, { once: true });
  }

  close() {
    cancelAnimationFrame(this.raf);
    clearInterval(this.timer);
    this.watching.close();
    for (const p of this.people.values()) {
      for (const side of [p, p.screen]) {
        side.audio?.close();
        side.video?.close();
      }
    }
    this.people.clear();
  }
}

/** @param {Frame} frame */
function nameOf(frame) {
  try {
    return parseConfig(frame).name;
  } catch {
    return '';
  }
}
