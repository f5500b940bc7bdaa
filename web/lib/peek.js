// A look at another moment of a call: where it is taken, and whose picture shows it. No DOM.

import { covers } from './story.js';

/** @typedef {import('./story.js').Lane} Lane */

const MOST = 4; // tracks that are asked for at once
const FINEST = 1_000_000; // µs: key frames come every 2 s
const STEPS = 240; // a timeline has so many places that look different

/**
 * The moment that stands for those around it, so that a picture is fetched once for all of them.
 * @param {import('./ruler.js').Range} range
 * @param {number} t µs
 */
export function peekAt({ zero, end }, t) {
  const step = Math.max(FINEST, (end - zero) / STEPS);
  return Math.min(end, zero + Math.round((t - zero) / step) * step);
}

/**
 * The tracks that may show a moment, the best first: a shared screen, who speaks, who is there.
 * @param {Lane[]} lanes
 * @param {number} t µs
 * @param {number} [seat] of the only one who is looked at
 * @returns {number[]}
 */
export function peekTracks(lanes, t, seat) {
  const those = lanes.filter((l) => (seat ? l.seat === seat : true));
  const screens = those.filter((l) => covers(l.shares, t)).map((l) => (l.seat << 2) | 1);
  const speak = those.filter((l) => covers(l.talk, t)).map((l) => l.seat << 2);
  const there = those.filter((l) => covers(l.here, t)).map((l) => l.seat << 2);
  return [...new Set([...screens, ...speak, ...there])].slice(0, MOST);
}

/**
 * The tracks that may show a moment of a call that runs, the best first: a shared screen, then cameras.
 * @param {readonly import('./roster.js').Present[]} present those who were in
 * @returns {number[]}
 */
export function rosterTracks(present) {
  const screens = present.filter((p) => p.screen).map((p) => (p.seat << 2) | 1);
  const cameras = present.filter((p) => p.video).map((p) => p.seat << 2);
  return [...screens, ...cameras].slice(0, MOST);
}

/** What was used last, up to a number; what is pushed out is let go. @template T */
export class Recent {
  /** @param {number} most @param {(value: T) => void} [gone] */
  constructor(most, gone = () => undefined) {
    this.most = most;
    this.gone = gone;
    /** @type {Map<string, T>} */
    this.all = new Map();
  }

  /** @param {string} key @returns {T | undefined} */
  get(key) {
    const value = this.all.get(key);
    if (value === undefined) return undefined;
    this.all.delete(key);
    this.all.set(key, value);
    return value;
  }

  /** @param {string} key @param {T} value */
  set(key, value) {
    const before = this.all.get(key);
    if (before !== undefined) this.gone(before);
    this.all.delete(key);
    this.all.set(key, value);
    for (const [oldest, old] of this.all) {
      if (this.all.size <= this.most) break;
      this.all.delete(oldest);
      this.gone(old);
    }
  }

  clear() {
    for (const value of this.all.values()) this.gone(value);
    this.all.clear();
  }
}
