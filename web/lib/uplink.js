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
const HOLD = 2500; // ms of an empty queue before a step up
const MOST = 60_000; // ms: attempts that fail come no more often than this

/** Judges by the socket's buffer how much to send. A step down comes at once; a step up that fails makes the next wait twice as long. */
export class Uplink {
  constructor() {
    this.level = 0;
    this.hold = HOLD;
    this.down = -Infinity;
    this.up = -Infinity;
    /** @type {number | undefined} since when the queue has been empty */
    this.good = undefined;
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
    const waiting = (buffered / Math.max(rate, 4000)) * 1000;
    if (waiting > FULL || skipped > 0.3) {
      this.good = undefined;
      return this.#lower(now);
    }
    if (waiting > EMPTY || skipped > 0.1) {
      this.good = undefined;
      return false;
    }
    this.good ??= now;
    if (this.level === 0 || now - this.good < this.hold || now - this.up < this.hold) return false;
    this.level--;
    this.up = now;
    return true;
  }

  /** @param {number} now */
  #lower(now) {
    if (this.level === STEPS.length - 1 || now - this.down < SETTLE) return false;
    if (now - this.up < 5000) this.hold = Math.min(2 * this.hold, MOST);
    else if (now - this.down > MOST) this.hold = HOLD;
    this.level++;
    this.down = now;
    return true;
  }
}
