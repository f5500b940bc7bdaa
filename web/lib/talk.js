// Who is on the stage, who talks though muted, and who holds the key to talk. No DOM.

import { Loudest } from './loudest.js';
import { LOUD, Speaking } from './speaking.js';

const STAY = 1500; // ms that somebody must be the loudest to take the stage
const HANG = 500; // ms

/** The one whose picture is large: who has spoken for a while, and then until another one has. */
export class Stage {
  constructor() {
    this.loudest = new Loudest(1, HANG);
    /** the track on the stage, 0 before anybody has spoken */
    this.track = 0;
    this.next = 0;
    this.since = 0;
    this.spoke = -Infinity;
  }

  /**
   * @param {number} track
   * @param {number} level −dBov
   * @param {number} now ms
   */
  frame(track, level, now) {
    const first = this.loudest.heard(track, level, now) === 0;
    if (!first || level > LOUD) return;
    if (track !== this.next || now - this.spoke > HANG) this.since = now;
    this.next = track;
    this.spoke = now;
    if (this.track === 0 || now - this.since >= STAY) this.track = track;
  }

  /** Somebody falls silent for good. @param {number} track */
  ended(track) {
    this.loudest.ended(track);
    if (this.next === track) this.next = 0;
    if (this.track === track) this.track = 0;
  }
}

const INSIST = 20; // loud frames (0.4 s) of talking before it is said
const SHOWN = 4000; // ms
const PEACE = 20_000; // ms between two hints

/** Says "you are muted" to who talks all the same; not at a cough, and not again and again. */
export class MutedHint {
  constructor() {
    this.voice = new Speaking();
    this.loud = 0;
    this.shown = -Infinity;
  }

  /**
   * @param {number} level of the microphone, −dBov
   * @param {boolean} muted
   * @param {number} now ms
   * @returns {boolean} whether the hint is to be seen
   */
  frame(level, muted, now) {
    const before = this.voice.at(now);
    this.voice.frame(level, now);
    if (!muted) {
      this.shown = -Infinity;
      this.loud = 0;
      return false;
    }
    if (!before) this.loud = 0;
    if (level <= LOUD) this.loud++;
    if (this.loud >= INSIST && now - this.shown >= PEACE) this.shown = now;
    return now - this.shown < SHOWN;
  }
}

const TAIL = 200; // ms that are still heard after the key is let go: the last syllable

/** Push to talk: a key opens a muted microphone while it is held. */
export class PushToTalk {
  constructor() {
    this.held = false;
    this.until = -Infinity;
  }

  /** @param {boolean} on @param {number} now ms @returns {number} ms after which to ask again whether it is open */
  hold(on, now) {
    if (this.held && !on) this.until = now + TAIL;
    this.held = on;
    return on ? 0 : TAIL;
  }

  /** @param {number} now ms */
  open(now) {
    return this.held || now < this.until;
  }
}
