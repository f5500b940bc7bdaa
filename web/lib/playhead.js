// Where a speaker's ring is read: it follows the time at which samples are due, without a click. A little off, it reads a
// sample more or less; further off, it cuts or repeats whole periods of the voice; where samples are missing it makes
// something up, then falls silent. No DOM; runs in the mixer's thread, allocates nothing while it runs.

import { HEAD } from './ring.js';
import { bestShift, Concealment, LONGEST, PAST, rms, SHORTEST } from './stretch.js';

const BLOCK = 128;
const BEND = 48; // samples (1 ms) off: read a sample more or less every eighth block, 0.1 %, which nobody hears
const BENT = 12;
const CUT = 240; // samples (5 ms) off: cut or repeat
const JUMP = 19_200; // samples (400 ms) off: jump there
const TEMPO = 0.15; // at most so much faster or slower
const JOIN = 240; // samples (5 ms) over which two pieces are blended
const WINDOW = 480; // samples (10 ms) that are compared
const QUIET = 0.002; // root mean square, −54 dBov: what is quieter may be cut anywhere and is not missed
const LOOK = 4800; // samples (100 ms) of silence that are cut at once

/** @typedef {import('./ring.js').Ring} Ring */

export class Playhead {
  /** @param {Ring} ring */
  constructor(ring) {
    this.ring = ring;
    /** of the next sample to be read; while starved, the one after the last that was played */
    this.position = 0;
    this.placed = false;
    /** nothing left to play: what comes next starts where it is due */
    this.starved = true;
    /** and nothing is missed */
    this.resting = false;
    this.stopped = false;
    this.concealment = new Concealment();
    /** samples to be played before time is stretched again */
    this.rest = 0;
    this.bending = 0;
    this.turn = 0;
    /** the piece that is being left, and how much of it has been blended away */
    this.tail = new Float32Array(JOIN);
    this.tailAt = JOIN;
    this.next = new Float32Array(JOIN);
    this.block = new Float32Array(BLOCK);
    this.scratch = new Float32Array(BLOCK + 1);
    this.past = new Float32Array(PAST);
    this.around = new Float32Array(WINDOW + 2 * LONGEST);
    this.look = new Float32Array(LOOK);
    this.gain = 0;
  }

  /** Whether there is nothing to be heard of it now. */
  get silent() {
    return this.starved && !this.concealment.active && this.tailAt >= JOIN;
  }

  /**
   * Adds the next block to `out`.
   * @param {number} heard position that would be heard now, if there were no delay
   * @param {Float32Array} out 128 samples
   * @param {number} volume 0 to 1 or more
   */
  mix(heard, out, volume) {
    const { head } = this.ring;
    const due = (Math.round(heard) - head[HEAD.DELAY]) | 0;
    if (!this.starved) this.#follow(due);
    else if (!this.stopped) this.#resume(due);
    if (this.silent) {
      this.gain = volume;
      head[HEAD.ACTUAL] = head[HEAD.DELAY];
      head[HEAD.AHEAD] = 0;
      return;
    }
    this.#read();
    this.#blend();
    const step = (volume - this.gain) / BLOCK;
    for (let i = 0; i < BLOCK; i++) {
      this.gain += step;
      out[i] += this.block[i] * this.gain;
    }
    head[HEAD.ACTUAL] = this.starved ? head[HEAD.DELAY] : (Math.round(heard) + BLOCK - this.position) | 0;
    head[HEAD.AHEAD] = this.starved ? 0 : this.ring.ahead(this.position);
  }

