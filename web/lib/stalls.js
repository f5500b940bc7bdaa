// What the voices of a call wait for together. No DOM.

import { WindowMin } from './clock.js';

const TOGETHER = 50_000; // µs: frames that are late within them are late for one reason
const HEARD = 200_000; // µs: who has had a frame in them is being heard
const REMEMBERED = 30_000_000; // µs
const MOST = 100_000; // µs waited for: beyond that it is talking that suffers
const LITTLE = 2000; // µs more than a stall needed

/**
 * Where a machine or its line stands still for a moment, the frames of all voices that are being heard are late at once. Alone each voice would learn that for
 * itself, with holes in all of them, and forget it in seconds. Here one learns it for all, and who begins to speak knows it already. A stall is that at least two
 * voices and half of those that are being heard have frames later than their margin; its length is what the second latest of
 * them needed, so that the bad line of one costs the others nothing, and a single voice is not concerned.
 */
export class Stalls {
  constructor() {
    /** when each voice had its last frame, µs of the call @type {Map<object, number>} */
    this.heard = new Map();
    /** who has been late since `since`, and by how much, µs @type {Map<object, number>} */
    this.late = new Map();
    this.since = -Infinity;
    /** the longest of the last half a minute, as the least of their negatives */
    this.longest = new WindowMin(REMEMBERED);
    /** µs over its own minimum that every voice waits for because of them */
    this.needed = 0;
  }

  /**
   * A frame has come.
   * @param {object} voice whose; any object that stands for it
   * @param {number} now µs of the call
   * @param {number} excess µs over the least lateness of its voice
   * @param {boolean} late later than its voice's margin
   */
  arrive(voice, now, excess, late) {
    this.heard.set(voice, now);
    const stall = Math.min(MOST, -this.longest.add(now, late ? -this.#stall(voice, now, excess) : 0));
    this.needed = stall > 0 ? stall + LITTLE : 0;
  }

  /** How long the stall is that the frame is of, as far as is known; 0: it is of none. @param {object} voice @param {number} now @param {number} excess */
  #stall(voice, now, excess) {
    const { heard, late } = this;
    if (now - this.since > TOGETHER) {
      this.since = now;
      late.clear();
      for (const [v, at] of heard) if (now - at > HEARD) heard.delete(v);
    }
    late.set(voice, Math.max(excess, late.get(voice) ?? 0));
    if (late.size < 2 || 2 * late.size < heard.size) return 0;
    return [...late.values()].sort((a, b) => b - a)[1];
  }
}
