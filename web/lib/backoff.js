// Waiting before the next try.

/** 250 ms, doubling to 8 s, each shortened by up to half by chance so that clients don't come back all at once. */
export class Backoff {
  /**
   * @param {() => number} [random] 0 to 1
   * @param {{first?: number, most?: number}} [bounds] ms
   */
  constructor(random = Math.random, { first = 250, most = 8000 } = {}) {
    this.random = random;
    this.first = first;
    this.most = most;
    this.failures = 0;
  }

  /** @returns {number} ms to wait now */
  next() {
    const full = Math.min(this.most, this.first * 2 ** this.failures);
    this.failures++;
    return full * (1 - this.random() / 2);
  }

  reset() {
    this.failures = 0;
  }
}
