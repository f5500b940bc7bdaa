// How long after its capture a frame is played. One estimator a track; no DOM.

import { WindowMin } from './clock.js';

const BIN = 2000; // µs
const BINS = 300; // up to 0.6 s: a voice that comes later than that is lost
const FRAME = 20_000; // µs: shorter frames count for less, longer ones and those after a pause as one
const FORGET = [0.9993, 0.993]; // a frame: half in 20 s, and in 2 s
const SHARE = 0.95;
const SPARE = 200_000; // µs that late frames may add at most
const LITTLE = 5000; // µs more than the share needs
const CUSHION = 10_000; // µs at most, more than the latest needed: half of that and LEAST
const LEAST = 2000; // µs
const PATTERN = 10_000_000; // µs in which frames that are late more than once are a pattern
const HOLES = 10_000; // µs of them that may be missing because of that: one in a thousand
const MUCH = 200_000; // µs: what is waited for above that hurts talking more than a hole does
const BURST = 300_000; // µs: frames that are late together are late once
const KEPT = 20; // times as long as frames were late, the next are waited for: what makes a long hole is waited for longer
const LONGEST = 2_000_000; // µs, but not longer

/** A histogram that forgets. */
class Lateness {
  /** @param {number} forget the factor a frame */
  constructor(forget) {
    this.forget = forget;
    this.bins = new Float64Array(BINS);
    this.sum = 0;
    /** of the next frame: it grows, which is the same as the others' shrinking */
    this.weight = 1;
  }

  /** @param {number} excess µs @param {number} frames how many frames of FRAME it counts for, 0 to 1 */
  add(excess, frames) {
    this.bins[Math.min(BINS - 1, Math.floor(excess / BIN))] += this.weight * frames;
    this.sum += this.weight * frames;
    this.weight /= this.forget ** frames;
    if (this.weight > 1e9) this.#rescale();
  }

  /** The upper bound of the bin that holds the 95th percentile, µs. */
  get needed() {
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
}

/**
 * Measures lateness, `(now − pts) − its running minimum`, as histograms that forget, and says the delay at which to
 * play: the minimum (the way itself, and any error of the clocks), plus what 95 % of the frames need, and a little. One histogram forgets slowly and one
 * soon; what needs less counts, so that a bad time, as that of a page that has just opened, is left behind in seconds.
 * A frame that is later than that raises the delay at once, for those that are late with it and after it; then it is let go, since a rare one is
 * made up for sooner than waited for by all. The share alone would leave a hole in every second of speech where frames come late in bursts, as over a stream, so what is late again and
 * again is waited for: as much as leaves no more than HOLES missing in PATTERN, the worst burst aside. Late frames are measured like all others. Round trips say
 * nothing of this and are not asked.
 */
export class Jitter {
  /**
   * @param {{frame?: number, spare?: number, forget?: number[], stalls?: import('./stalls.js').Stalls}} [options] frame: µs added to the share (lateness counts from a block's first sample, so that its length is in it); spare: µs for late
   *   frames; forget: the factors a frame; stalls: what is waited for with others
   */
  constructor({ frame = LITTLE, spare = SPARE, forget = FORGET, stalls } = {}) {
    this.frame = frame;
    this.spare = spare;
    this.stalls = stalls;
    this.base = new WindowMin(10_000_000);
    this.memories = forget.map((f) => new Lateness(f));
    /** µs over the base, needed by 95 % of the frames, and a little */
    this.margin = frame;
    /** µs over the base, because of late frames */
    this.raised = 0;
    /** the times at which frames were later than the share, within PATTERN: the last frame of each, and the latest @type {{at: number, excess: number}[]} µs */
    this.bursts = [];
    /** µs of the call, when the last frame came */
    this.at = -Infinity;
    /** frames that came after their time to be played */
    this.late = 0;
    this.arrived = 0;
    /** ms: how much the lateness changes from frame to frame, smoothed as in RFC 3550 */
    this.wavering = 0;
    this.previous = 0;
    this.pts = -Infinity;
  }

  /**
   * @param {number} pts µs of the call
   * @param {number} now µs of the call, when it can be played
   */
  arrive(pts, now) {
    this.at = now;
    const lateness = now - pts;
    const excess = lateness - this.base.add(now, lateness);
    if (this.arrived++ > 0) this.wavering += (Math.abs(lateness - this.previous) / 1000 - this.wavering) / 16;
    this.previous = lateness;
    if (excess > this.#wait) this.late++;
    this.stalls?.arrive(this, now, excess, excess > this.margin);
    if (excess > this.margin) this.#note(now, excess);
    const frames = Math.min(1, Math.max(0, pts - this.pts) / FRAME);
    this.pts = pts;
    for (const m of this.memories) m.add(excess, frames);
    this.margin = Math.min(...this.memories.map((m) => m.needed)) + this.frame;
    this.raised = Math.min(this.#late(now), this.margin + this.spare);
  }

  /** @param {number} now µs @param {number} excess µs */
  #note(now, excess) {
    const last = this.bursts[this.bursts.length - 1];
    if (last && now - last.at < BURST) Object.assign(last, { at: now, excess: Math.max(last.excess, excess) });
    else this.bursts.push({ at: now, excess });
  }

  /** µs that late frames need: all of it for a moment, then what leaves few holes. @param {number} now µs */
  #late(now) {
    while (this.bursts[0]?.at < now - PATTERN) this.bursts.shift();
    const last = this.bursts[this.bursts.length - 1];
    const fresh = last && now - last.at < Math.min(LONGEST, Math.max(BURST, KEPT * last.excess)) ? last.excess : 0;
    const [, ...others] = this.bursts.map((b) => b.excess).sort((a, b) => b - a);
    const needed = Math.max(fresh, Math.min(MUCH, level(others)));
    return needed && needed + Math.min(CUSHION, LEAST + needed / 2);
  }

  /** µs over the base that are waited for. */
  get #wait() {
    return Math.max(this.margin, this.raised, this.stalls?.needed ?? 0);
  }

  /** µs between capture and playing; 0 before the first frame. */
  get delay() {
    const base = this.base.value;
    return base === undefined ? 0 : Math.max(0, base) + this.#wait;
  }
}

/**
 * The level over which no more than HOLES of all of them stand together.
 * @param {number[]} excesses µs, descending
 * @returns {number} µs
 */
function level(excesses) {
  let sum = 0;
  for (const [n, excess] of excesses.entries()) {
    sum += excess;
    const at = (sum - HOLES) / (n + 1);
    if (at >= (excesses[n + 1] ?? 0)) return at;
  }
  return 0;
}
