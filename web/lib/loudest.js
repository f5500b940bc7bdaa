// Who speaks loudest, by the levels that the frames carry: the same ranking as the server's (internal/media/loudest.go),
// told by the same vectors, testdata/loudest.json. No DOM.

/** @typedef {{peak: number, peakAt: number, heard: number, inside: boolean}} Speaker peak: −dBov, the smaller the louder */

/**
 * Whoever was loud keeps that rank for a hangover, so that words are not cut off, and a track without a frame for as long
 * counts as silent. Of equally loud ones, who is among the first `n` already stays, then the lower track.
 */
export class Loudest {
  /** @param {number} n speakers @param {number} hang ms */
  constructor(n, hang) {
    this.n = n;
    this.hang = hang;
    /** @type {Map<number, Speaker>} by track */
    this.speakers = new Map();
  }

  /**
   * @param {number} track
   * @param {number} level −dBov
   * @param {number} now ms
   * @returns {number} the track's rank among those who speak now: 0 is the loudest
   */
  heard(track, level, now) {
    let s = this.speakers.get(track);
    if (!s) {
      s = { peak: level, peakAt: now, heard: now, inside: false };
      this.speakers.set(track, s);
    }
    if (level <= s.peak || now - s.peakAt > this.hang) {
      s.peak = level;
      s.peakAt = now;
    }
    s.heard = now;
    let rank = 0;
    for (const [other, o] of this.speakers)
      if (o !== s && now - o.heard <= this.hang && before([other, o], [track, s])) rank++;
    s.inside = rank < this.n;
    return rank;
  }

  /** Forgets a track. @param {number} track */
  ended(track) {
    this.speakers.delete(track);
  }
}

/** @param {[number, Speaker]} a @param {[number, Speaker]} b */
function before([track, a], [other, b]) {
  if (a.peak !== b.peak) return a.peak < b.peak;
  if (a.inside !== b.inside) return a.inside;
  return track < other;
}
