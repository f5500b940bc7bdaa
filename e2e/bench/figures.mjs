// Lists of numbers, and what was noted in two pages, as figures. No browser.

/** @param {number[]} list @param {number} share 0 to 1 @returns {number} NaN of nothing */
export function quantile(list, share) {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** @param {number[]} list */
export const spread = (list) => ({ n: list.length, p50: quantile(list, 0.5), p95: quantile(list, 0.95) });

/**
 * How much later each event is found at the other end. An event is the one that was last before it, not more than `most` ago; what
 * has no other end is left out.
 * @param {number[]} from ms, ascending
 * @param {number[]} to ms, ascending
 * @param {number} most ms
 * @returns {{at: number, late: number}[]}
 */
export function delays(from, to, most) {
  const list = [];
  for (const at of from) {
    const there = to.find((t) => t >= at && t - at <= most);
    if (there !== undefined) list.push({ at, late: there - at });
  }
  return list;
}

/** The delays of pictures. @param {{drawn: number, seen: number}[]} seen */
export const glass = (seen) => seen.map((s) => s.seen - s.drawn);

/**
 * Pictures a second.
 * @param {{seen: number}[]} seen
 */
export function rate(seen) {
  const passed = (seen.at(-1)?.seen ?? 0) - (seen[0]?.seen ?? 0);
  return passed > 0 ? ((seen.length - 1) * 1000) / passed : 0;
}

/**
 * Picture against voice: how much later the flash comes than the beep, by the delay that each has from its device to the screen or the loudspeaker.
 * @param {{at: number, late: number}[]} flashes
 * @param {{at: number, late: number}[]} beeps
 */
export function skews(flashes, beeps) {
  return flashes.flatMap((f) => {
    const nearest = beeps.toSorted((a, b) => Math.abs(a.at - f.at) - Math.abs(b.at - f.at))[0];
    return nearest && Math.abs(nearest.at - f.at) < 1500 ? [f.late - nearest.late] : [];
  });
}
