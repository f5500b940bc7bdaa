// A worker: the sound of a call, from the microphone's samples to the socket, and from the socket to the mixer, so that a page which paints
// delays no voice. media/audio-line.js speaks to it.

import { TwinClock } from '../lib/clock.js';
import { MediaLink } from '../lib/media-link.js';
import { Recent } from '../lib/recent.js';
import { Stalls } from '../lib/stalls.js';
import { Stage } from '../lib/talk.js';
import { Voices } from '../lib/voices.js';
import { seatOf, slotOf } from '../lib/wire.js';
import { AudioPlayer } from './audio-player.js';
import { AudioSender } from './audio-sender.js';
import { Capture } from './capture.js';
import { localNow } from './local.js';
import { LONG, opus, SHORT } from './opus.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */
/** @typedef {import('./audio-sender.js').Block} Block */

const TICK = 50; // ms
const PREROLL = 80_000; // µs of sound that a decoder needs to be itself

/** @param {object} message @param {Transferable[]} [transfer] to the page */
const tell = (message, transfer = []) => postMessage(message, { transfer });

/** Whether short packets can be made: asked once. */
const short =
  'AudioEncoder' in globalThis
    ? AudioEncoder.isConfigSupported(opus(SHORT)).then(
        (a) => a.supported === true,
        () => false,
      )
    : Promise.resolve(false);

/** A call. */
class Call {
  /** @param {{url: string, who: {user: string, name: string}, port: MessagePort, sending: boolean[]}} how port: the mixer's */
  constructor({ url, who, port, sending }) {
    this.clock = new TwinClock((heard) => tell({ heard }));
    /** µs between mixing and hearing */
    this.latency = 0;
    /** others' voices are not played */
    this.hushed = false;
    /** @type {Map<number, AudioPlayer>} by track */
    this.players = new Map();
    /** the last of each voice, for who comes back from the past @type {Map<number, Frame>} by track */
    this.configs = new Map();
    /** what came while others were not heard */
    this.recent = new Recent();
    this.stage = new Stage();
    /** what was given to players since the page was told @type {import('./audio-line.js').Packet[]} */
    this.played = [];
    this.stalls = new Stalls();
    this.port = port;
    this.voices = new Voices((message) => port.postMessage(message));
    this.link = new MediaLink(this.clock, {
      connect: (attempt) => {
        const socket = new WebSocket(`${url}?attempt=${attempt}`);
        socket.binaryType = 'arraybuffer';
        return socket;
      },
      now: localNow,
      open: (hello) => {
        for (const p of this.players.values()) p.missing.restart(); // who paused meanwhile will not be heard of
        for (const [slot, sender] of this.senders.entries()) sender.connected(hello.track + slot);
        tell({ open: { hello, connections: this.link.connections } });
      },
      frame: (frame, now) => this.#frame(frame, now),
      gone: (track) => {
        this.end(track);
        tell({ gone: track });
      },
      pause: (track, seq) => this.hushed || this.players.get(track)?.pause(seq), // hushed, it rests already
      refused: (refused) => tell({ refused }),
      state: (state) => tell({ state: { state, heard: this.link.heard, connections: this.link.connections } }),
      closed: (code, reason) => tell({ closed: { code, reason } }),
    });
    this.senders = [0, 1].map(() => new AudioSender(this.link, who));
    for (const [slot, on] of sending.entries()) this.senders[slot].set(on);
    this.timer = setInterval(() => this.#tick(), TICK);
  }

  /** @param {Frame} frame @param {number} now */
  #frame(frame, now) {
    const { track, seq, pts, level } = frame;
    if (frame.config) {
      this.configs.set(track, frame);
      tell({ config: { ...frame, payload: frame.payload.slice() } });
    }
    if (this.hushed) {
      if (!frame.config) this.recent.add(frame);
      return;
    }
    const taken = this.#player(track).frame(frame, now, this.clock.at(now));
    if (frame.config) return;
    if (taken) this.played.push({ track, seq, pts });
    if (slotOf(track) === 0) this.stage.frame(track, level, now);
  }

