// How well lips fit, and how long a picture stays on the screen. No DOM.

const MOST = 300; // pictures that are remembered: ten seconds

/** The lateness of pictures against the voice, of the last ten seconds. */
export class Skew {
  constructor() {
    /** @type {number[]} µs; more than 0: the picture came after the voice */
    this.values = [];
  }

  /** @param {number} value µs */
  add(value) {
    this.values.push(value);
    if (this.values.length > MOST) this.values.shift();
  }

  /** The middle, and what 95 % lie between, in ms. @returns {{middle: number, low: number, high: number} | undefined} */
  range() {
    if (this.values.length === 0) return undefined;
    const sorted = this.values.toSorted((a, b) => a - b);
    const at = (/** @type {number} */ share) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] / 100) / 10;
    return { middle: at(0.5), low: at(0.025), high: at(0.975) };
  }
}

/** The time between two refreshes of the screen. */
export class Refresh {
  constructor() {
    this.interval = 16.7;
    this.last = -Infinity;
  }

  /** @param {number} at ms */
  tick(at) {
    const passed = at - this.last;
    this.last = at;
    // A refresh that was missed says nothing of the screen.
    if (passed > 2 && passed < 40) this.interval += (Math.min(passed, this.interval * 1.5) - this.interval) / 32;
  }
}
