// Hands that are up, and who has come and gone, in words' order. No DOM.

/** @template {{seat: number, hand?: string}} P @param {readonly P[]} people @returns {P[]} those whose hand is up, the first one first */
export function hands(people) {
  return people
    .filter((p) => p.hand)
    .sort((a, b) => Date.parse(a.hand ?? '') - Date.parse(b.hand ?? '') || a.seat - b.seat);
}

/** Says that several have come, or gone, in one go. */
export class Crowd {
  constructor() {
    /** @type {{in: string[], out: string[]}} names */
    this.waiting = { in: [], out: [] };
  }

  /** @param {'in' | 'out'} way @param {string} name @returns {boolean} whether it is the first since the last look */
  add(way, name) {
    const first = this.waiting.in.length + this.waiting.out.length === 0;
    const other = this.waiting[way === 'in' ? 'out' : 'in'];
    // Who comes back at once had a bad line: nobody wants to hear of it.
    const gone = other.indexOf(name);
    if (gone >= 0) other.splice(gone, 1);
    else this.waiting[way].push(name);
    return first;
  }

  /** What is to be said now. @returns {{way: 'in' | 'out', name: string, others: number}[]} */
  take() {
    const { waiting } = this;
    this.waiting = { in: [], out: [] };
    return /** @type {const} */ (['in', 'out'])
      .filter((way) => waiting[way].length > 0)
      .map((way) => ({ way, name: waiting[way][0], others: waiting[way].length - 1 }));
  }
}
