// How good the ways to and from the others are, and whose side is weak: from what is heard and seen of each, once a second. No DOM.

/** @typedef {'' | 'mine' | 'theirs'} Side whose line is weak */
/** @typedef {{bars: number, side: Side}} Verdict bars: 4 all is well, 0 nothing comes */

/**
 * @typedef {object} Heard what came of one participant so far
 * @property {number} seat
 * @property {number} concealed ms of voice that were made up, ever
 * @property {number} raised ms by which late frames keep the voice back
 * @property {number} margin ms that its wavering needs
 * @property {number} received pictures, ever
 * @property {number} lost pictures, ever
 * @property {boolean} off the server sends no picture, because of the line to here
 */

/**
 * @typedef {object} Own one's own line
 * @property {number} step how far sending is turned down, 0 not at all (lib/uplink.js)
 * @property {number} excess ms by which even the best of the last pings is slower than the best of a minute
 * @property {boolean} down a socket is not there
 */

const MEMORY = 3; // seconds: the worst of them is shown

export class Quality {
  constructor() {
    /** @type {Map<number, {last: Heard, bars: number[]}>} */
    this.seats = new Map();
  }

  /**
   * @param {Heard[]} people
   * @param {Own} own
   * @returns {{own: Verdict, people: Map<number, Verdict>}} by seat
   */
  sample(people, own) {
    const bars = new Map(people.map((p) => [p.seat, this.#bars(p)]));
    for (const seat of this.seats.keys()) if (!bars.has(seat)) this.seats.delete(seat);
    const weak = people.filter((p) => (bars.get(p.seat) ?? 4) < 4);
    // One weak voice among others is that one's fault; several at once come over what they have in common.
    const common = own.down || own.excess >= 120 || (weak.length >= 2 && weak.length * 2 > people.length);
    /** @type {Map<number, Verdict>} */
    const verdicts = new Map();
    for (const p of people) {
      const n = bars.get(p.seat) ?? 4;
      verdicts.set(p.seat, { bars: n, side: n === 4 ? '' : common || p.off ? 'mine' : 'theirs' });
    }
    return { own: ownVerdict(own), people: verdicts };
  }

  /** @param {Heard} p */
  #bars(p) {
    const seat = this.seats.get(p.seat) ?? { last: p, bars: [] };
    const { last } = seat;
    const pictures = p.received - last.received + p.lost - last.lost;
    const lost = pictures > 0 ? Math.max(0, p.lost - last.lost) / pictures : 0;
    const made = Math.max(0, p.concealed - last.concealed) / 1000;
    seat.bars = [...seat.bars, grade(p, made, lost)].slice(-MEMORY);
    seat.last = p;
    this.seats.set(p.seat, seat);
    return Math.min(...seat.bars);
  }
}

/** @param {Heard} p @param {number} made share of a second @param {number} lost share of the pictures */
function grade(p, made, lost) {
  if (made >= 0.2 || lost >= 0.3) return 1;
  if (made >= 0.06 || lost >= 0.1 || p.raised >= 200 || p.margin >= 300 || p.off) return 2;
  if (made >= 0.02 || lost >= 0.03 || p.raised >= 100 || p.margin >= 150) return 3;
  return 4;
}

/** @param {Own} own @returns {Verdict} */
function ownVerdict({ step, excess, down }) {
  const bars = down ? 0 : step >= 6 ? 1 : step >= 3 || excess >= 400 ? 2 : step > 0 || excess >= 120 ? 3 : 4;
  return { bars, side: bars === 4 ? '' : 'mine' };
}
