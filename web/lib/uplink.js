// What one's own line carries upward: less is sent when bytes pile up before it, more when they have not for a while. No DOM.

import { Ladder } from './ladder.js';

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
const RULES = { settle: 700, hold: 2500, next: 1000, most: 8000, failed: 3000 };

/** Judges by the socket's buffer how much to send. A step down comes at once; everything is sent again at most 14 s after all is well. */
export class Uplink {
  constructor() {
    this.ladder = new Ladder(STEPS, RULES);
    this.at = -Infinity;
    this.buffered = 0;
  }

  get step() {
    return this.ladder.step;
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
    if ((waiting > FULL && !drains) || skipped > 0.3) return this.ladder.lower(now);
    if (waiting > EMPTY || skipped > 0.1) return false;
    return this.ladder.raise(now, passed);
  }
}
