// Discontinuous transmission: silence is not sent. Opus can do that itself, but Chromium's AudioEncoder then counts packets
// instead of time, so that nobody knows any more when a packet was spoken.

const SILENT = 80; // −dBov: below the noise of any room that a microphone hears
const HANG = 200; // ms that are still sent
const EVERY = 400; // ms: then a block is sent all the same, as a sign of life

/** Says of each block whether it is to be sent. */
export class Gate {
  constructor() {
    /** ms */
    this.silent = 0;
  }

  /**
   * @param {number} level −dBov
   * @param {number} length ms of the block
   * @returns {boolean}
   */
  pass(level, length) {
    if (level < SILENT) {
      this.silent = 0;
      return true;
    }
    this.silent += length;
    return this.silent <= HANG || this.silent % EVERY < length;
  }
}
