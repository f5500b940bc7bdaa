// Clocks: the call's clock as seen from here, and capture timestamps brought onto it. No DOM; the caller says what
// time it is.

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

const SPAN = 60_000; // ms: the ping in use is at most so old
const MEMORY = 300_000; // ms of pings from which the drift is told
const BUCKET = 10_000; // ms, of which the best ping is remembered
const DRIFT = 0.3; // µs a ms (300 ppm): no quartz is worse
const AGE = 0.00005; // ms a ms (50 ppm): what is not known of the drift
const GENTLE = 1; // µs a ms (0.1 %): how fast an error is made good
const HASTY = 500; // µs a ms: the same in the beginning, and where it is large; time goes on, at half its pace
const LARGE = 50_000; // µs
const STRANGE = 500_000; // µs: more than any way takes that one can talk over: another clock, not an error of this one
const YOUNG = 3000; // ms after the first ping

/** @typedef {{at: number, rtt: number, offset: number}} Ping at: local ms; offset: µs of the call at local time 0 */

/**
 * The call's clock, in µs since the call began. It is learnt from pings: of a minute of them the one with the smallest
 * round trip wins, because its two halves can differ by the least; how the two clocks drift apart is told from the best
 * pings of five minutes. What is found wrong is made good bit by bit: the clock never goes back, and leaps forward only
 * in its first seconds or after the machine has slept. Until the first answer the hello's `now` serves.
 */
export class CallClock {
  constructor() {
    /** @type {Ping[]} of the last minute */
    this.pings = [];
    /** @type {Ping[]} the best of each ten seconds */
    this.best = [];
    /** ms, of the ping in use */
    this.rtt = Infinity;
    /** µs a ms that the call's clock is faster than this one's */
    this.drift = 0;
    /** What is shown: from `at` on `pace` µs a ms faster than local time, from `until` on `after`. */
    this.line = { at: 0, call: 0, pace: 0, until: 0, after: 0 };
    this.known = false;
    this.since = Infinity;
  }

  /**
   * Call time from a message without a round trip: late by an unknown way. A ping replaces it. If it contradicts the
   * pings so far, the server has started anew with another clock, and they are forgotten.
   * @param {number} local ms
   * @param {number} now µs of the call
   */
  hint(local, now) {
    if (this.pings.length > 0 && Math.abs(this.#read(local) - now) < STRANGE) return;
    this.#forget();
    this.#set(local, now);
  }

  /**
   * @param {number} sent local ms
   * @param {number} received local ms
   * @param {number} now µs of the call, somewhere between
   */
  pong(sent, received, now) {
    const rtt = received - sent;
    if (!(rtt >= 0)) return;
    const at = (sent + received) / 2;
    const ping = { at, rtt, offset: now - at * 1000 };
    if (this.pings.length > 0 && this.#contradicts(ping)) this.#forget();
    if (this.pings.length === 0) this.since = Math.min(this.since, received);
    this.pings.push(ping);
    this.pings = this.pings.filter((p) => p.at >= received - SPAN).slice(-64);
    this.#remember(ping);
    const used = surest(this.pings, received);
    this.rtt = used.rtt;
    this.#aim(received, received * 1000 + used.offset + this.drift * (received - used.at));
  }

  /** Whether no error of the two pings explains their difference: one of the clocks has leapt. @param {Ping} ping */
  #contradicts(ping) {
    const used = surest(this.pings, ping.at);
    const apart = Math.abs(ping.offset - used.offset) / 1000;
    return apart > (ping.rtt + used.rtt) / 2 + 20 + (Math.abs(ping.at - used.at) * DRIFT) / 1000;
  }

  #forget() {
    this.pings = [];
    this.best = [];
    this.drift = 0;
    this.since = Infinity;
  }

  /** @param {Ping} ping */
  #remember(ping) {
    const last = this.best[this.best.length - 1];
    if (!last || Math.floor(last.at / BUCKET) !== Math.floor(ping.at / BUCKET)) this.best.push(ping);
    else if (ping.rtt <= last.rtt) this.best[this.best.length - 1] = ping;
    while (this.best[0].at < ping.at - MEMORY) this.best.shift();
    if (ping.at - this.best[0].at > SPAN) this.drift = slope(this.best);
  }

