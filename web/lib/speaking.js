// Loudness: measured by the sender, and turned into "is speaking" by the receiver.

/**
 * The level of one block of samples as RFC 6464 has it: −dBov of its root mean square, 0 loudest, 127 silence.
 * @param {Float32Array} samples −1 to 1
 * @returns {number}
 */
export function level(samples) {
  let sum = 0;
  for (const s of samples) sum += s * s;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  if (rms <= 0) return 127;
  return Math.min(127, Math.max(0, Math.round(-20 * Math.log10(rms))));
}

/** −dBov; what is quieter is no speech. */
export const LOUD = 42;
const HOLD = 500; // ms that the ring stays on after the last loud frame
const APART = 15; // ms: frames of 10 ms that are nearer to each other than that are one sound

/**
 * Whether somebody speaks, from the levels of the frames. Two loud frames within 60 ms switch it on (a click is one),
 * so it stands within 50 ms of the voice; half a second without switches it off.
 */
export class Speaking {
  constructor() {
    this.previous = -Infinity;
    this.until = -Infinity;
  }

  /**
   * @param {number} level −dBov
   * @param {number} now ms
   */
  frame(level, now) {
    if (level > LOUD || now - this.previous < APART) return;
    if (now - this.previous <= 60) this.until = now + HOLD;
    this.previous = now;
  }

  /** @param {number} now ms */
  at(now) {
    return now < this.until;
  }
}
