// A small picture of each call that is over: fetched when it is first wanted, one call at a time. They are kept in this page alone, and go with
// the call.

import { signal } from '../vendor/signals-core.js';
import { glance } from './peek.js';

/** @typedef {import('../lib/world.js').Call} Call */
/** @typedef {import('../vendor/signals-core.js').Signal<ImageBitmap | undefined>} Thumb undefined: none, or none yet */

const PATIENCE = 6000; // ms for one call
const PLACES = [0.35, 0.1, 0.7]; // of a call, where a picture is looked for
const MOST = 4; // cameras that are asked for

export class Thumbs {
  constructor() {
    /** @type {Map<string, Thumb>} by call */
    this.all = new Map();
    /** @type {Call[]} */
    this.queue = [];
    this.busy = false;
  }

  /** The picture of a call; it comes when its turn has come. @param {Call} call @returns {Thumb} */
  of(call) {
    let thumb = this.all.get(call.id);
    if (thumb) return thumb;
    thumb = signal(/** @type {ImageBitmap | undefined} */ (undefined));
    this.all.set(call.id, thumb);
    this.queue.push(call);
    if (!this.busy) void this.#work();
    return thumb;
  }

  async #work() {
    this.busy = true;
    for (let call = this.queue.shift(); call; call = this.queue.shift()) {
      const bitmap = await glance(call.id, moments(call), PATIENCE);
      const thumb = this.all.get(call.id);
      if (thumb) thumb.value = bitmap;
      else bitmap?.close(); // it was deleted meanwhile
    }
    this.busy = false;
  }

  /** Lets go of those of calls that are no more. @param {ReadonlyMap<string, Call>} calls */
  keep(calls) {
    for (const [id, thumb] of this.all) {
      const call = calls.get(id);
      if (call && call.kept !== false) continue;
      this.all.delete(id);
      thumb.peek()?.close();
      thumb.value = undefined;
    }
    this.queue = this.queue.filter((c) => this.all.has(c.id));
  }
}

/** Where a picture of a call is looked for. @param {Call} call */
function moments({ start, end, participants }) {
  const length = Math.max(0, Date.parse(end ?? start) - Date.parse(start)) * 1000;
  const tracks = [...new Set(participants.map((p) => p.seat << 2))].filter((t) => t > 0).slice(0, MOST);
  return PLACES.map((place) => ({ at: Math.round(length * place), tracks }));
}
