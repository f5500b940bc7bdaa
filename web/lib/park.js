// What has come live of each picture's track since its last key frame, so that who has looked at the past can be back at once. Sound
// is let go: any packet will do to begin with. No DOM.

/** @typedef {import('./wire.js').Frame} Frame */

const MOST = 1200; // frames of a rendition; beyond, its next key frame is waited for

export class Park {
  constructor() {
    /** @type {Map<string, {config: Frame, run: Frame[]}>} by kind, track and rendition */
    this.tracks = new Map();
  }

  /** @param {'audio' | 'video'} kind @param {Frame} frame */
  keep(kind, frame) {
    const id = `${kind}/${frame.track}/${frame.rendition}`;
    if (frame.config) {
      this.tracks.set(id, { config: frame, run: [] });
      return;
    }
    const t = this.tracks.get(id);
    if (!t || kind === 'audio') return;
    if (frame.key || t.run.length >= MOST) t.run = [];
    if (frame.key || t.run.length > 0) t.run.push(frame);
  }

  /** A track ended. @param {'audio' | 'video'} kind @param {number} track */
  gone(kind, track) {
    for (const id of this.tracks.keys()) if (id.startsWith(`${kind}/${track}/`)) this.tracks.delete(id);
  }

  /** @returns {{kind: 'audio' | 'video', frames: Frame[]}[]} what a receiver needs to go on live, a config first */
  tail() {
    return [...this.tracks].map(([id, { config, run }]) => ({
      kind: /** @type {'audio' | 'video'} */ (id.split('/')[0]),
      frames: [config, ...run],
    }));
  }
}
