// What has come live of each picture's track since its last key frame, so that who has looked at the past can be back at once. No DOM.

/** @typedef {import('./wire.js').Frame} Frame */

const MOST = 1200; // frames of a rendition; beyond, its next key frame is waited for

export class Park {
  constructor() {
    /** @type {Map<string, {config: Frame, run: Frame[]}>} by track and rendition */
    this.tracks = new Map();
  }

  /** @param {Frame} frame */
  keep(frame) {
    const id = `${frame.track}/${frame.rendition}`;
    if (frame.config) {
      this.tracks.set(id, { config: frame, run: [] });
      return;
    }
    const t = this.tracks.get(id);
    if (!t) return;
    if (frame.key || t.run.length >= MOST) t.run = [];
    if (frame.key || t.run.length > 0) t.run.push(frame);
  }

  /** A track ended. @param {number} track */
  gone(track) {
    for (const id of this.tracks.keys()) if (id.startsWith(`${track}/`)) this.tracks.delete(id);
  }

  /** @returns {Frame[][]} of each what a receiver needs to go on live, a config first */
  tail() {
    return [...this.tracks.values()].map(({ config, run }) => [config, ...run]);
  }
}
