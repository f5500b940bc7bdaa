// The socket of the past (docs/protocol.md, "The past"): seeks, how much is wanted, what has come, and its own reconnection.
// No DOM.

import { Backoff } from './backoff.js';
import { parseFrames } from './wire.js';

/** @typedef {import('./wire.js').Frame} Frame */

/**
 * @typedef {object} PastHandlers
 * @property {() => WebSocket} connect opens a socket, binaryType "arraybuffer"
 * @property {() => number} now local ms
 * @property {() => {at: number, until: number, video?: number[]}} place where to play on, asked when the socket is open (again)
 * @property {(hello: {call: string, start: string}) => void} open
 * @property {() => void} begin what follows belongs to the latest seek
 * @property {(kind: 'audio' | 'video', frames: Frame[]) => void} frames
 * @property {() => void} moved `sent`, `end` or `live` has changed
 * @property {(code: number, reason: string) => void} closed for good
 * @property {() => void} lost it is trying to come back
 */

export class PastLink {
  /** @param {PastHandlers} handlers */
  constructor(handlers) {
    this.on = handlers;
    this.backoff = new Backoff();
    /** @type {WebSocket | undefined} */
    this.socket = undefined;
    this.ready = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.id = 0;
    this.current = 0;
    this.until = 0;
    /** µs: all frames up to there have come */
    this.sent = 0;
    /** µs: how far the call went at local ms `endAt` */
    this.end = 0;
    this.endAt = 0;
    /** the call runs */
    this.live = false;
    this.bytes = 0;
    this.malformed = 0;
  }

  start() {
    clearTimeout(this.timer);
    const socket = this.on.connect();
    this.socket = socket;
    socket.onmessage = (m) => {
      if (this.socket !== socket) return;
      if (typeof m.data === 'string') this.#text(JSON.parse(m.data));
      else this.#binary(m.data);
    };
    socket.onclose = (c) => this.#closed(socket, c.code, c.reason);
  }

  stop() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = undefined;
    this.ready = false;
    if (socket) socket.onmessage = socket.onclose = null;
    socket?.close(1000);
  }

  /** How far the call goes by now. @param {number} local ms @returns {number} µs */
  edge(local) {
    return this.live ? this.end + Math.max(0, local - this.endAt) * 1000 : this.end;
  }

  /**
   * @param {number} at µs
   * @param {number} until µs
   * @param {number[]} [video] the tracks whose pictures are wanted; all, if it is not said
   */
  seek(at, until, video) {
    this.id++;
    this.until = until;
    this.sent = at - 1; // what is needed at that moment has not come yet
    if (this.ready) this.#say({ seek: { id: this.id, at: Math.round(at), until: Math.round(until), video } });
  }

  /** Asks for more, in steps. @param {number} until µs */
  want(until) {
    if (until < this.until + 500_000) return;
    this.until = until;
    if (this.ready) this.#say({ until: Math.round(until) });
  }

  /** @param {object} message */
  #say(message) {
    this.socket?.send(JSON.stringify(message));
  }

  /** @param {any} m */
  #text(m) {
    if (m.hello) {
      this.#reach(m.hello.end, m.hello.live);
      this.backoff.reset();
      this.ready = true;
      const { at, until, video } = this.on.place();
      this.seek(at, until, video); // before anybody believes that what there is belongs here
      this.on.open(m.hello);
    } else if (m.at) {
      this.current = m.at.id;
      if (this.current === this.id) this.on.begin();
    } else if (m.sent !== undefined) {
      if (this.current === this.id) this.sent = Math.max(this.sent, m.sent);
    } else if (m.end !== undefined) this.#reach(m.end, m.live);
    this.on.moved();
  }

  /** @param {number} end @param {boolean} live */
  #reach(end, live) {
    this.end = end;
    this.endAt = this.on.now();
    this.live = live;
  }

  /** @param {ArrayBuffer} data */
  #binary(data) {
    this.bytes += data.byteLength;
    if (this.current !== this.id) return; // of a place that has been left
    let frames;
    try {
      frames = parseFrames(data.slice(1));
    } catch {
      this.malformed++;
      return;
    }
    this.on.frames(new Uint8Array(data)[0] === 0 ? 'audio' : 'video', frames);
  }

  /** @param {WebSocket} socket @param {number} code @param {string} reason */
  #closed(socket, code, reason) {
    if (this.socket !== socket) return;
    this.socket = undefined;
    this.ready = false;
    this.current = 0;
    if (code === 1008) return this.on.closed(code, reason);
    this.on.lost();
    this.timer = setTimeout(() => this.start(), this.backoff.next());
  }
}
