// Going back within a running call, and catching up. One's own camera and microphone stay live meanwhile; what comes live is
// parked, so that one is back at once.

import { Heard } from '../lib/heard.js';
import { Park } from '../lib/park.js';
import { rosterAt } from '../lib/roster.js';
import { localNow } from '../media/local.js';
import { computed, effect, signal } from '../vendor/signals-core.js';
import { get } from './api.js';
import { Glimpse } from './glimpse.js';
import { Past } from './past.js';

/**
 * @typedef {{kind: 'start' | 'missed', at: number, rate: number, heard?: number}} Offer at: µs on the call's clock; heard: from when on it has
 *   been heard live since
 */

const LATE = 30_000_000; // µs after the start: who joins later is offered to catch up
const MISSED = 3000; // ms without a connection that are worth hearing
const LATE_IN = 300_000; // µs from the first frame that came live again to what was heard of it
const TAIL = 200_000; // µs that what comes is behind what is said, at least

export class Rewind {
  /** @param {import('./call.js').CallSession} call */
  constructor(call) {
    this.call = call;
    /** what is shown instead of the live call */
    this.past = signal(/** @type {Past | undefined} */ (undefined));
    this.offer = signal(/** @type {Offer | undefined} */ (undefined));
    this.events = signal(/** @type {import('../lib/roster.js').CallEvent[]} */ ([]));
    /** who was in the call then; undefined when live */
    this.roster = computed(() => {
      const past = this.past.value;
      return past && rosterAt(this.events.value, past.time.value);
    });
    this.park = new Park();
    this.glimpse = new Glimpse(call);
    /** µs of the call when the connection was lost */
    this.lost = /** @type {number | undefined} */ (undefined);
    /** what has been played live */
    this.heard = new Heard();
    /** of the call, where there is nothing of what was missed: it is leapt over @type {{from: number, to: number} | undefined} */
    this.known = undefined;
    /** @type {() => void} */
    this.unwatch = () => undefined;
    this.unlink = effect(() => this.#linked(call.links.value.audio));
  }

  /** µs of the call that is live now */
  get now() {
    return this.call.clock.at(localNow());
  }

  /** µs of the call that is shown */
  get shown() {
    return this.past.value?.now() ?? this.now;
  }

  /**
   * Those who are in the call at the moment shown. Oneself is always there, as one is now.
   * @returns {(import('../lib/roster.js').Present & {behind?: boolean})[]}
   */
  get people() {
    const now = this.call.people.value;
    const roster = this.roster.value;
    if (!roster || this.events.value.length === 0) return now;
    const { me } = this.call.app.world.value;
    return [...roster.filter((p) => p.user !== me), ...now.filter((p) => p.user === me)].sort(
      (a, b) => a.seat - b.seat,
    );
  }

  /** The moment shown, ms since 1970, in steps of a second; Infinity when live. */
  get wall() {
    const past = this.past.value;
    const info = this.call.info.value;
    return past && info ? Date.parse(info.start) + Math.floor(past.time.value / 1e6) * 1000 : Infinity;
  }

  /** Called when one has joined. @param {boolean} first for the first time */
  joined(first) {
    if (first && this.now > LATE) this.offer.value = { kind: 'start', at: 0, rate: 2 };
  }

  accept() {
    const offer = this.offer.value;
    if (!offer) return;
    const known = offer.heard === undefined ? undefined : { from: offer.heard + LATE_IN, to: this.now - this.#way };
    void this.go(offer.at, offer.rate);
    this.known = known;
    if (this.past.value && offer.kind === 'missed') this.past.value.without = this.heard;
  }

  /**
   * Shows the call as it was at a moment, and goes on from there; where it stood still, it does so there too.
   * @param {number} at µs on the call's clock
   * @param {number} [rate] it plays, at this speed
   */
  async go(at, rate) {
    this.offer.value = undefined;
    this.known = undefined;
    const known = this.past.value;
    if (known) {
      known.without = undefined;
      if (rate) known.setRate(rate);
      known.seek(at);
      if (rate) known.play();
      return;
    }
    this.call.receiver?.halt();
    const past = new Past(this.call.id);
    for (const p of this.call.receiver?.people.values() ?? []) past.setVolume(p.seat, p.volume); // as loud as live
    this.past.value = past;
    this.call.line.hush(true);
    this.#tell(true);
    void this.fetch();
    this.unwatch = effect(() => {
      if (past.state.value === 'closed' && past.reason.value) return void queueMicrotask(() => this.live());
      this.#leap(past);
      if (past.caught.value && past.wanted.value && past.state.value !== 'paused')
        queueMicrotask(() => this.live(true));
    });
    await past.open({ at: Math.max(0, at), rate: rate ?? 1 });
  }

  /** µs by which what is heard live is behind what is said, of who is behind most: so much may have been on its way. */
  get #way() {
    const people = [...(this.call.receiver?.people.values() ?? [])];
    return Math.max(TAIL, ...people.flatMap((p) => [p, p.screen]).map((side) => side.audio?.report?.delay ?? 0));
  }

  /** Over what was heard live between coming back and going to what was missed. @param {Past} past */
  #leap(past) {
    const { known } = this;
    if (!known || past.time.value < known.from || past.state.peek() !== 'playing') return;
    this.known = undefined;
    if (past.time.peek() < known.to) queueMicrotask(() => past.seek(known.to));
  }