  /**
   * Begins, or goes on after a hole, where samples are due. None is played twice: when the delay has grown meanwhile, it
   * goes on where it stopped. What came too late for that is not played.
   * @param {number} due
   */
  #resume(due) {
    const back = (this.position - due) | 0;
    const at = this.placed && back > 0 && back < JUMP ? this.position : due;
    if (this.ring.ahead(at) < BLOCK + JOIN || this.ring.read(at, this.block) < BLOCK) return;
    this.#leave();
    this.position = at;
    this.placed = true;
    this.starved = false;
    this.bending = 0;
    this.rest = 0;
  }

  /** Comes nearer to where samples are due. @param {number} due */
  #follow(due) {
    const off = (due - this.position) | 0;
    const far = Math.abs(off);
    if (this.rest > 0) this.rest -= BLOCK;
    if (far > JUMP) return this.#jump();
    if (far >= CUT && this.rest <= 0) this.#cut(off);
    const sign = off > 0 ? 1 : -1;
    if (far >= BEND) this.bending = sign;
    else if (far < BENT || sign !== this.bending) this.bending = 0;
  }

  /** Falls silent; it goes on where samples are due. */
  #jump() {
    this.#leave();
    this.starved = true;
    this.placed = false;
    this.ring.head[HEAD.JUMPS]++;
  }

  /** Cuts or repeats a period of the voice, or more of silence. @param {number} off */
  #cut(off) {
    const silence = this.#silence(off);
    if (silence !== 0) return this.#skip(silence, BLOCK);
    const low = off > 0 ? SHORTEST : Math.max(-LONGEST, 2 * off + 24);
    // Both the piece that is left and the one that is gone to must be there.
    const there = this.ring.ahead(this.position) - JOIN - BLOCK;
    const high = off > 0 ? Math.min(LONGEST, 2 * off - 24, there) : -SHORTEST;
    this.rest = 4 * BLOCK;
    if (high < low) return;
    this.ring.history((this.position + LONGEST) | 0, this.around);
    const { shift } = bestShift(this.around, { at: LONGEST, length: WINDOW, low, high });
    this.#skip(shift, Math.abs(shift) / TEMPO);
  }

  /**
   * How much can be cut (more than 0) or repeated (less) at once because it is silence.
   * @param {number} off
   */
  #silence(off) {
    const want = Math.min(Math.abs(off), LOOK);
    const look = this.look.subarray(0, want + JOIN);
    const from = off > 0 ? this.position : (this.position - want) | 0;
    return this.ring.read(from, look) === look.length && rms(look) < QUIET ? Math.sign(off) * want : 0;
  }

  /** @param {number} shift @param {number} rest */
  #skip(shift, rest) {
    this.#leave();
    this.position = (this.position + shift) | 0;
    this.rest = rest;
    if (shift > 0) this.ring.head[HEAD.REMOVED] += shift;
    else this.ring.head[HEAD.INSERTED] -= shift;
  }

  /** Keeps what would have been played next, to be blended away. */
  #leave() {
    const { tail, tailAt, next, concealment } = this;
    if (this.starved) for (let i = 0; i < JOIN; i++) next[i] = concealment.active ? concealment.next() : 0;
    else {
      const there = this.ring.read(this.position, next);
      if (there < JOIN) this.#conceal(there, next);
    }
    // An earlier join goes on within this one.
    for (let i = 0; i + tailAt < JOIN; i++) {
      const w = (tailAt + i + 1) / (JOIN + 1);
      next[i] = tail[tailAt + i] * (1 - w) + next[i] * w;
    }
    tail.set(next);
    concealment.active = false;
    this.tailAt = 0;
  }

  /** Fills `into` from `there` on with what could have followed. @param {number} there @param {Float32Array} into */
  #conceal(there, into) {
    this.ring.history((this.position + there) | 0, this.past);
    this.concealment.start(this.past);
    for (let i = there; i < into.length; i++) into[i] = this.concealment.next();
  }

  /** The next block, without what is blended into it. */
  #read() {
    const { block, concealment, ring } = this;
    if (this.starved) {
      for (let i = 0; i < BLOCK; i++) block[i] = concealment.active ? concealment.next() : 0;
      if (concealment.active && !this.resting) ring.head[HEAD.CONCEALED] += BLOCK;
      return;
    }
    this.turn = (this.turn + 1) & 7;
    const bend = this.turn === 0 ? this.bending : 0;
    if (bend !== 0 && this.#bent(BLOCK + bend)) return;
    const there = ring.read(this.position, block);
    this.position = (this.position + there) | 0;
    if (there < BLOCK) this.#starve(there);
  }

  /** From `there` on samples are missing. @param {number} there */
  #starve(there) {
    const { block, ring } = this;
    ring.history(this.position, this.past);
    this.starved = true;
    this.resting = ring.resting(this.position);
    this.concealment.start(this.past, this.resting);
    for (let i = there; i < BLOCK; i++) block[i] = this.concealment.next();
    if (this.resting) return;
    if (rms(this.past.subarray(PAST - 960)) >= QUIET) {
      ring.head[HEAD.UNDERRUNS]++;
      ring.head[HEAD.CONCEALED] += BLOCK - there;
    } else this.concealment.active = false; // a pause: nothing is missed
  }

  /** Reads `count` samples as a block. @param {number} count @returns {boolean} false: they are not there */
  #bent(count) {
    const { scratch, block } = this;
    const part = scratch.subarray(0, count);
    if (this.ring.read(this.position, part) < count) return false;
    const scale = count / BLOCK;
    for (let i = 0; i < BLOCK; i++) {
      const x = i * scale;
      const k = Math.floor(x);
      const a = part[k];
      const b = part[Math.min(k + 1, count - 1)];
      block[i] = a + (b - a) * (x - k);
    }
    this.position = (this.position + count) | 0;
    const { head } = this.ring;
    if (count > BLOCK) head[HEAD.REMOVED]++;
    else head[HEAD.INSERTED]++;
    return true;
  }

  #blend() {
    const { block, tail } = this;
    for (let i = 0; i < BLOCK && this.tailAt < JOIN; i++, this.tailAt++) {
      const w = (this.tailAt + 1) / (JOIN + 1);
      block[i] = tail[this.tailAt] * (1 - w) + block[i] * w;
    }
  }

  /** Fades to silence, for good. */
  stop() {
    this.#leave();
    this.starved = true;
    this.stopped = true;
  }
}