  /** Leads the clock to what it should be. @param {number} local ms @param {number} call µs */
  #aim(local, call) {
    if (!this.known) return this.#set(local, call);
    const shown = this.#read(local);
    const error = call - shown;
    const hasty = Math.abs(error) > LARGE || local - this.since < YOUNG;
    if ((error > 0 && hasty) || error < -STRANGE) return this.#set(local, call);
    const change = Math.sign(error) * (hasty ? HASTY : GENTLE);
    const until = error === 0 ? local : local + Math.abs(error) / Math.abs(change);
    this.line = { at: local, call: shown, pace: this.drift + change, until, after: this.drift };
  }

  /** @param {number} local ms @param {number} call µs */
  #set(local, call) {
    this.line = { at: local, call, pace: 0, until: local, after: this.drift };
    this.known = true;
  }

  /** @param {number} local ms */
  #read(local) {
    const { at, call, pace, until, after } = this.line;
    const passed = local - at;
    const bent = Math.min(Math.max(0, passed), until - at);
    return call + passed * 1000 + bent * pace + (passed - bent) * after;
  }

  /** µs of the call at local time 0, by the pace of now; undefined before the hello. */
  get offset() {
    return this.known ? this.#read(this.line.until) - this.line.until * 1000 : undefined;
  }

  /**
   * @param {number} local ms
   * @returns {number} µs of the call, a whole number, never negative
   */
  at(local) {
    return Math.max(0, Math.round(this.known ? this.#read(local) : local * 1000));
  }

  /**
   * @param {number} pts µs of the call
   * @returns {number} local ms
   */
  local(pts) {
    if (!this.known) return pts / 1000;
    const { at, call, pace, until, after } = this.line;
    const passed = pts - call;
    const bent = (until - at) * (1000 + pace);
    if (passed >= 0 && passed < bent) return at + passed / (1000 + pace);
    return passed < 0 ? at + passed / (1000 + after) : until + (passed - bent) / (1000 + after);
  }
}

/** The call's clock in two threads: each hears the answers of its own socket and, by what the other tells, of the other's. */
export class TwinClock extends CallClock {
  /** @param {(heard: object) => void} tell the other thread, for its `told` */
  constructor(tell) {
    super();
    this.tell = tell;
  }

  /** @param {number} local @param {number} now */
  hint(local, now) {
    super.hint(local, now);
    this.tell({ hint: [local, now] });
  }

  /** @param {number} sent @param {number} received @param {number} now */
  pong(sent, received, now) {
    super.pong(sent, received, now);
    this.tell({ pong: [sent, received, now] });
  }

  /** What the other has heard. @param {{hint?: [number, number], pong?: [number, number, number]}} heard */
  told({ hint, pong }) {
    if (hint) super.hint(...hint);
    if (pong) super.pong(...pong);
  }
}

/**
 * The ping with the smallest round trip; where there is little between two, the newer.
 * @param {Ping[]} pings
 * @param {number} now local ms
 */
function surest(pings, now) {
  const doubt = (/** @type {Ping} */ p) => p.rtt / 2 + (now - p.at) * AGE;
  return pings.reduce((a, b) => (doubt(b) < doubt(a) ? b : a));
}

/**
 * The slope of offsets over time, µs a ms; pings with short round trips count more.
 * @param {Ping[]} pings
 */
function slope(pings) {
  let w = 0;
  let x = 0;
  let y = 0;
  const weight = (/** @type {Ping} */ p) => 1 / (1 + p.rtt * p.rtt);
  for (const p of pings) {
    w += weight(p);
    x += weight(p) * p.at;
    y += weight(p) * p.offset;
  }
  let xy = 0;
  let xx = 1e-9;
  for (const p of pings) {
    xy += weight(p) * (p.at - x / w) * (p.offset - y / w);
    xx += weight(p) * (p.at - x / w) ** 2;
  }
  return Math.max(-DRIFT, Math.min(DRIFT, xy / xx));
}

const BACK = 50; // ms that a device's stamps go back: by more, they are of another clock

/**
 * Brings timestamps of a device's own clock to local time. What arrives can only be late, so the least lateness of the
 * last four seconds is the offset between the clocks; slow drift is followed, jitter is not. Stamps that go back are of another clock: what
 * Chromium has of a microphone from before it is read is stamped by one, and what follows by one that may be seconds behind.
 */
export class CaptureClock {
  constructor() {
    this.lateness = new WindowMin(4000);
    this.stamp = -Infinity;
    this.last = -Infinity;
    this.offset = /** @type {number | undefined} */ (undefined);
    this.before = 0;
  }

  /**
   * @param {number} stamp of the device, ms
   * @param {number} local ms, when it arrived
   * @returns {number} local ms at which it was captured; never before the previous one
   */
  map(stamp, local) {
    if (stamp < this.stamp - BACK) {
      this.lateness = new WindowMin(4000);
      this.offset = undefined;
    }
    this.stamp = stamp;
    const least = this.lateness.add(local, local - stamp);
    const grown = least - (this.offset ?? least);
    // Less lateness is believed at once; more, only as fast as clocks drift, unless the device has paused or its clock has.
    const most = (local - this.before) * 0.002;
    this.offset = grown > 0 && grown < 20 ? least - Math.max(0, grown - most) : least;
    this.before = local;
    this.last = Math.max(this.last, stamp + this.offset);
    return this.last;
  }
}

/** When what is mixed is heard, from an output's own reports, which waver by its blocks. Times in ms. */
export class OutputClock {
  constructor() {
    /** @type {number[]} */
    this.seen = [];
    this.lag = new WindowMin(5000);
    /** local time at which the output's time 0 is heard */
    this.offset = /** @type {number | undefined} */ (undefined);
  }

  /**
   * @param {{now: number, mixed: number, played: number, heard: number}} report now: local; mixed: the output's time up
   *   to which it is mixed; played: its time that is heard at local time `heard`
   */
  observe({ now, mixed, played, heard }) {
    this.seen.push(heard - played);
    if (this.seen.length > 15) this.seen.shift();
    const middle = this.seen.toSorted((a, b) => a - b)[this.seen.length >> 1];
    const offset = this.offset ?? middle;
    const apart = middle - offset;
    this.offset = Math.abs(apart) > 20 ? middle : offset + Math.max(-0.2, Math.min(0.2, apart));
    this.lag.add(now, -(mixed + this.offset - now));
  }

  /** ms between mixing and hearing, at the most: blocks are mixed several at a time. */
  get latency() {
    return Math.min(500, Math.max(0, -(this.lag.value ?? 0)));
  }
}
