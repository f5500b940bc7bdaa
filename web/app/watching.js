// What one wants of others' pictures, by how large they are shown, and what has come of them: told to the server.

import { Easing } from '../lib/ease.js';
import { renditionFor } from '../lib/renditions.js';

/** @typedef {import('./receiver.js').Person} Person */
/** @typedef {import('../media/video-player.js').VideoPlayer} VideoPlayer */

const EVERY = 1000; // ms between reports
const FIRST = 300; // ms for which the first picture is waited for
const SCREEN = 2; // a shared screen has one rendition; text is wanted whole

export class Watching {
  /**
   * @param {Map<number, Person>} people by seat; the receiver's
   * @param {(message: object) => void} tell
   */
  constructor(people, tell) {
    this.people = people;
    this.tell = tell;
    this.told = '';
    this.easing = new Easing();
    /** @type {Map<number, number>} rendition that a tile's size wants, by track */
    this.asked = new Map();
    /** @type {Map<number, {received: number, lost: number}>} as of the last report */
    this.reported = new Map();
    this.sizes = new ResizeObserver(() => this.changed());
    this.timer = setInterval(() => this.#report(), EVERY);
    this.due = false;
    /**
     * A picture has been seen, or there has been a place for one for a while. Before that, the server chooses: a picture of the size that
     * comes is seen sooner than one that is still to be made.
     */
    this.begun = false;
    /** there has been a place for a picture */
    this.placed = false;
    this.connected = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.wait = undefined;
  }

  /** @param {HTMLCanvasElement} canvas */
  add(canvas) {
    this.sizes.observe(canvas);
    this.placed = true;
    this.#await();
    this.changed();
  }

  /** From now on the sizes count, if there are any: a picture that came before there was a place for it is not one that nobody wants. */
  begin() {
    if (this.begun || !this.placed) return;
    this.begun = true;
    clearTimeout(this.wait);
    this.changed();
  }

  /** @param {HTMLCanvasElement} canvas */
  remove(canvas) {
    this.sizes.unobserve(canvas);
    this.changed();
  }

  #await() {
    if (this.placed && this.connected) this.wait ??= setTimeout(() => this.begin(), FIRST);
  }

  /** The socket is new: it knows nothing. */
  again() {
    this.connected = true;
    this.#await();
    this.told = '';
    this.reported.clear();
    this.#want();
  }

  /** What is shown has changed; several changes at once are told as one. */
  changed() {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      this.#want();
    });
  }

  /** How late pictures are: where it is too much, less is asked for. @param {number} now local ms @param {number} late µs, as Easing wants it */
  late(now, late) {
    if (this.easing.sample(now, late)) this.changed();
  }

  #want() {
    if (!this.begun) return;
    const { less, temporal } = this.easing.step;
    /** @type {Record<string, {rendition: number, temporal: number} | null>} */
    const tracks = {};
    for (const [track, player] of this.#players()) {
      const high = Math.max(0, ...[...player.canvases].map(shorterSide));
      if (high === 0 || !('VideoDecoder' in globalThis)) {
        tracks[track] = null;
        continue;
      }
      const rendition = track & 1 ? SCREEN : renditionFor(high, this.asked.get(track));
      this.asked.set(track, rendition);
      tracks[track] = { rendition: track & 1 ? rendition : Math.max(0, rendition - less), temporal };
    }
    const told = JSON.stringify(tracks);
    if (told === this.told) return;
    this.told = told;
    this.tell({ want: { tracks } });
  }

  /** @returns {Iterable<[number, VideoPlayer]>} by track */
  *#players() {
    for (const p of this.people.values()) {
      if (p.video) yield [p.seat << 2, p.video];
      if (p.screen.video) yield [(p.seat << 2) | 1, p.screen.video];
    }
  }

  #report() {
    this.#want(); // canvases may have moved to where no observer sees them
    /** @type {Record<string, {received: number, lost: number, delay: number}>} */
    const tracks = {};
    for (const [track, player] of this.#players()) {
      const { received, lost } = player.stats;
      const before = this.reported.get(track) ?? { received: 0, lost: 0 };
      this.reported.set(track, { received, lost });
      if (received <= before.received) continue;
      tracks[track] = {
        received: received - before.received,
        lost: Math.max(0, lost - before.lost),
        delay: Number.isFinite(player.lateness) ? Math.round(player.lateness / 1000) : 0,
      };
      player.lateness = Infinity;
    }
    if (Object.keys(tracks).length > 0) this.tell({ report: { tracks } });
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.wait);
    this.sizes.disconnect();
  }
}

/** @param {HTMLCanvasElement} canvas @returns {number} device pixels; 0: not shown */
function shorterSide(canvas) {
  if (!canvas.isConnected) return 0;
  return Math.min(canvas.clientWidth, canvas.clientHeight) * (globalThis.devicePixelRatio || 1);
}
