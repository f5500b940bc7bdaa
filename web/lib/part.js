// A part of a call that somebody marks, to show it to others. No DOM.

/** @typedef {{from: number, to: number}} Part µs on the call's clock */

const LEAST = 1_000_000; // µs
const AROUND = 10_000_000; // µs to both sides of the moment from which a part is begun

/**
 * A part around a moment.
 * @param {import('./ruler.js').Range} range
 * @param {number} now µs
 * @returns {Part}
 */
export const partAround = ({ zero, end }, now) => ({
  from: Math.max(zero, now - AROUND),
  to: Math.min(end, now + AROUND),
});

/**
 * Moves one edge of a part. The other one gives way: a part has at least a second, as far as the call has.
 * @param {Part} part
 * @param {'from' | 'to'} edge
 * @param {number} at µs
 * @param {import('./ruler.js').Range} range
 * @returns {Part}
 */
export function moveEdge(part, edge, at, { zero, end }) {
  if (edge === 'from') {
    const from = Math.max(zero, Math.min(at, end - LEAST));
    return { from, to: Math.min(end, Math.max(part.to, from + LEAST)) };
  }
  const to = Math.min(end, Math.max(at, zero + LEAST));
  return { from: Math.max(zero, Math.min(part.from, to - LEAST)), to };
}

/** Seconds, as a link says them. @param {number} us */
export const inLink = (us) => String(Math.round(us / 1e5) / 10);
