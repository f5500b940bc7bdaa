// Waiting before the next try.

/** 250 ms, doubling to 8 s, each shortened by up to half by chance so that clients don't come back all at once. */
export class Backoff {
  /** @param {() => number} [random] 0 to 1 */
  constructor(random = Math.random) {
    this.random = random;
    this.failures = 0;
  }

  /** @returns {number} ms to wait now */
  next() {
    const full = Math.min(8000, 250 * 2 ** this.failures);
    this.failures++;
    return full * (1 - this.random() / 2);
  }

  reset() {
    this.failures = 0;
  }
}
