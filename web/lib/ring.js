// The samples of one speaker on their way to the mixer, by position: where a sample stands in time decides where it is
// written, so gaps stay gaps and what is late is never played late. One writer, one reader, no locks; over a
// SharedArrayBuffer they may be in two threads (the worklet), over an ArrayBuffer in one.

/** Samples a ring holds; a power of two: 2.7 s at 48 kHz. */
export const CAPACITY = 131072;

const END = 0; // index in the header: one past the last sample written
const STARTED = 1;
const HEADER_BYTES = 8;

/** Bytes of memory a ring needs. */
export const RING_BYTES = HEADER_BYTES + CAPACITY * 4;

/**
 * Positions are sample counts, taken modulo 2^32: they may be wrapped, and differences are right as long as they are
 * below 2^31 (twelve hours).
 */
export class Ring {
  /** @param {SharedArrayBuffer | ArrayBuffer} memory RING_BYTES of it, zeroed */
  constructor(memory) {
    this.memory = memory;
    this.header = new Int32Array(memory, 0, 2);
    this.samples = new Float32Array(memory, HEADER_BYTES, CAPACITY);
  }

  /** Whether anything was ever written. */
  get started() {
    return Atomics.load(this.header, STARTED) !== 0;
  }

  /** One past the last sample written. */
  get end() {
    return Atomics.load(this.header, END);
  }

  /**
   * Puts samples at their position. A hole between the end and `position` is filled with silence. What stands before
   * the end is left as it is: the first to come wins.
   * @param {number} position
   * @param {Float32Array} samples at most CAPACITY
   */
  write(position, samples) {
    const end = this.started ? this.end : position | 0;
    let at = position | 0;
    let from = 0;
    const ahead = (at - end) | 0;
    if (ahead > CAPACITY || ahead < -CAPACITY) this.#clear();
    else if (ahead > 0) this.#silence(end, ahead);
    else from = Math.min(samples.length, -ahead);
    if (from === samples.length) return;
    at = (at + from) | 0;
    for (let i = from; i < samples.length; i++, at++) this.samples[at & (CAPACITY - 1)] = samples[i];
    Atomics.store(this.header, END, at | 0);
    Atomics.store(this.header, STARTED, 1);
  }

  /**
   * Copies what stands at `position`; what has not been written, or not any more, is silence.
   * @param {number} position
   * @param {Float32Array} into
   * @returns {number} how many samples were there
   */
  read(position, into) {
    if (!this.started) {
      into.fill(0);
      return 0;
    }
    const ready = (this.end - (position | 0)) | 0;
    const there = ready > CAPACITY - into.length ? 0 : Math.min(into.length, Math.max(0, ready));
    for (let i = 0; i < there; i++) into[i] = this.samples[(position + i) & (CAPACITY - 1)];
    into.fill(0, there);
    return there;
  }

  #clear() {
    this.samples.fill(0);
  }

  /** @param {number} from @param {number} count */
  #silence(from, count) {
    for (let i = 0; i < count; i++) this.samples[(from + i) & (CAPACITY - 1)] = 0;
  }
}
