// From a device's sample rate to another. No DOM.

const TAPS = 24;
const PHASES = 256;

/** Blocks of samples at one rate → the same sound at another, as one stream: a windowed sinc, −60 dB of what is false. */
export class Resampler {
  /** @param {number} from Hz @param {number} to Hz */
  constructor(from, to) {
    this.step = from / to;
    this.kernel = kernel(Math.min(1, to / from));
    /** samples that are still needed: half a kernel before the next output, and all after it */
    this.rest = new Float32Array(TAPS / 2);
    /** where in `rest` the next output stands */
    this.at = TAPS / 2;
  }

  /** @param {Float32Array} samples @returns {Float32Array<ArrayBuffer>} all that can be told by now */
  push(samples) {
    if (this.step === 1) return samples.slice();
    const input = new Float32Array(this.rest.length + samples.length);
    input.set(this.rest);
    input.set(samples, this.rest.length);
    const last = input.length - TAPS / 2 - 1;
    const out = new Float32Array(Math.max(0, Math.floor((last - this.at) / this.step) + 1));
    for (let i = 0; i < out.length; i++, this.at += this.step) out[i] = this.#value(input);
    const drop = Math.max(0, Math.floor(this.at) - TAPS / 2 + 1);
    this.rest = input.slice(drop);
    this.at -= drop;
    return out;
  }

  /** @param {Float32Array} input */
  #value(input) {
    const whole = Math.floor(this.at);
    const phase = Math.round((this.at - whole) * PHASES) * TAPS;
    const start = whole - TAPS / 2 + 1;
    let sum = 0;
    for (let k = 0; k < TAPS; k++) sum += input[start + k] * this.kernel[phase + k];
    return sum;
  }
}

/** PHASES + 1 rows of TAPS. @param {number} cutoff as a share of the input's highest frequency */
function kernel(cutoff) {
  const rows = new Float32Array((PHASES + 1) * TAPS);
  for (let phase = 0; phase <= PHASES; phase++) {
    let sum = 0;
    for (let k = 0; k < TAPS; k++) {
      const x = k - TAPS / 2 + 1 - phase / PHASES;
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x * cutoff) / (Math.PI * x * cutoff);
      const window = 0.42 + 0.5 * Math.cos((2 * Math.PI * x) / TAPS) + 0.08 * Math.cos((4 * Math.PI * x) / TAPS);
      rows[phase * TAPS + k] = sinc * window;
      sum += sinc * window;
    }
    for (let k = 0; k < TAPS; k++) rows[phase * TAPS + k] /= sum;
  }
  return rows;
}
