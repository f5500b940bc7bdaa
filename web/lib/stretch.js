// The arithmetic of stretching time and making up what is missing, after WSOLA (Verhelst and Roelands, 1993) and the
// concealment of G.711 Appendix I: a voice is repeated or cut by whole periods of itself, so its pitch stays. No DOM.

/** Shortest and longest step by which a voice is cut or repeated: 500 Hz to 67 Hz, in samples at 48 kHz. */
export const SHORTEST = 96;
export const LONGEST = 720;

/**
 * How alike two stretches of sound are: 1 the same but for loudness, 0 nothing to do with each other.
 * @param {Float32Array} x
 * @param {number} a start of the one
 * @param {number} b start of the other
 * @param {number} length
 * @param {number} [step] every which sample is looked at
 */
export function likeness(x, a, b, length, step = 1) {
  let ab = 0;
  let aa = 1e-9;
  let bb = 1e-9;
  for (let i = 0; i < length; i += step) {
    const p = x[a + i];
    const q = x[b + i];
    ab += p * q;
    aa += p * p;
    bb += q * q;
  }
  return ab / Math.sqrt(aa * bb);
}

/**
 * The shift within [low, high] after which sound is most like what stands at `at`: coarse first, then to the sample.
 * @param {Float32Array} x
 * @param {{at: number, length: number, low: number, high: number}} where at + low ≥ 0, at + high + length ≤ x.length
 * @returns {{shift: number, likeness: number}}
 */
export function bestShift(x, { at, length, low, high }) {
  let best = { shift: low, likeness: -2 };
  const look = (/** @type {number} */ shift, /** @type {number} */ step) => {
    const l = likeness(x, at, at + shift, length, step);
    if (l > best.likeness) best = { shift, likeness: l };
  };
  for (let shift = low; shift <= high; shift += 3) look(shift, 3);
  const { shift: about } = best;
  best = { shift: about, likeness: -2 };
  for (let shift = Math.max(low, about - 3); shift <= Math.min(high, about + 3); shift++) look(shift, 1);
  return best;
}

/** @param {Float32Array} x @returns {number} root mean square */
export function rms(x) {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  return Math.sqrt(sum / Math.max(1, x.length));
}

const HOLD = 480; // samples (10 ms) at full loudness
const FADE = 2880; // samples (60 ms) of fading
const BRIEF = 480; // samples (10 ms) of fading where nothing is missed
const MEND = 64; // samples in which the step at the seam is made good

/** Samples of the past that concealment wants. */
export const PAST = 2 * LONGEST;

/** Goes on from what was heard last: its last period again and again, fading to silence within 70 ms, or 10 ms if that is all that is wanted. */
export class Concealment {
  constructor() {
    this.cycle = new Float32Array(LONGEST);
    this.period = LONGEST;
    this.at = 0;
    this.step = 0;
    this.active = false;
    this.hold = HOLD;
    this.fade = FADE;
  }

  /** @param {Float32Array} past PAST samples, the last one heard last @param {boolean} [briefly] only so that it does not break off */
  start(past, briefly = false) {
    this.hold = briefly ? 0 : HOLD;
    this.fade = briefly ? BRIEF : FADE;
    const end = past.length;
    const window = LONGEST;
    const found = bestShift(past, { at: end - window, length: window, low: -LONGEST, high: -SHORTEST });
    // A hiss has no period: the longest one buzzes least.
    const period = found.likeness > 0.4 ? -found.shift : LONGEST;
    const overlap = period >> 2;
    for (let i = 0; i < period; i++) {
      const into = i - (period - overlap);
      const w = into < 0 ? 0 : (into + 1) / (overlap + 1);
      const earlier = end - 2 * period + i;
      this.cycle[i] = past[end - period + i] * (1 - w) + (earlier >= 0 ? past[earlier] : 0) * w;
    }
    this.period = period;
    this.step = past[end - 1] - past[end - period - 1];
    this.at = 0;
    this.active = true;
  }

  /** @returns {number} the next sample */
  next() {
    const k = this.at++;
    const gain = k < this.hold ? 1 : Math.max(0, 1 - (k - this.hold) / this.fade);
    if (gain === 0) {
      this.active = false;
      return 0;
    }
    const mend = k < MEND ? this.step * (1 - (k + 1) / (MEND + 1)) : 0;
    return (this.cycle[k % this.period] + mend) * gain;
  }
}
