// How long after its capture a frame is played. One estimator a track; no DOM.

import { WindowMin } from './clock.js';

/**
 * Measures lateness, `now − pts`, and says the delay at which to play. The delay is the least lateness of the last ten
 * seconds, which is the way itself (and any error of the clocks), plus a margin for what comes later than that.
 *
 * The margin is fixed for now; whatever replaces it needs no more than the two numbers arrive() is given.
 */
export class Jitter {
  /** @param {{margin?: number}} [options] margin in µs */
  constructor({ margin = 60_000 } = {}) {
    this.margin = margin;
    this.base = new WindowMin(10_000_000);
    /** µs; how late the last frame came, over the base */
    this.excess = 0;
    /** frames that came after their time to be played */
    this.late = 0;
    this.arrived = 0;
  }

  /**
   * @param {number} pts µs of the call
   * @param {number} now µs of the call, when it arrived
   */
  arrive(pts, now) {
    const lateness = now - pts;
    const base = this.base.add(now, lateness);
    this.excess = lateness - base;
    this.arrived++;
    if (this.excess > this.margin) this.late++;
  }

  /** µs between capture and playing; 0 before the first frame. */
  get delay() {
    const base = this.base.value;
    return base === undefined ? 0 : Math.max(0, base) + this.margin;
  }
}
