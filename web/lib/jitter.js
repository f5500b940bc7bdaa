// How long after its capture a frame is played. One estimator a track; no DOM.

import { WindowMin } from './clock.js';

const BIN = 2000; // µs
const BINS = 300; // up to 0.6 s: a voice that comes later than that is lost
const FORGET = 0.9993; // a frame: at 50 a second half is forgotten in 20 s
const MUCH = 200_000; // µs: what is raised above that hurts talking more than a hole does
const SHARE = 0.95;
const SPARE = 200_000; // µs that late frames may add at most
const CUSHION = 10_000; // µs more than the latest needed
const SINK = 10; // µs a ms by which that goes down at least
const EARLY = 4; // how much faster the first frames are forgotten: a page that has just opened is busy

/**
 * Measures lateness, `(now − pts) − its running minimum`, as a histogram that forgets, and says the delay at which to
 * play: the minimum (the way itself, and any error of the clocks), plus what 95 % of the frames need, plus one frame.
 * A frame that is later than that raises the delay at once, for the next ones: where some come late, more do, and the
 * one in twenty would be a hole in every second of speech. Late frames are measured like all others. Round trips say
 * nothing of this and are not asked.
 */
export class Jitter {
  /**
   * @param {{frame?: number, spare?: number, forget?: number}} [options] frame: µs added to the share; spare: µs for late
   *   frames; forget: the factor a frame
   */
  constructor({ frame = 20_000, spare = SPARE, forget = FORGET } = {}) {
    this.frame = frame;
    this.forget = forget;
    this.spare = spare;
    this.base = new WindowMin(10_000_000);
    this.bins = new Float64Array(BINS);
    /** weight of the next frame: it grows, which is the same as the others' shrinking */
    this.weight = 1;
    this.sum = 0;
    /** µs over the base, needed by 95 % of the frames and one more */
    this.margin = frame;
    /** µs over the base, because of late frames */
    this.raised = 0;
    this.at = 0;
    /** frames that came after their time to be played */
    this.late = 0;
    this.arrived = 0;
    /** ms: how much the lateness changes from frame to frame, smoothed as in RFC 3550 */
    this.wavering = 0;
    this.previous = 0;
  }

  /**
   * @param {number} pts µs of the call
   * @param {number} now µs of the call, when it can be played
   */
  arrive(pts, now) {
    const lateness = now - pts;
    const excess = lateness - this.base.add(now, lateness);
    if (this.arrived++ > 0) this.wavering += (Math.abs(lateness - this.previous) / 1000 - this.wavering) / 16;
    this.previous = lateness;
    this.#sink(now - this.at);
    this.at = now;
    if (excess > Math.max(this.margin, this.raised)) this.late++;
    this.bins[Math.min(BINS - 1, Math.floor(excess / BIN))] += this.weight;
    this.sum += this.weight;
    this.weight /= this.forget * Math.max(0.5, 1 - EARLY / this.arrived);
    if (this.weight > 1e9) this.#rescale();
    this.margin = this.#needed() + this.frame;
    this.raised = Math.max(this.raised, Math.min(excess + CUSHION, this.margin + this.spare));
  }

  /** What late frames have raised goes down again, faster where it is much. @param {number} passed µs */
  #sink(passed) {
    const speed = Math.max(SINK, (this.raised - this.margin) / 10_000, (this.raised - MUCH) / 2000);
    this.raised = Math.max(0, this.raised - (speed * Math.max(0, passed)) / 1000);
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
    return base === undefined ? 0 : Math.max(0, base) + Math.max(this.margin, this.raised);
  }
}
