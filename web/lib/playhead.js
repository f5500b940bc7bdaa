// Where a speaker's ring is read: it follows the time at which samples are due, without a click. No DOM; runs in the
// mixer's thread.

const JUMP = 2400; // samples (50 ms) off: jump, rather than run after it for long
const BEND = 48; // samples (1 ms) off: read a sample more or less a block, ±0.8 %, which nobody hears
const FADE = 64;

/** @typedef {import('./ring.js').Ring} Ring */

export class Playhead {
  /** @param {Ring} ring */
  constructor(ring) {
    this.ring = ring;
    /** of the next sample to be read, once it has been placed */
    this.position = 0;
    this.placed = false;
    this.scratch = new Float32Array(256);
    this.gain = 0;
    /** blocks in which samples were missing although the speaker was speaking */
    this.underruns = 0;
    this.jumps = 0;
    this.starved = true;
  }

  /**
   * Adds the next block to `out`.
   * @param {number} due position that should be heard now
   * @param {Float32Array} out at most 128 samples
   * @param {number} volume 0 to 1 or more
   */
  mix(due, out, volume) {
    let off = (Math.round(due) - this.position) | 0;
    if (!this.placed || Math.abs(off) > JUMP) {
      if (this.placed && !this.starved) this.jumps++;
      this.placed = true;
      this.position = Math.round(due) | 0;
      this.gain = 0;
      off = 0;
    }
    const { position } = this;
    const count = out.length + (off > BEND ? 1 : off < -BEND ? -1 : 0);
    const block = this.scratch.subarray(0, count);
    const there = this.ring.read(position, block);
    this.#note(there, count);
    this.position = (position + count) | 0;
    // What runs dry fades out over the samples that are left, and comes back faded in.
    const step = (volume * (there === count ? 1 : 0) - this.gain) / FADE;
    const scale = (count - 1) / Math.max(1, out.length - 1);
    for (let i = 0; i < out.length; i++) {
      if (i < FADE) this.gain += step;
      const x = i * scale;
      const k = Math.floor(x);
      const a = block[k];
      const b = block[Math.min(k + 1, count - 1)];
      out[i] += (a + (b - a) * (x - k)) * this.gain;
    }
  }

  /** @param {number} there @param {number} count */
  #note(there, count) {
    const starved = there < count;
    if (starved && !this.starved) this.underruns++;
    this.starved = starved;
  }
}

/**
 * Keeps a sum of voices within ±1: untouched up to 0.7, then ever flatter, never beyond 1.
 * @param {Float32Array} block
 */
export function limit(block) {
  for (let i = 0; i < block.length; i++) {
    const x = block[i];
    const size = Math.abs(x);
    if (size > 0.7) block[i] = Math.sign(x) * (0.7 + 0.3 * Math.tanh((size - 0.7) / 0.3));
  }
}
