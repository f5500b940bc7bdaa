// One media socket (docs/protocol.md, "The media sockets"): hello, clock, frames, and its own reconnection. No DOM.

import { Backoff } from './backoff.js';
import { newID } from './ids.js';
import { parseFrames } from './wire.js';

/** @typedef {import('./wire.js').Frame} Frame */
/** @typedef {import('./clock.js').CallClock} CallClock */

/**
 * @typedef {'connecting' | 'open' | 'waiting' | 'closed'} LinkState
 */

/**
 * @typedef {object} Steering one field is set
 * @property {{track: number, renditions: number[], codecs: string[]}} [encode]
 * @property {{track: number, rendition: number}} [key]
 * @property {{track: number, reason: string}} [off]
 */

/**
 * @typedef {object} LinkHandlers
 * @property {(attempt: string) => WebSocket} connect opens a socket, binaryType "arraybuffer"; attempt: for the parameter of that name
 * @property {() => number} now local ms, the clock that CallClock is read with
 * @property {(hello: {seat: number, track: number}) => void} open after each (re)connection: config and key frame are due
 * @property {(frame: Frame, now: number) => void} frame
 * @property {(track: number) => void} gone
 * @property {(track: number, seq: number) => void} [pause] of a voice no packets come from this one on, while others are louder
 * @property {(text: string) => void} refused about one's own frames
 * @property {(message: Steering) => void} [steer] what is wanted of one's tracks, and what does not come of others'
 * @property {(state: LinkState) => void} state
 * @property {(code: number, reason: string) => void} closed for good: 4000 the call ended, 4001 joined elsewhere, 1008
 */

const OPEN = 1; // WebSocket.OPEN
const FINAL = [1008, 4000, 4001];
const PING_EVERY = 1000; // ms
const SILENCE = 3500; // ms without a word, after which the connection counts as lost: a network that is back finds a new one waiting
const PATIENCE = 1500; // ms for the first attempt to connect; half as much again for each further one
const MOST_PATIENCE = 10_000;
const RETRY = { first: 100, most: 1000 }; // people wait for each other

export class MediaLink {
  /**
   * @param {CallClock} clock shared by the links of a call
   * @param {LinkHandlers} handlers
   */
  constructor(clock, handlers) {
    this.clock = clock;
    this.on = handlers;
    /** @type {LinkState} */
    this.state = 'closed';
    this.backoff = new Backoff(Math.random, RETRY);
    /** @type {WebSocket | undefined} */
    this.socket = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.heard = 0;
    this.watched = 0;
    this.pings = 0;
    this.connections = 0;
    // An attempt that was given up may reach the server after its successor, which must not be taken for another window's then.
    this.id = newID();
    this.attempts = 0;
    /** one's own main track, 0 before the first hello */
    this.track = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.malformed = 0;
  }

  start() {
    clearTimeout(this.timer);
    this.#become('connecting');
    const socket = this.on.connect(`${this.id}.${++this.attempts}`);
    this.socket = socket;
    this.heard = this.on.now();
    const patience = Math.min(MOST_PATIENCE, PATIENCE * 1.5 ** this.backoff.failures);
    this.timer = setTimeout(() => this.#lose(socket, 0, 'silent'), patience);
    socket.onmessage = (m) => {
      if (this.socket !== socket) return;
      this.heard = this.on.now();
      if (typeof m.data === 'string') this.#text(m.data);
      else this.#binary(m.data);
    };
    socket.onclose = (c) => this.#lose(socket, c.code, c.reason);
  }

  /** Closes for good, without a call of `closed`. */
  stop() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = undefined;
    if (socket) socket.onmessage = socket.onclose = null;
    socket?.close(1000);
    this.#become('closed');
  }

  /** The network may have changed: tries at once if it waits or has tried for a while, and asks the other end if it is open. */
  nudge() {
    const { socket } = this;
    if (this.state === 'waiting') this.start();
    else if (this.state === 'open') this.#watch();
    else if (this.state === 'connecting' && socket && this.on.now() - this.heard > 300) {
      this.#drop(socket);
      this.start();
    }
  }

  /** Bytes that the network has not taken yet. */
  get buffered() {
    return this.socket?.bufferedAmount ?? 0;
  }

  /**
   * @param {Uint8Array<ArrayBuffer>} bytes of frames
   * @returns {boolean} false: not connected, dropped
   */
  send(bytes) {
    // A socket may be closing before it says so.
    if (this.state !== 'open' || this.socket?.readyState !== OPEN) return false;
    this.socket.send(bytes);
    this.bytesOut += bytes.length;
    return true;
  }

  /**
   * One's own track pauses; its next config frame takes it up again.
   * @param {number} track
   */
  sendStop(track) {
    this.say({ stop: { track } });
  }

  /** @param {object} message for the server; dropped when not connected */
  say(message) {
    if (this.state === 'open' && this.socket?.readyState === OPEN) this.socket.send(JSON.stringify(message));
  }

  /** @param {string} text */
  #text(text) {
    const message = JSON.parse(text);
    if (message.hello) this.#hello(message.hello);
    else if (message.pong) this.clock.pong(message.pong.t, this.on.now(), message.pong.now);
    else if (message.gone) this.on.gone(message.gone.track);
    else if (message.pause) this.on.pause?.(message.pause.track, message.pause.seq);
    else if (message.refused) this.on.refused(message.refused.text);
    else this.on.steer?.(message);
  }

  /** @param {ArrayBuffer} data */
  #binary(data) {
    const now = this.on.now();
    this.bytesIn += data.byteLength;
    let frames;
    try {
      frames = parseFrames(data);
    } catch {
      this.malformed++;
      return;
    }
    for (const frame of frames) this.on.frame(frame, now);
  }

  /** @param {{seat: number, track: number, now: number}} hello */
  #hello(hello) {
    this.clock.hint(this.on.now(), hello.now);
    this.backoff.reset();
    this.connections++;
    this.track = hello.track;
    this.pings = 0;
    this.watched = this.on.now();
    this.#become('open');
    this.on.open(hello);
    this.#watch();
  }

  /** Pings: five quick ones to learn the clock, then one a second. */
  #watch() {
    const socket = this.socket;
    if (!socket) return;
    const now = this.on.now();
    // A page that has slept has not listened: what came meanwhile comes now.
    if (now - this.watched > 3 * PING_EVERY) this.heard = Math.max(this.heard, now - SILENCE + PING_EVERY);
    this.watched = now;
    if (now - this.heard > SILENCE) return this.#lose(socket, 0, 'silent');
    if (socket.readyState === OPEN) socket.send(JSON.stringify({ ping: { t: this.on.now() } }));
    this.pings++;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#watch(), this.pings < 5 ? 150 : PING_EVERY);
  }

  /** @param {WebSocket} socket */
  #drop(socket) {
    clearTimeout(this.timer);
    this.socket = undefined;
    socket.onmessage = socket.onclose = null;
    socket.close();
  }

  /** @param {WebSocket} socket @param {number} code @param {string} reason */
  #lose(socket, code, reason) {
    if (this.socket !== socket) return;
    this.#drop(socket);
    if (FINAL.includes(code)) {
      this.#become('closed');
      this.on.closed(code, reason);
      return;
    }
    this.#become('waiting');
    this.timer = setTimeout(() => this.start(), this.backoff.next());
  }

  /** @param {LinkState} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    this.on.state(state);
  }
}
