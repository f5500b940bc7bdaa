// How long after its capture a frame is played. One estimator a track; no DOM.

import { WindowMin } from './clock.js';

const BIN = 5000; // µs
const BINS = 400; // up to 2 s
const FORGET = 0.9993; // a frame: at 50 a second half is forgotten in 20 s
const SHARE = 0.95;
const MOST = 600_000; // µs: beyond that one can't talk any more; then gaps are the lesser evil
const LEAST = 40_000; // µs: what a busy page may stumble over even where the network is perfect

/**
 * Measures lateness, `(now − pts) − its running minimum`, as a histogram that forgets, and says the delay at which to
 * play: the minimum (the way itself, and any error of the clocks), plus what 95 % of the frames need, plus one frame.
 * Round trips say nothing of this and are not asked.
 */
export class Jitter {
  /** @param {{frame?: number}} [options] frame: the length of one in µs */
  constructor({ frame = 20_000 } = {}) {
    this.frame = frame;
    this.base = new WindowMin(10_000_000);
    this.bins = new Float64Array(BINS);
    /** weight of the next frame: it grows, which is the same as the others' shrinking */
    this.weight = 1;
    this.sum = 0;
    /** µs over the base, needed by 95 % of the frames and one more */
    this.margin = LEAST;
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
    const excess = lateness - this.base.add(now, lateness);
    this.arrived++;
    if (excess > this.margin) this.late++;
    this.bins[Math.min(BINS - 1, Math.floor(excess / BIN))] += this.weight;
    this.sum += this.weight;
    this.weight /= FORGET;
    if (this.weight > 1e9) this.#rescale();
    this.margin = Math.min(MOST, Math.max(LEAST, this.#needed() + this.frame));
  }

  /** The upper bound of the bin that holds the 95th percentile, µs. */
  #needed() {
    let below = 0;
    for (let i = 0; i < BINS; i++) {
      below += this.bins[i];
      if (below >= SHARE * this.sum) return (i + 1) * BIN;
    }
    return BINS * BIN;
  }

  #rescale() {
    for (let i = 0; i < BINS; i++) this.bins[i] /= this.weight;
    this.sum /= this.weight;
    this.weight = 1;
  }

  /** µs between capture and playing; 0 before the first frame. */
  get delay() {
    const base = this.base.value;
    return base === undefined ? 0 : Math.max(0, base) + this.margin;
  }
}
