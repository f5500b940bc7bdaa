// Networks for the tests: when each frame of 20 ms arrives, in ms since the call began. Those that are generated, from a seed; and two
// that were recorded over internal/netsim (testdata/traces; each has the command that recorded it).

import { readFileSync } from 'node:fs';

/** mulberry32. @param {number} seed @returns {() => number} 0 to 1 */
export function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const FRAME = 20;

/**
 * Frames over a stream: none overtakes another.
 * @param {number} count
 * @param {(n: number) => number} way ms that frame n needs by itself
 */
export function stream(count, way) {
  let last = 0;
  return Array.from({ length: count }, (_, n) => {
    last = Math.max(last, (n + 1) * FRAME + way(n));
    return last;
  });
}

/** A network that was recorded; beyond its end it begins again. @param {string} name @returns {(count: number) => number[]} */
function recorded(name) {
  const text = readFileSync(new URL(`../../testdata/traces/${name}.json`, import.meta.url), 'utf8');
  /** @type {number[]} tenths of a ms after the frame's first sample */
  const late = JSON.parse(text).tenths;
  return (count) => stream(count, (n) => late[n % late.length] / 10 - FRAME);
}

/** The networks, by name: each makes a trace of `count` frames from a seed. */
export const networks = {
  loopback: (count, seed) => {
    const r = random(seed);
    return stream(count, () => 0.5 + r() * 2);
  },
  'a busy page': (count, seed) => {
    const r = random(seed);
    return stream(count, () => 1 + (r() < 0.01 ? r() * 25 : r() * 4));
  },
  wireless: (count, seed) => {
    const r = random(seed);
    return stream(count, () => 12 - 6 * Math.log(1 - r()));
  },
  // A lost segment is sent again after a round trip and a half; all that follows waits for it.
  'two in a hundred lost, 50 ms round trip': (count, seed) => {
    const r = random(seed);
    return stream(count, () => 25 + r() * 3 + (r() < 0.02 ? 75 + r() * 50 : 0));
  },
  'five in a hundred lost, 50 ms round trip': (count, seed) => {
    const r = random(seed);
    return stream(count, () => 25 + r() * 3 + (r() < 0.05 ? 75 + r() * 50 : 0));
  },
  'recorded: two in a hundred lost, 50 ms round trip': recorded('lossy'),
  'recorded: one in a hundred lost, 80 ms round trip, wavering': recorded('wavering'),
  'a way that gets longer and shorter': (count, seed) => {
    const r = random(seed);
    return stream(count, (n) => (n % 600 < 300 ? 20 : 90) + r() * 5);
  },
};
