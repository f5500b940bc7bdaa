// The event socket (docs/protocol.md, "The socket"): it stays connected, resumes without gap or repeat, and sends again
// what was never answered. No DOM: the WebSocket is handed in.

import { Backoff } from './backoff.js';
import { newID } from './ids.js';
import { Refusal, Unreachable } from './refusal.js';

/**
 * @typedef {object} Event an event of the log, as the gateway sends it
 * @property {string} id
 * @property {string} type
 * @property {string} at
 * @property {string} [actor]
 * @property {string} [cause]
 * @property {any} body
 */

/**
 * @typedef {'idle' | 'connecting' | 'open' | 'waiting' | 'ended'} State
 * waiting: connection lost, the next try is due; ended: the session is no more, nothing is tried
 */

/**
 * @typedef {object} Handlers called in the order of the socket; none may throw
 * @property {(cursor: string) => WebSocket} connect opens a socket; cursor may be empty
 * @property {() => Promise<boolean>} alive whether the session still stands; asked after a failed try
 * @property {(event: Event) => void} event
 * @property {(user: string, online: boolean) => void} presence
 * @property {(reason: string) => void} full why calls are not kept from now on, "disk" or "quota"; empty: they are
 * @property {(hello: any) => void} hello
 * @property {() => void} reset events were missed: the state must be fetched anew
 * @property {(state: State, reason: string) => void} state
 */

const OPEN = 1; // WebSocket.OPEN
const SILENCE = 25_000; // ms without a word after which the connection counts as lost
const PING = 10_000;

/** @typedef {{id: string, text: string, resolve: (e: Event) => void, reject: (e: Error) => void}} Pending */

export class EventSocket {
  /** @param {Handlers} handlers */
  constructor(handlers) {
    this.on = handlers;
    /** @type {State} */
    this.state = 'idle';
    this.cursor = '';
    /** @type {Map<string, Pending>} in the order they were sent */
    this.pending = new Map();
    this.backoff = new Backoff();
    /** @type {WebSocket | undefined} */
    this.socket = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.heard = 0;
    this.pings = 0;
  }

  /** @param {string} cursor of GET /api/me, or empty for events from now on */
  start(cursor) {
    this.cursor = cursor;
    this.#connect();
  }

  /** Ends it for good; what is pending fails. */
  stop(reason = 'stopped') {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = undefined;
    socket?.close(1000);
    for (const p of this.pending.values()) p.reject(new Unreachable(reason));
    this.pending.clear();
    this.#become('ended', reason);
  }

  /** Tries at once if it is waiting: the network is back. */
  nudge() {
    if (this.state !== 'waiting') return;
    this.backoff.reset();
    this.#connect();
  }

  /**
   * Sends a command and waits for its answer, over reconnections too.
   * @param {string} type
   * @param {object} body
   * @returns {Promise<Event>} the first event it caused, "<service>.unchanged" included; rejects with a Refusal
   */
  send(type, body) {
    if (this.state === 'ended') return Promise.reject(new Unreachable('signed out'));
    const id = newID();
    return new Promise((resolve, reject) => {
      const text = JSON.stringify({ id, type, body });
      this.pending.set(id, { id, text, resolve, reject });
      if (this.state === 'open') this.#say(text);
    });
  }

  /** A socket that is closing already says nothing; what is pending is sent over the next one. @param {string} text */
  #say(text) {
    if (this.socket?.readyState === OPEN) this.socket.send(text);
  }

  #connect() {
    clearTimeout(this.timer);
    this.#become('connecting', '');
    const socket = this.on.connect(this.cursor);
    this.socket = socket;
    this.#arm(SILENCE, () => this.#lose(socket, 0, 'silent'));
    socket.onmessage = (m) => {
      if (this.socket === socket) this.#heard(String(m.data));
    };
    socket.onclose = (c) => this.#lose(socket, c.code, c.reason);
  }

  /** @param {string} text */
  #heard(text) {
    this.heard++;
    const message = JSON.parse(text);
    if (message.cursor) this.cursor = message.cursor;
    if (message.hello) this.#hello(message.hello);
    else if (message.event) this.#event(message.event);
    else if (message.refused) this.#answer(message.refused.id, new Refusal(message.refused.code, message.refused.text));
    else if ('full' in message) this.on.full(message.full);
    else if (message.presence) this.on.presence(message.presence.user, message.presence.online);
  }

  /** @param {any} hello */
  #hello(hello) {
    const gap = this.cursor !== '' && !hello.resumed;
    this.cursor = hello.cursor;
    this.backoff.reset();
    this.on.hello(hello);
    this.#become('open', '');
    if (gap) this.on.reset();
    for (const p of this.pending.values()) this.#say(p.text);
    this.#watch();
  }

  /** Pings, and gives a silent connection up. */
  #watch() {
    const socket = /** @type {WebSocket} */ (this.socket);
    const before = this.heard;
    this.#say(JSON.stringify({ ping: ++this.pings }));
    this.#arm(PING, () => {
      if (this.heard === before) this.#lose(socket, 0, 'silent');
      else this.#watch();
    });
  }

  /** @param {Event} event */
  #event(event) {
    this.on.event(event);
    if (!event.cause) return;
    const refused = event.type.endsWith('.refused');
    this.#answer(event.cause, refused ? new Refusal(event.body.code, event.body.text) : event);
  }

  /**
   * @param {string} id
   * @param {Event | Refusal} answer
   */
  #answer(id, answer) {
    const p = this.pending.get(id);
    if (!p) return;
    this.pending.delete(id);
    if (answer instanceof Refusal) p.reject(answer);
    else p.resolve(answer);
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   * @param {string} reason
   */
  #lose(socket, code, reason) {
    if (this.socket !== socket) return;
    this.socket = undefined;
    socket.onmessage = socket.onclose = null;
    socket.close();
    if (code === 1008) return this.stop(reason || 'denied');
    const hadHello = this.state === 'open';
    this.#become('waiting', reason);
    this.#arm(this.backoff.next(), () => void this.#again(hadHello));
  }

  /** @param {boolean} trusted the session stood a moment ago */
  async #again(trusted) {
    // A refused upgrade looks like a dead network to a page, so the session is asked after.
    const alive = trusted || (await this.on.alive().catch(() => true));
    if (this.state !== 'waiting') return;
    if (alive) this.#connect();
    else this.stop('expired');
  }

  /** @param {number} ms @param {() => void} then */
  #arm(ms, then) {
    clearTimeout(this.timer);
    this.timer = setTimeout(then, ms);
  }

  /** @param {State} state @param {string} reason */
  #become(state, reason) {
    if (this.state === state) return;
    this.state = state;
    this.on.state(state, reason);
  }
}
