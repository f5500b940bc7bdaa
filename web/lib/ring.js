// The samples of one speaker on their way to the mixer, by position: where a sample stands in time decides where it is
// written, so gaps stay gaps and what is late is never played late. One writer, one reader, no locks; over a
// SharedArrayBuffer they may be in two threads (the worklet), over an ArrayBuffer in one.

/** Samples a ring holds; a power of two: 2.7 s at 48 kHz. */
export const CAPACITY = 131072;

/** Numbers at the head of the memory. The writer sets END, STARTED, DELAY and REST, the reader all others. */
export const HEAD = Object.freeze({
  END: 0, // one past the last sample written
  STARTED: 1,
  DELAY: 2, // samples between capture and hearing, wished
  ACTUAL: 3, // the same as it is; it follows the wish by stretching
  UNDERRUNS: 4, // times that samples were missing in the middle of speech
  CONCEALED: 5, // samples made up for them
  REMOVED: 6, // samples left out, to catch up
  INSERTED: 7, // samples repeated, to fall back
  JUMPS: 8, // times that stretching would have taken too long
  AHEAD: 9, // samples that wait to be read
  REST: 10, // the end from which on nothing is missed, since nothing is to come for now
});
/** Numbers in the head. */
export const HEAD_LENGTH = 16;

// A hole is marked by what its samples are: NaN where they were lost, this where nothing is missed; there is something to fade in after either.
const RESTING = Number.POSITIVE_INFINITY;

/** Bytes of memory a ring needs. */
export const RING_BYTES = (HEAD_LENGTH + CAPACITY) * 4;

/**
 * Positions are sample counts, taken modulo 2^32: they may be wrapped, and differences are right as long as they are
 * below 2^31 (twelve hours).
 */
export class Ring {
  /** @param {SharedArrayBuffer | ArrayBuffer} memory RING_BYTES of it, zeroed */
  constructor(memory) {
    this.memory = memory;
    this.head = new Int32Array(memory, 0, HEAD_LENGTH);
    this.samples = new Float32Array(memory, HEAD_LENGTH * 4, CAPACITY);
  }

  /** Whether anything was ever written. */
  get started() {
    return Atomics.load(this.head, HEAD.STARTED) !== 0;
  }

  /** One past the last sample written. */
  get end() {
    return Atomics.load(this.head, HEAD.END);
  }

  /**
   * Puts samples at their position. A hole between the end and `position` is silence or, if `lost`, missing: the reader
   * makes something up for it, but not after a rest. What stands before the end is left as it is: the first to come wins.
   * @param {number} position
   * @param {Float32Array} samples at most CAPACITY
   * @param {boolean} [lost]
   */
  write(position, samples, lost = false) {
    const end = this.started ? this.end : position | 0;
    let at = position | 0;
    let from = 0;
    const ahead = (at - end) | 0;
    const hole = this.#rests(end) ? RESTING : lost ? Number.NaN : 0;
    if (ahead > CAPACITY || ahead < -CAPACITY) this.samples.fill(hole);
    else if (ahead > 0) this.#fill(end, ahead, hole);
    else from = Math.min(samples.length, -ahead);
    if (from === samples.length) return;
    at = (at + from) | 0;
    for (let i = from; i < samples.length; i++, at++) this.samples[at & (CAPACITY - 1)] = samples[i];
    Atomics.store(this.head, HEAD.END, at | 0);
    Atomics.store(this.head, HEAD.STARTED, 1);
  }

  /** What was written is the last for now: from here on nothing is missed until more is written. */
  rest() {
    if (this.started) Atomics.store(this.head, HEAD.REST, this.end);
  }

  /** Whether nothing is missed at `position`, though nothing is there. @param {number} position */
  resting(position) {
    return this.ahead(position) > 0 ? this.samples[position & (CAPACITY - 1)] === RESTING : this.#rests(position);
  }

  /** @param {number} end */
  #rests(end) {
    return this.started && Atomics.load(this.head, HEAD.REST) === (end | 0);
  }

  /**
   * Copies what stands at `position`, up to the first sample that is missing, not written yet or not there any more.
   * The rest is filled with silence.
   * @param {number} position
   * @param {Float32Array} into
   * @returns {number} how many samples were there
   */
  read(position, into) {
    const there = Math.min(into.length, this.ahead(position));
    for (let i = 0; i < there; i++) {
      const x = this.samples[(position + i) & (CAPACITY - 1)];
      if (!Number.isFinite(x)) {
        into.fill(0, i);
        return i;
      }
      into[i] = x;
    }
    into.fill(0, there);
    return there;
  }

  /**
   * Copies what stands before `position`; what is missing there is silence.
   * @param {number} position
   * @param {Float32Array} into its last sample is the one before `position`
   */
  history(position, into) {
    const start = (position - into.length) | 0;
    const there = this.ahead(start);
    for (let i = 0; i < into.length; i++) {
      const x = i < there ? this.samples[(start + i) & (CAPACITY - 1)] : 0;
      into[i] = Number.isFinite(x) ? x : 0;
    }
  }

  /** How many samples have been written from `position` on; holes count. @param {number} position */
  ahead(position) {
    if (!this.started) return 0;
    const ready = (this.end - (position | 0)) | 0;
    return ready > CAPACITY - 1024 ? 0 : Math.max(0, ready);
  }

  /** @param {number} from @param {number} count @param {number} value */
  #fill(from, count, value) {
    for (let i = 0; i < count; i++) this.samples[(from + i) & (CAPACITY - 1)] = value;
  }
}
