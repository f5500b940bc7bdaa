// The clock of playing: which moment of the call is shown at a local time, at what speed. And the arithmetic of catching
// up with a call that goes on. No DOM; the caller says what time it is.

export const RATES = Object.freeze([0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4]);

/** Runs at a rate from a moment on, or stands. */
export class PlayClock {
  constructor() {
    this.rate = 1;
    this.running = false;
    /** µs of the call at `local` */
    this.pts = 0;
    /** ms */
    this.local = 0;
  }

  /**
   * @param {number} local ms
   * @returns {number} µs of the call; before the start it stands at the beginning
   */
  at(local) {
    if (!this.running) return this.pts;
    return this.pts + Math.max(0, local - this.local) * 1000 * this.rate;
  }

  /**
   * Runs from where it stands.
   * @param {number} local ms, may be a little later than now
   */
  start(local) {
    if (this.running) return;
    this.local = local;
    this.running = true;
  }

  /** Stands from now on. @param {number} local ms */
  stop(local) {
    this.pts = this.at(local);
    this.running = false;
  }

  /** Goes to another moment, and runs on from there if it ran. @param {number} pts µs @param {number} local ms */
  seek(pts, local) {
    this.pts = Math.max(0, pts);
    this.local = local;
  }

  /** @param {number} rate @param {number} local ms */
  setRate(rate, local) {
    this.pts = this.at(local);
    this.local = Math.max(local, this.local);
    this.rate = rate;
  }

  /** When a moment is shown, if nothing comes between. @param {number} pts µs @returns {number} local ms */
  when(pts) {
    return this.local + (pts - this.pts) / (1000 * this.rate);
  }
}

/**
 * How long it takes until whoever is behind a running call has caught up.
 * @param {number} behind µs
 * @param {number} rate
 * @returns {number} µs; Infinity at a rate that never does
 */
export const untilLive = (behind, rate) => (behind <= 0 ? 0 : rate <= 1 ? Infinity : behind / (rate - 1));

/** µs at which what is shown counts as live: the time by which live sound is played behind its capture, about. */
export const LIVE = 250_000;
