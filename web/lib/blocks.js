// A microphone's buffers, of any length and rate, as blocks of 10 or 20 ms at 48 kHz, each with the time of its first sample.
// No DOM.

import { Resampler } from './resample.js';

const RATE = 48; // samples a ms
const BREAK = 5; // ms: what is missing more than that is a hole
const SPARE = 8; // samples that are there when a block is whole: a resampler may give one more or less

/**
 * The first block begins where it ends with a buffer: where buffers are as long as blocks, or a whole part of them, none waits for the next one because a
 * few samples are missing.
 */
export class Blocks {
  /** @param {number} length ms of a block; one that has begun keeps its own */
  constructor(length) {
    this.length = length;
    this.rate = 0;
    this.resampler = new Resampler(48_000, 48_000);
    this.block = new Float32Array(length * RATE);
    this.filled = 0;
    /** ms of the device's clock, of the next sample */
    this.next = Number.NaN;
  }

  /**
   * @param {Float32Array} samples one channel
   * @param {number} rate Hz
   * @param {number} stamp ms of the device's clock, of the first sample
   * @returns {{samples: Float32Array<ArrayBuffer>, stamp: number}[]} the blocks that are whole now
   */
  push(samples, rate, stamp) {
    if (rate !== this.rate) this.resampler = new Resampler(rate, 48_000);
    const fresh = rate !== this.rate || !(Math.abs(stamp - this.next) < BREAK);
    if (fresh) {
      // After a hole a block begins anew: none has one inside.
      this.rate = rate;
      this.#begin();
      this.next = stamp;
    }
    // Stamps waver by some samples; their middle is followed.
    this.next += (stamp - this.next) * 0.02;
    let at = this.next;
    const done = [];
    const input = this.resampler.push(samples);
    let from = fresh ? Math.min(input.length, (input.length - SPARE + this.block.length) % this.block.length) : 0;
    at += from / RATE;
    while (from < input.length) {
      const n = Math.min(input.length - from, this.block.length - this.filled);
      this.block.set(input.subarray(from, from + n), this.filled);
      this.filled += n;
      from += n;
      at += n / RATE;
      if (this.filled < this.block.length) continue;
      done.push({ samples: this.block, stamp: at - this.block.length / RATE });
      this.#begin();
    }
    this.next += (samples.length * 1000) / rate;
    return done;
  }

  #begin() {
    this.block = new Float32Array(this.length * RATE);
    this.filled = 0;
  }
}