  /** @param {number} track */
  #player(track) {
    let p = this.players.get(track);
    if (!p) {
      p = new AudioPlayer(track, this.voices, () => this.latency, this.stalls);
      this.players.set(track, p);
      tell({ voice: { track, memory: p.memory } });
    }
    return p;
  }

  /** @param {number} track @param {number} delay that its picture needs, µs */
  aim(track, delay) {
    const player = this.players.get(track);
    if (player) player.pace.picture = delay;
  }

  /** A track ended or pauses. @param {number} track */
  end(track) {
    this.configs.delete(track);
    this.recent.gone(track);
    this.players.get(track)?.close();
    this.players.delete(track);
    if (slotOf(track) === 0) this.stage.ended(track);
  }

  /**
   * Others are not heard for now, or heard again.
   * @param {boolean} on
   * @param {import('../app/past.js').Seams} [seams] where the past has been heard up to: they go on from there
   */
  hush(on, seams) {
    if (on === this.hushed) return;
    this.hushed = on;
    for (const p of this.players.values()) {
      if (on) p.rest();
      else p.missing.restart();
    }
    if (on) return;
    const now = localNow();
    for (const f of this.configs.values()) this.#player(f.track).frame(f, now, this.clock.at(now));
    for (const { track, pts, end, at } of seams ? this.recent.seams(seams) : []) {
      const player = this.players.get(track);
      player?.pace.hold(this.clock.at(at) - end, at);
      for (const f of this.recent.after(track, pts - PREROLL))
        player?.frame(f, now, this.clock.at(now), f.pts > pts ? 'kept' : 'heard');
    }
    this.recent = new Recent();
  }

  #tick() {
    const now = localNow();
    const speaking = [];
    for (const [track, p] of this.players) {
      p.tick(now);
      if (slotOf(track) === 0 && p.speaking.at(now)) speaking.push(seatOf(track));
    }
    const { link, played } = this;
    this.played = [];
    const { bytesIn, bytesOut, buffered, malformed } = link;
    const sent = this.senders.reduce((n, s) => n + s.sent, 0);
    const skipped = this.senders.reduce((n, s) => n + s.skipped, 0);
    tell({
      report: {
        link: { bytesIn, bytesOut, buffered, malformed, frames: sent, skipped },
        voices: [...this.players.values()].map((p) => p.report()),
        speaking,
        stage: seatOf(this.stage.track),
        played,
      },
    });
  }

  close() {
    clearInterval(this.timer);
    this.link.stop();
    for (const s of this.senders) s.close();
    for (const p of this.players.values()) p.close();
    this.port.close();
  }
}

/** What one says, by slot. */
class Own {
  /** @param {number} slot */
  constructor(slot) {
    this.slot = slot;
    this.length = LONG;
    /** @type {Capture | undefined} */
    this.capture = undefined;
    /** of the blocks since the page was told: ms, and the loudest, −dBov */
    this.since = 0;
    this.level = 127;
  }

  /** @param {import('./capture.js').Way} way empty: none */
  from(way) {
    this.capture?.close();
    this.capture = way.stream || way.port ? new Capture(way, this.length, (b) => this.#take(b)) : undefined;
  }

  /** @param {number} length ms of a block */
  cut(length) {
    this.length = length;
    if (this.capture) this.capture.blocks.length = length;
  }

  /** @param {Block} block */
  #take(block) {
    call?.senders[this.slot].take(block);
    if (this.slot !== 0) return;
    this.since += block.samples.length / 48;
    this.level = Math.min(this.level, block.level);
    if (this.since < LONG) return;
    tell({ level: this.level });
    this.since = 0;
    this.level = 127;
  }
}

/** @type {Call | undefined} */
let call;
const own = [new Own(0), new Own(1)];
/** whether each slot is to be heard */
const sending = [false, false];

tell({ loaded: true });

self.onmessage = async ({ data: m }) => {
  if (m.enter) call = new Call({ ...m.enter, sending });
  if (m.source) own[m.source.slot].from(m.source.way);
  if (m.sending) {
    sending[m.sending.slot] = m.sending.on;
    call?.senders[m.sending.slot].set(m.sending.on);
  }
  if (m.heard) call?.clock.told(m.heard);
  for (const [track, delay] of m.pictures ?? []) call?.aim(track, delay);
  if (m.latency !== undefined && call) call.latency = m.latency;
  if (m.hush !== undefined) call?.hush(m.hush.on, m.hush.seams);
  if (m.end) call?.end(m.end);
  if (m.start) call?.link.start();
  if (m.nudge) call?.link.nudge();
  if (m.leave) {
    call?.close();
    call = undefined;
  }
  if (m.stop) {
    for (const o of own) o.from({});
    call?.close();
    close();
  }
  if (m.length !== undefined) for (const o of own) o.cut(m.length === SHORT && (await short) ? SHORT : LONG);
};
