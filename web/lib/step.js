// Stepping from picture to picture. No DOM.

const APART = 15_000; // µs: pictures of several people that are closer are one step

/**
 * The moment of the next picture, or of the one before.
 * @param {number[]} times of the pictures around, µs, in any order
 * @param {number} now µs
 * @param {1 | -1} by
 * @returns {number | undefined} µs; undefined if none is known
 */
export function stepTo(times, now, by) {
  if (by > 0) {
    const next = Math.min(...times.filter((t) => t >= now + APART));
    return Number.isFinite(next) ? next : undefined;
  }
  const shown = Math.max(...times.filter((t) => t <= now));
  const last = Math.max(...times.filter((t) => t <= shown - APART));
  return Number.isFinite(last) ? last : undefined;
}
