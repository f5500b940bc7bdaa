// What is to be known of other moments of a call that runs, while one hovers over its bar.

import { peekAt, rosterTracks } from '../lib/peek.js';
import { rosterAt } from '../lib/roster.js';
import { Peek } from './peek.js';

/** @typedef {import('./peek.js').Seen} Seen */

const FRESH = 10_000; // ms that a list of events is good for
const GRID = 60_000_000; // µs: the places of a call that grows stay where they are for so long
const EDGE = 1_500_000; // µs: there is no key frame of now yet

/** @implements {Seen} */
export class Glimpse {
  /** @param {import('./call.js').CallSession} call */
  constructor(call) {
    this.call = call;
    this.peek = new Peek(call.id);
    this.fetched = -Infinity; // ms
  }

  span() {
    return { zero: 0, end: Math.max(1, this.call.rewind.now) };
  }

  /** @param {number} at µs */
  place(at) {
    const { end } = this.span();
    return Math.max(0, peekAt({ zero: 0, end: Math.ceil(end / GRID) * GRID }, Math.min(at, end - EDGE)));
  }

  /** @param {number} at µs */
  tracks(at) {
    const { rewind } = this.call;
    if (performance.now() - this.fetched > FRESH) {
      this.fetched = performance.now();
      void rewind.fetch();
    }
    return rosterTracks(rosterAt(rewind.events.value, at));
  }

  speakers() {
    return [];
  }

  close() {
    this.peek.close();
  }
}
