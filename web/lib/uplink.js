// What one's own line carries upward: less is sent when bytes pile up before it, more when they have not for a while. No DOM.

/**
 * @typedef {object} Step
 * @property {number} share of each rendition's bitrate
 * @property {number} fps
 * @property {number} top the best rendition
 */

/** From everything to the least: first a coarser picture, then fewer of them and smaller ones. @type {Step[]} */
export const STEPS = [
  { share: 1, fps: 30, top: 2 },
  { share: 0.7, fps: 30, top: 2 },
  { share: 0.5, fps: 30, top: 2 },
  { share: 0.7, fps: 30, top: 1 },
  { share: 0.5, fps: 20, top: 1 },
  { share: 0.8, fps: 20, top: 0 },
  { share: 0.5, fps: 15, top: 0 },
  { share: 0.3, fps: 8, top: 0 },
];

const FULL = 250; // ms of what is sent that wait: the line is full
const EMPTY = 60; // ms: it is not
const SETTLE = 700; // ms after a step down, in which it has to show
const HOLD = 2500; // ms of good times before the first step up
const NEXT = 1000; // ms of good times before each further one
const MOST = 8000; // ms before a step up, however many have failed
const FAILED = 3000; // ms after a step up in which a step down means that it was too much
const FORGET = 30_000; // ms without a step down: those that failed before say nothing any more

/**
 * Judges by the socket's buffer how much to send. A step down comes at once; a step up that fails makes the next wait twice as long, up
 * to MOST. So everything is sent again at most 14 s after all is well; times that are neither good nor bad only make that longer.
 */
export class Uplink {
  constructor() {
    this.level = 0;
    this.hold = HOLD;
    this.down = -Infinity;
    this.up = -Infinity;
    /** ms of good times since the last step */
    this.good = 0;
    this.at = -Infinity;
    this.buffered = 0;
    /** steps up since the last one down */
    this.steps = 0;
  }

  get step() {
    return STEPS[this.level];
  }

  /**
   * @param {number} now ms
   * @param {{buffered: number, rate: number, skipped: number}} state bytes that wait; bytes a second that are sent; share of pictures that the encoder had no time for
   * @returns {boolean} whether the step has changed
   */
  sample(now, { buffered, rate, skipped }) {
    const passed = Math.min(now - this.at, 500);
    this.at = now;
    const waiting = (buffered / Math.max(rate, 4000)) * 1000;
    const drains = buffered < this.buffered && waiting < 4 * FULL;
    this.buffered = buffered;
    if ((waiting > FULL && !drains) || skipped > 0.3) return this.#lower(now);
    if (this.level === 0 || waiting > EMPTY || skipped > 0.1) return false;
    this.good += passed;
    if (this.good < (this.steps === 0 ? this.hold : NEXT)) return false;
    this.level--;
    this.steps++;
    this.good = 0;
    this.up = now;
    return true;
  }

  /** @param {number} now */
  #lower(now) {
    if (this.level === STEPS.length - 1 || now - this.down < SETTLE) return false;
    if (this.steps > 0 && now - this.up < FAILED) this.hold = Math.min(2 * this.hold, MOST);
    else if (now - this.down > FORGET) this.hold = HOLD;
    this.level++;
    this.down = now;
    this.good = 0;
    this.steps = 0;
    return true;
  }
}
