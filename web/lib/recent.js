// The packets of sound that have come in the last seconds, for who comes back from the past: what he has not heard there goes on from here. No DOM.

/** @typedef {import('./wire.js').Frame} Frame */

const KEPT = 3_000_000; // µs of each track

export class Recent {
  constructor() {
    /** @type {Map<number, Frame[]>} by track */
    this.tracks = new Map();
  }

  /** @param {Frame} packet */
  add(packet) {
    const list = this.tracks.get(packet.track) ?? [];
    this.tracks.set(packet.track, list);
    list.push(packet);
    while (packet.pts - list[0].pts > KEPT) list.shift();
  }

  /** Those that came after one, in order. @param {number} track @param {number} pts of the one, µs @returns {Frame[]} */
  after(track, pts) {
    return (this.tracks.get(track) ?? []).filter((p) => p.pts > pts);
  }

  /** Where each track goes on that came. @param {import('../app/past.js').Seams} how @returns {import('../app/past.js').Seam[]} */
  seams({ seams, others }) {
    const unmet = [...this.tracks.keys()].filter((track) => !seams.some((s) => s.track === track));
    return [...seams, ...unmet.map((track) => ({ ...others, track }))];
  }

  /** A track ended. @param {number} track */
  gone(track) {
    this.tracks.delete(track);
  }
}
