// One media socket (docs/protocol.md, "The media sockets"): hello, clock, frames, and its own reconnection. No DOM.

import { Backoff } from './backoff.js';
import { parseFrames } from './wire.js';

/** @typedef {import('./wire.js').Frame} Frame */
/** @typedef {import('./clock.js').CallClock} CallClock */

/**
 * @typedef {'connecting' | 'open' | 'waiting' | 'closed'} LinkState
 */

/**
 * @typedef {object} LinkHandlers
 * @property {() => WebSocket} connect opens a socket, binaryType "arraybuffer"
 * @property {() => number} now local ms, the clock that CallClock is read with
 * @property {(hello: {seat: number, track: number}) => void} open after each (re)connection: config and key frame are due
 * @property {(frame: Frame, now: number) => void} frame
 * @property {(track: number) => void} gone
 * @property {(text: string) => void} refused about one's own frames
 * @property {(state: LinkState) => void} state
 * @property {(code: number, reason: string) => void} closed for good: 4000 the call ended, 4001 joined elsewhere, 1008
 */

const OPEN = 1; // WebSocket.OPEN
const FINAL = [1008, 4000, 4001];
const SILENCE = 12_000; // ms; pongs come every 2 s

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
    this.backoff = new Backoff();
    /** @type {WebSocket | undefined} */
    this.socket = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.heard = 0;
    this.pings = 0;
    this.connections = 0;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.malformed = 0;
  }

  start() {
    clearTimeout(this.timer);
    this.#become('connecting');
    const socket = this.on.connect();
    this.socket = socket;
    this.heard = this.on.now();
    this.timer = setTimeout(() => this.#lose(socket, 0, 'silent'), SILENCE);
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

  /** Tries at once if it is waiting. */
  nudge() {
    if (this.state === 'waiting') this.start();
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
    if (this.state === 'open' && this.socket?.readyState === OPEN)
      this.socket.send(JSON.stringify({ stop: { track } }));
  }

  /** @param {string} text */
  #text(text) {
    const message = JSON.parse(text);
    if (message.hello) this.#hello(message.hello);
    else if (message.pong) this.clock.pong(message.pong.t, this.on.now(), message.pong.now);
    else if (message.gone) this.on.gone(message.gone.track);
    else if (message.refused) this.on.refused(message.refused.text);
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
    this.pings = 0;
    this.#become('open');
    this.on.open(hello);
    this.#watch();
  }

  /** Pings: five quick ones to learn the clock, then one every two seconds. */
  #watch() {
    const socket = this.socket;
    if (!socket) return;
    if (this.on.now() - this.heard > SILENCE) return this.#lose(socket, 0, 'silent');
    if (socket.readyState === OPEN) socket.send(JSON.stringify({ ping: { t: this.on.now() } }));
    this.pings++;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#watch(), this.pings < 5 ? 150 : 2000);
  }

  /** @param {WebSocket} socket @param {number} code @param {string} reason */
  #lose(socket, code, reason) {
    if (this.socket !== socket) return;
    clearTimeout(this.timer);
    this.socket = undefined;
    socket.onmessage = socket.onclose = null;
    socket.close();
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
