// Clocks: the call's clock as seen from here, and capture timestamps brought onto it. No DOM; the caller says what
// time it is.

const APART = 500_000; // µs: more than any way takes that one can talk over

/** The smallest of the values seen within a sliding window. */
export class WindowMin {
  /** @param {number} span of the window, in the caller's unit of time */
  constructor(span) {
    this.span = span;
    /** @type {{at: number, value: number}[]} increasing in both */
    this.items = [];
  }

  /**
   * @param {number} at not decreasing
   * @param {number} value
   * @returns {number} the minimum of the window that ends at `at`
   */
  add(at, value) {
    const { items } = this;
    while (items.length > 0 && items[items.length - 1].value >= value) items.pop();
    items.push({ at, value });
    while (items[0].at < at - this.span) items.shift();
    return items[0].value;
  }

  /** @returns {number | undefined} */
  get value() {
    return this.items[0]?.value;
  }
}

/**
 * The call's clock, in µs since the call began. It is learnt from pings: of a window of them the one with the smallest
 * round trip wins, because its two halves can differ by the least. Until the first answer the hello's `now` serves.
 */
export class CallClock {
  constructor() {
    /** @type {{at: number, rtt: number, offset: number}[]} */
    this.samples = [];
    this.span = 60_000;
    /** µs of the call at local time 0; undefined before the hello */
    this.offset = /** @type {number | undefined} */ (undefined);
    /** ms, of the sample in use */
    this.rtt = Infinity;
  }

  /**
   * Call time from a message without a round trip: late by an unknown way. A ping replaces it. If it contradicts the
   * pings so far, the server has started anew with another clock, and they are forgotten.
   * @param {number} local ms
   * @param {number} now µs of the call
   */
  hint(local, now) {
    if (this.known && Math.abs(this.at(local) - now) > APART) this.samples = [];
    if (this.samples.length === 0) this.offset = now - local * 1000;
  }

  /**
   * @param {number} sent local ms
   * @param {number} received local ms
   * @param {number} now µs of the call, somewhere between
   */
  pong(sent, received, now) {
    const rtt = received - sent;
    if (!(rtt >= 0)) return;
    this.samples.push({ at: received, rtt, offset: now - ((sent + received) / 2) * 1000 });
    this.samples = this.samples.filter((s) => s.at >= received - this.span).slice(-32);
    const best = this.samples.reduce((a, b) => (b.rtt < a.rtt ? b : a));
    this.offset = best.offset;
    this.rtt = best.rtt;
  }

  /** Whether the clock can be read. */
  get known() {
    return this.offset !== undefined;
  }

  /**
   * @param {number} local ms
   * @returns {number} µs of the call, a whole number, never negative
   */
  at(local) {
    return Math.max(0, Math.round(local * 1000 + (this.offset ?? 0)));
  }

  /**
   * @param {number} pts µs of the call
   * @returns {number} local ms
   */
  local(pts) {
    return (pts - (this.offset ?? 0)) / 1000;
  }
}

/**
 * Brings timestamps of a device's own clock to local time. What arrives can only be late, so the least lateness of the
 * last ten seconds is the offset between the clocks; slow drift is followed, jitter is not.
 */
export class CaptureClock {
  constructor() {
    this.lateness = new WindowMin(10_000);
    this.last = -Infinity;
  }

  /**
   * @param {number} stamp of the device, ms
   * @param {number} local ms, when it arrived
   * @returns {number} local ms at which it was captured; never before the previous one
   */
  map(stamp, local) {
    const offset = this.lateness.add(local, local - stamp);
    this.last = Math.max(this.last, stamp + offset);
    return this.last;
  }
}
