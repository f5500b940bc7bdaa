// Where a decoded block of audio goes in its speaker's ring. No DOM.

const RATE = 0.048; // samples a µs
const SLACK = 960; // samples (20 ms) between where a block should stand and where the last one ended: that much is drift
const STEP = 3; // samples by which a block is stretched at most: 0.3 %, which nobody hears

/**
 * Puts blocks end to end although their timestamps waver by some samples and the sender's sound card is a little fast
 * or slow: what is off is made good a few samples a block. After a gap a block stands where its timestamp says.
 */
export class Aligner {
  constructor() {
    /** @type {number | undefined} where the next block is expected, in samples since the call began */
    this.next = undefined;
  }

  /**
   * @param {number} pts µs of the call
   * @param {Float32Array} samples at 48 kHz
   * @param {boolean} [lost] frames are missing before it
   * @returns {{position: number, samples: Float32Array}}
   */
  place(pts, samples, lost = false) {
    const due = Math.round(pts * RATE);
    const off = this.next === undefined || lost ? Infinity : due - this.next;
    if (Math.abs(off) > SLACK) {
      this.next = due + samples.length;
      return { position: due, samples };
    }
    const position = /** @type {number} */ (this.next);
    const by = Math.abs(off) < 24 ? 0 : Math.max(-STEP, Math.min(STEP, off));
    const block = by === 0 ? samples : stretch(samples, samples.length + by);
    this.next = position + block.length;
    return { position, samples: block };
  }
}

/**
 * Linear interpolation to another length.
 * @param {Float32Array} samples
 * @param {number} length
 */
export function stretch(samples, length) {
  const out = new Float32Array(length);
  const scale = (samples.length - 1) / Math.max(1, length - 1);
  for (let i = 0; i < length; i++) {
    const x = i * scale;
    const k = Math.floor(x);
    const b = samples[Math.min(k + 1, samples.length - 1)];
    out[i] = samples[k] + (b - samples[k]) * (x - k);
  }
  return out;
}
