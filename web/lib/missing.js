// What of a voice does not come, by the numbers of its packets: what was lost, and what is left out while others are louder. No DOM.

import { lost } from './wire.js';

export class Missing {
  constructor() {
    /** of the last packet @type {number | undefined} */
    this.seq = undefined;
    /** packets, ever */
    this.lost = 0;
    this.paused = false;
  }

  /** From here the numbers may go on from anywhere. */
  restart() {
    this.seq = undefined;
  }

  /** @param {number} seq @returns {boolean} whether others are missing before it, for whatever reason */
  packet(seq) {
    const lost = this.#note(seq);
    const hole = lost > 0 || this.paused;
    this.seq = seq;
    this.paused = false;
    return hole;
  }

  /** No more of it for now. @param {number} seq of the first packet that is left out */
  pause(seq) {
    this.#note(seq);
    this.restart();
    this.paused = true;
  }

  /** @param {number} seq @returns {number} packets that are lost before it */
  #note(seq) {
    const n = this.seq === undefined ? 0 : lost(this.seq, seq);
    this.lost += n;
    return n;
  }
}
