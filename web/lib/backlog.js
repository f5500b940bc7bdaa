// What to do with frames that have piled up before the page could take them: a page that was busy for seconds must not
// be seconds behind ever after. No DOM.

import { WindowMin } from './clock.js';

const CAUGHT_UP = 300_000; // µs: as good as back
const PATIENCE = 2_000_000; // µs of dropping without getting anywhere: then the way is that long

export class Backlog {
  /** @param {number} limit µs later than at best: too late to be worth decoding */
  constructor(limit) {
    this.limit = limit;
    this.least = new WindowMin(30_000_000);
    this.dropping = false;
    this.since = 0;
    this.dropped = 0;
  }

  /**
   * @param {number} pts µs of the call
   * @param {number} now µs of the call
   * @returns {boolean} whether the frame is to be dropped
   */
  drop(pts, now) {
    const lateness = now - pts;
    const excess = lateness - this.least.add(now, lateness);
    if (!this.dropping && excess > this.limit) {
      this.dropping = true;
      this.since = now;
    }
    if (this.dropping && now - this.since > PATIENCE) {
      this.least = new WindowMin(30_000_000);
      this.least.add(now, lateness);
      this.dropping = false;
    }
    if (this.dropping && excess < CAUGHT_UP) this.dropping = false;
    if (this.dropping) this.dropped++;
    return this.dropping;
  }
}
