// How much less of the others' pictures is asked for because they come later than lips allow: this machine has too much to do. No DOM.

import { Ladder } from './ladder.js';

/**
 * @typedef {object} Ease
 * @property {number} less renditions below the one that a tile's size wants
 * @property {number} temporal the highest temporal layer
 */

/** From everything to the least: first fewer pictures, since each has to be decoded and painted, then smaller ones. @type {Ease[]} */
export const EASES = [
  { less: 0, temporal: 7 },
  { less: 0, temporal: 1 },
  { less: 1, temporal: 1 },
  { less: 2, temporal: 0 },
];

const LATE = 45_000; // µs that a picture may be behind the voice before it is noticed (ITU-R BT.1359)
const LASTS = 2000; // ms of lateness before a step down
const RULES = { settle: 4000, hold: 5000, next: 5000, most: 40_000, failed: 8000 };

/** All is asked for again at most 50 s after all is well. */
export class Easing {
  constructor() {
    this.ladder = new Ladder(EASES, RULES);
    this.bad = 0; // ms of lateness until now
    this.at = -Infinity;
  }

  get step() {
    return this.ladder.step;
  }

  /**
   * @param {number} now ms
   * @param {number} late µs that the pictures of who is least late are behind his voice; Infinity: there is none with a voice
   * @returns {boolean} whether the step has changed
   */
  sample(now, late) {
    const { ladder } = this;
    const passed = Math.min(now - this.at, 500);
    this.at = now;
    if (late <= LATE || late === Infinity) {
      this.bad = 0;
      return ladder.raise(now, passed);
    }
    ladder.good = 0;
    this.bad += passed;
    if (this.bad < LASTS || !ladder.lower(now)) return false;
    this.bad = 0;
    return true;
  }
}
