// Which packets of sound have been played live, of each track: who goes back to what was missed is not to hear them again. No DOM.

/** @typedef {import('./wire.js').Frame} Frame */
/** @typedef {{from: number, to: number, seq: number}} Run packets one after another; from, to: µs of the first and the last, seq: of the last */

const MOST = 64; // runs that are remembered of a track

export class Heard {
  constructor() {
    /** @type {Map<number, Run[]>} by track, in order */
    this.tracks = new Map();
  }

  /** One is played. @param {Pick<Frame, 'track' | 'seq' | 'pts'>} packet */
  add({ track, seq, pts }) {
    const runs = this.tracks.get(track) ?? [];
    this.tracks.set(track, runs);
    const last = runs[runs.length - 1];
    if (last && seq === (last.seq + 1) >>> 0 && pts > last.to) [last.to, last.seq] = [pts, seq];
    else runs.push({ from: pts, to: pts, seq });
    if (runs.length > MOST) runs.shift();
  }

  /** Whether it has been played. @param {Pick<Frame, 'track' | 'pts'>} packet */
  has({ track, pts }) {
    return this.tracks.get(track)?.some((run) => run.from <= pts && pts <= run.to) ?? false;
  }
}
