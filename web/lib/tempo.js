// Faster or slower with the pitch kept: WSOLA (Verhelst and Roelands, 1993). Pieces of sound are laid over each other at
// another pace, each shifted by some milliseconds to where it goes on best from the one before. No DOM.

const HOP = 720; // samples (15 ms): one piece begins so long after the other
const WINDOW = 2 * HOP;
const SEARCH = 400; // samples (8 ms) to both sides: more than the half of the longest period of a voice
const COARSE = 4;
const FILL = 9600; // samples (200 ms): a longer hole is not stretched, the other side of it begins anew

const HANN = Float32Array.from({ length: WINDOW }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW));

/** Stretches one voice from a moment on. Positions are in samples; input's on the call's clock, output's on that of playing. */
export class Tempo {
  /** @param {{rate: number, input: number, output: number}} from input position `input` is heard at `output` */
  constructor({ rate, input, output }) {
    this.rate = rate;
    this.input = input;
    this.output = output;
    this.buffer = new Float32Array(16_384);
    /** position of buffer[0], and how many samples there are */
    this.start = 0;
    this.filled = 0;
    this.begun = false;
    /** nothing has been given out of what was begun */
    this.fresh = false;
    /** input position that the next piece should begin at, not yet shifted */
    this.target = 0;
    /** input position that would go on without a seam */
    this.natural = 0;
    this.out = 0;
    this.tail = new Float32Array(HOP);
  }

  /** Where an input position is heard. @param {number} position */
  place(position) {
    return this.output + (position - this.input) / this.rate;
  }

  /** Which input position is heard at one of the clock of playing. @param {number} position */
  moment(position) {
    return this.input + (position - this.output) * this.rate;
  }

  /**
   * @param {number} position of the first sample
   * @param {Float32Array} samples
   * @returns {{position: number, samples: Float32Array}[]} what can be heard by now, on the clock of playing
   */
  push(position, samples) {
    if (this.rate === 1) return [{ position: Math.round(this.place(position)), samples }];
    const hole = this.begun ? position - (this.start + this.filled) : Infinity;
    const pieces = [];
    if (hole < -samples.length || hole > FILL) {
      pieces.push(...this.end());
      this.#begin(position);
    } else if (hole > 0) this.#take(new Float32Array(hole));
    this.#take(hole < 0 && hole >= -samples.length ? samples.subarray(-hole) : samples);
    while (this.#ready()) pieces.push(this.#piece());
    return pieces;
  }

  /**
   * Nothing follows what was pushed: the rest of it. What is pushed next begins anew.
   * @returns {{position: number, samples: Float32Array}[]}
   */
  end() {
    if (!this.begun) return [];
    const end = this.start + this.filled;
    this.#take(new Float32Array(WINDOW + HOP + 2 * SEARCH));
    const pieces = [];
    while (this.target < end) pieces.push(this.#piece());
    pieces.push({ position: this.out, samples: this.tail.slice() });
    this.begun = false;
    return pieces;
  }

  /** @param {number} position */
  #begin(position) {
    this.begun = true;
    this.fresh = true;
    this.start = position;
    this.filled = 0;
    this.target = position;
    this.natural = position;
    this.out = Math.round(this.place(position));
  }

  /** @param {Float32Array} samples */
  #take(samples) {
    const need = this.filled + samples.length;
    if (need > this.buffer.length) {
      const larger = new Float32Array(2 * need);
      larger.set(this.buffer.subarray(0, this.filled));
      this.buffer = larger;
    }
    this.buffer.set(samples, this.filled);
    this.filled = need;
  }

  #ready() {
    const end = this.start + this.filled;
    return Math.max(Math.round(this.target) + SEARCH, this.natural) + WINDOW <= end;
  }

  /** The next HOP samples. */
  #piece() {
    const at = this.#best(Math.round(this.target)) - this.start;
    const samples = new Float32Array(HOP);
    // Of the first piece nothing fades in: what was there before it is itself.
    if (this.fresh) for (let i = 0; i < HOP; i++) this.tail[i] = this.buffer[at + i] * (1 - HANN[i]);
    this.fresh = false;
    for (let i = 0; i < HOP; i++) {
      samples[i] = this.tail[i] + this.buffer[at + i] * HANN[i];
      this.tail[i] = this.buffer[at + HOP + i] * HANN[HOP + i];
    }
    const position = this.out;
    this.out += HOP;
    this.natural = this.start + at + HOP;
    this.target += HOP * this.rate;
    this.#forget(Math.min(Math.round(this.target) - SEARCH, this.natural));
    return { position, samples };
  }

  /** Drops what is before an input position. @param {number} position */
  #forget(position) {
    const n = Math.min(this.filled, position - this.start);
    if (n < 4096) return;
    this.buffer.copyWithin(0, n, this.filled);
    this.filled -= n;
    this.start += n;
  }

  /** The input position around `target` whose sound is most like that which would go on. @param {number} target */
  #best(target) {
    const low = Math.max(this.start, target - SEARCH);
    const high = target + SEARCH;
    if (this.natural >= low && this.natural <= high && Math.abs(this.natural - target) < 2) return this.natural;
    let best = this.#look(low, high, COARSE, target);
    best = this.#look(Math.max(low, best - COARSE), Math.min(high, best + COARSE), 1, best);
    return best;
  }

  /** @param {number} low @param {number} high @param {number} step @param {number} otherwise */
  #look(low, high, step, otherwise) {
    const { buffer, start } = this;
    const natural = this.natural - start;
    let best = otherwise;
    let most = 0;
    for (let p = low; p <= high; p += step) {
      const at = p - start;
      let ab = 0;
      let bb = 1e-9;
      for (let i = 0; i < HOP; i += step) {
        const b = buffer[at + i];
        ab += buffer[natural + i] * b;
        bb += b * b;
      }
      const alike = ab / Math.sqrt(bb);
      if (alike > most) {
        most = alike;
        best = p;
      }
    }
    return best;
  }
}
