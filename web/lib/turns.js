// Who goes first where not all can be done at once. No DOM.

/**
 * Those that are to be worked on now: who has nothing left to do, and of the others the few that are done soonest, so that the first is done soon.
 * @template T
 * @param {T[]} all
 * @param {(one: T) => number} left what one has left to do
 * @param {number} most that are worked on at once
 * @returns {T[]}
 */
export function turns(all, left, most) {
  const list = all.map((one) => ({ one, left: left(one) })).sort((a, b) => a.left - b.left);
  const idle = list.filter((x) => x.left === 0).length;
  return list.slice(0, idle + most).map((x) => x.one);
}
