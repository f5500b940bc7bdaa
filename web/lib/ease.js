// How much less of the others' pictures is asked for because they come later than lips allow: this machine has too much to do. No DOM.

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
const SETTLE = 4000; // ms after a step down, in which it has to show
const HOLD = 5000; // ms of good times before a step up, and before each further one
const MOST = 40_000; // ms before the first step up, however many have failed
const FAILED = 8000; // ms after a step up in which a step down means that it was too much

/** A step up that fails makes the next wait for the first one twice as long, up to MOST: all is asked for again at most 50 s after all is well. */
export class Easing {
  constructor() {
    this.level = 0;
    this.hold = HOLD;
    this.down = -Infinity;
    this.up = -Infinity;
    /** ms of good or of bad times until now */
    this.good = 0;
    this.bad = 0;
    this.at = -Infinity;
  }

  get step() {
    return EASES[this.level];
  }

  /**
   * @param {number} now ms
   * @param {number} late µs that the pictures of who is least late are behind his voice; Infinity: there is none with a voice
   * @returns {boolean} whether the step has changed
   */
  sample(now, late) {
    const passed = Math.min(now - this.at, 500);
    this.at = now;
    if (late === Infinity) return false;
    this.bad = late > LATE ? this.bad + passed : 0;
    this.good = late > LATE ? 0 : this.good + passed;
    if (this.bad >= LASTS && this.level < EASES.length - 1 && now - this.down >= SETTLE) {
      this.hold = now - this.up < FAILED ? Math.min(2 * this.hold, MOST) : HOLD;
      this.level++;
      this.down = now;
      this.bad = 0;
      return true;
    }
    if (this.level === 0 || this.good < (this.up > this.down ? HOLD : this.hold)) return false;
    this.level--;
    this.up = now;
    this.good = 0;
    return true;
  }
}
