// Whose line is weak: the numbers of the call, judged once a second.

import { Quality } from '../lib/quality.js';
import { localNow } from '../media/local.js';
import { signal } from '../vendor/signals-core.js';
import { stats } from './stats.js';

/** @typedef {import('../lib/quality.js').Verdict} Verdict */

/** @type {Verdict} */
const WELL = { bars: 4, side: '' };

export class Lines {
  /** @param {import('./call.js').CallSession} call */
  constructor(call) {
    this.call = call;
    this.quality = new Quality();
    this.verdicts = signal({ own: WELL, people: /** @type {Map<number, Verdict>} */ (new Map()) });
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
  }

  start() {
    this.timer ??= setInterval(() => this.#look(), 1000);
  }

  /** @param {number} seat @returns {Verdict} */
  of(seat) {
    return this.verdicts.value.people.get(seat) ?? WELL;
  }

  #look() {
    const s = /** @type {any} */ (stats(this.call.app, localNow()));
    if (!s || this.call.rewind.past.peek()) return; // of now nothing is played, so nothing is known
    const { clock, links } = this.call;
    const last = Math.min(...clock.pings.slice(-3).map((p) => p.rtt));
    const own = {
      step: s.sent.video.step ?? 0,
      excess: Number.isFinite(last) && Number.isFinite(clock.rtt) ? last - clock.rtt : 0,
      down: Object.values(links.peek()).some((x) => x !== 'open'),
    };
    const seats = new Set(this.call.people.peek().map((p) => p.seat));
    const next = this.quality.sample(s.people.filter((/** @type {any} */ p) => seats.has(p.seat)).map(heard), own);
    if (!same(next, this.verdicts.peek())) this.verdicts.value = next;
  }

  close() {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** @param {any} p of stats().people @returns {import('../lib/quality.js').Heard} */
function heard(p) {
  const pictures = p.screen?.off && !p.video ? p.screen : p.video;
  return {
    seat: p.seat,
    concealed: p.audio?.concealed ?? 0,
    raised: p.audio?.raised ?? 0,
    margin: p.audio?.margin ?? 0,
    received: pictures?.received ?? 0,
    lost: pictures?.lost ?? 0,
    off: Boolean(p.video?.off || p.screen?.off),
  };
}

/** @typedef {{own: Verdict, people: Map<number, Verdict>}} All */

/** @param {All} a @param {All} b */
function same(a, b) {
  const text = (/** @type {All} */ { own, people }) => JSON.stringify([own, ...people]);
  return text(a) === text(b);
}
