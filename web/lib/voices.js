// The speakers' rings on this side of the mixer, whichever thread this is. No DOM.

import { HEAD, HEAD_LENGTH, RING_BYTES, Ring } from './ring.js';

/**
 * @typedef {object} Voice how a speaker is played; times in µs
 * @property {number} delay between capture and hearing, as it is
 * @property {number} ahead samples that wait, as time
 * @property {number} underruns times that samples were missing in the middle of speech
 * @property {number} concealed time for which something was made up
 * @property {number} removed time that was cut to catch up
 * @property {number} inserted time that was repeated to fall back
 * @property {number} jumps
 */

const RATE = 0.048; // samples a µs

export class Voices {
  /** @param {(message: object) => void} post to the mixer (lib/mix.js) */
  constructor(post) {
    this.post = post;
    /** @type {Map<number, {ring?: Ring, head: Int32Array}>} by track; without a ring samples go by message */
    this.all = new Map();
  }

  /**
   * @param {number} track
   * @returns {SharedArrayBuffer | undefined} its ring's memory; none where nothing can be shared
   */
  add(track) {
    const known = this.all.get(track);
    if (known) return /** @type {SharedArrayBuffer | undefined} */ (known.ring?.memory);
    const memory =
      globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function'
        ? new SharedArrayBuffer(RING_BYTES)
        : undefined;
    this.know(track, memory);
    this.post({ add: { track, memory } });
    return memory;
  }

  /** One that another thread has added, to look at. @param {number} track @param {SharedArrayBuffer | undefined} memory */
  know(track, memory) {
    const ring = memory && new Ring(memory);
    this.all.set(track, { ring, head: ring?.head ?? new Int32Array(HEAD_LENGTH) });
  }

  /** The same is gone. @param {number} track */
  forget(track) {
    this.all.delete(track);
  }

  /** @param {number} track */
  remove(track) {
    this.all.delete(track);
    this.post({ remove: track });
  }

  /**
   * @param {number} track
   * @param {number} position samples since the call began
   * @param {Float32Array} samples
   * @param {boolean} [lost] what is missing before them was lost, and is no silence
   */
  write(track, position, samples, lost = false) {
    const voice = this.all.get(track);
    if (voice?.ring) voice.ring.write(position, samples, lost);
    else if (voice) this.post({ track, position, samples, lost });
  }

  /** What was written is the last for now. @param {number} track */
  rest(track) {
    const voice = this.all.get(track);
    if (voice?.ring) voice.ring.rest();
    else if (voice) this.post({ track, rest: true });
  }

  /** @param {number} track @param {number} delay µs between capture and hearing */
  setDelay(track, delay) {
    const voice = this.all.get(track);
    const samples = Math.round(delay * RATE);
    if (!voice || voice.head[HEAD.DELAY] === samples) return;
    voice.head[HEAD.DELAY] = samples;
    if (!voice.ring) this.post({ track, delay: samples });
  }

  /** What the mixer tells of voices whose memory can't be seen. @param {{track: number, head: Int32Array}[]} heads */
  told(heads) {
    for (const { track, head } of heads) this.all.get(track)?.head.set(head);
  }

  /** How a speaker is played. @param {number} track @returns {Voice | undefined} */
  voice(track) {
    const head = this.all.get(track)?.head;
    if (!head) return undefined;
    const time = (/** @type {number} */ index) => head[index] / RATE;
    return {
      delay: time(HEAD.ACTUAL),
      ahead: time(HEAD.AHEAD),
      underruns: head[HEAD.UNDERRUNS],
      concealed: time(HEAD.CONCEALED),
      removed: time(HEAD.REMOVED),
      inserted: time(HEAD.INSERTED),
      jumps: head[HEAD.JUMPS],
    };
  }
}