  /** Asks what has happened in the call by now. */
  async fetch() {
    try {
      this.events.value = (await get(`/api/calls/${this.call.id}/events`)).events;
    } catch {
      // the roster stays that of now
    }
  }

  /** @param {number} by µs */
  async skip(by) {
    const to = this.shown + by;
    if (to >= this.now - TAIL) this.live();
    else await this.go(to);
  }

  /** Stops the time, or lets it go on from where it stands. */
  async toggle() {
    const past = this.past.value;
    if (!past) {
      await this.go(this.now - TAIL);
      this.past.value?.pause();
    } else if (past.wanted.value) past.pause();
    else past.play();
  }

  /** Back to now. @param {boolean} [caught] by playing up to it: the voices go on where they are */
  live(caught = false) {
    const past = this.past.value;
    if (!past) return;
    this.unwatch();
    this.past.value = undefined;
    const seams = caught ? past.finish() : undefined;
    if (!caught) past.close();
    this.call.line.hush(false, seams);
    this.#resume();
    this.#tell(false);
  }

  #resume() {
    const { receiver } = this.call;
    if (!receiver) return;
    const now = localNow();
    for (const frames of this.park.tail()) {
      // Its player is made anew: these pictures are late, and say nothing of the way.
      receiver.gone('video', frames[0].track);
      for (const f of frames) receiver.frame(f, now);
    }
  }

  /** @param {boolean} behind */
  #tell(behind) {
    const said = this.call.app.socket?.send('calls.set_behind', { call: this.call.id, behind });
    void said?.catch(() => undefined); // a courtesy
  }

  /** A picture came live; whether it is not to be shown. @param {import('../lib/wire.js').Frame} frame */
  frame(frame) {
    this.park.keep(frame);
    return this.past.value !== undefined;
  }

  /** Voices came live, and are played. @param {import('../media/audio-line.js').Packet[]} packets */
  came(packets) {
    if (packets.length === 0) return;
    const offer = this.offer.peek();
    if (offer?.kind === 'missed') offer.heard ??= packets[0].pts;
    for (const p of packets) this.heard.add(p);
  }

  /** What was missed while the connection was down is offered. @param {string | undefined} state */
  #linked(state) {
    const { media } = this.call;
    if (!media || state === 'closed') return;
    if (state !== 'open') {
      if (media.audio.connections > 0) this.lost ??= this.call.clock.at(media.audio.heard);
      return;
    }
    const { lost } = this;
    this.lost = undefined;
    if (lost === undefined || this.past.peek() || this.now - lost < MISSED * 1000) return;
    this.offer.value = { kind: 'missed', at: Math.max(0, lost - this.#way), rate: 1.5 };
  }

  close() {
    this.unlink();
    this.unwatch();
    this.glimpse.close();
    this.past.value?.close();
    this.past.value = undefined;
  }
}
