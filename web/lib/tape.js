// The frames of one track that have come and are still to be decoded, in their order, and some that have been: those a decoder
// needs to begin once more. No DOM.

/** @typedef {import('./wire.js').Frame} Frame */
/** @typedef {{frame: Frame, config: Frame}} Item a frame, and the config that holds for it */

const KEEP = 2_000_000; // µs of sound kept before what is shown: what was decoded too late is gone back to

export class Tape {
  /** @param {'audio' | 'video'} kind */
  constructor(kind) {
    this.kind = kind;
    /** @type {Item[]} */
    this.items = [];
    /** index of the next one to be decoded */
    this.next = 0;
    /** @type {Map<number, Frame>} the latest config of each rendition */
    this.configs = new Map();
    /** @type {Map<number, number>} the latest pts of each rendition */
    this.latest = new Map();
    /** the rendition that is shown */
    this.rendition = -1;
    /** the time of the last frame that was taken, µs; −1: none was */
    this.taken = -1;
    /** the time of the base layer's frame up to which the other layers are passed over, µs, by rendition @type {Map<number, number>} */
    this.base = new Map();
    /** @type {Frame | undefined} the decoder's */
    this.config = undefined;
    this.bytes = 0;
  }

  /** One that came before, or before its config, is passed over. @param {Frame} frame */
  add(frame) {
    if (frame.config) {
      this.configs.set(frame.rendition, frame);
      return;
    }
    const config = this.configs.get(frame.rendition);
    if (!config || frame.pts <= (this.latest.get(frame.rendition) ?? -1)) return;
    this.latest.set(frame.rendition, frame.pts);
    this.items.push({ frame, config });
    this.bytes += frame.payload.length;
  }

  /** The time of the next frame; Infinity if there is none. */
  get due() {
    return this.items[this.next]?.frame.pts ?? Infinity;
  }

  /**
   * Of what comes up to a time only the last picture will be shown: what that does not need, since it is of a higher temporal layer than a frame that
   * follows and needs none of them, is passed over.
   * @param {number} pts µs
   */
  hurry(pts) {
    for (let i = this.next; this.items[i]?.frame.pts <= pts; i++) {
      const { temporal, rendition, pts: at } = this.items[i].frame;
      if (temporal === 0) this.base.set(rendition, at);
    }
  }

  /** How many frames there are still up to a time. @param {number} pts µs */
  left(pts) {
    let n = 0;
    for (let i = this.next; this.items[i]?.frame.pts <= pts; i++) if (this.#needed(this.items[i].frame)) n++;
    return n;
  }

  /**
   * The next frame for the decoder up to a time, its config first if that is another one than before.
   * @param {number} upTo µs
   * @returns {Frame | undefined}
   */
  take(upTo) {
    for (;;) {
      const item = this.items[this.next];
      if (!item || item.frame.pts > upTo) return undefined;
      if (this.kind === 'video' && !(this.#chosen(item.frame) && this.#needed(item.frame))) {
        this.next++;
        continue;
      }
      if (this.config !== item.config) {
        this.config = item.config;
        return item.config;
      }
      this.next++;
      this.taken = item.frame.pts;
      return item.frame;
    }
  }

  /** What comes is one rendition at a time: the server has chosen. Another one begins with its key frame. @param {Frame} frame */
  #chosen({ key, rendition }) {
    if (key && rendition !== this.rendition) {
      this.rendition = rendition;
      this.config = undefined;
    }
    return rendition === this.rendition;
  }

  /** @param {Frame} frame */
  #needed({ temporal, rendition, pts }) {
    return temporal === 0 || pts > (this.base.get(rendition) ?? -1);
  }

  /** The decoder begins anew so that what is shown at a moment can be decoded. @param {number} pts µs */
  rewind(pts) {
    this.next = this.kind === 'audio' ? this.#first(pts) : this.#key(pts);
    this.base.clear();
    this.config = undefined;
    this.rendition = -1;
  }

  /** Index of the first frame that is not before. @param {number} pts */
  #first(pts) {
    const i = this.items.findIndex((item) => item.frame.pts >= pts);
    return i < 0 ? this.items.length : i;
  }

  /** Index of the first of the last key frames, one a rendition, that are not after. @param {number} pts */
  #key(pts) {
    /** @type {Map<number, number>} */
    const keys = new Map();
    for (let i = 0; i < this.items.length && this.items[i].frame.pts <= pts; i++)
      if (this.items[i].frame.key) keys.set(this.items[i].frame.rendition, i);
    return keys.size > 0 ? Math.min(...keys.values()) : 0;
  }

  /**
   * The times of the frames close to a moment, to step from one to the next.
   * @param {number} pts µs
   * @param {number} around µs before and after
   * @returns {number[]} in order
   */
  times(pts, around) {
    return this.items.map((item) => item.frame.pts).filter((t) => Math.abs(t - pts) <= around);
  }

  /** Lets go of what nobody needs any more at a moment. @param {number} pts µs */
  trim(pts) {
    const keep = Math.min(this.next, this.kind === 'audio' ? this.#first(pts - KEEP) : this.#key(pts));
    if (keep < 32) return;
    for (const { frame } of this.items.splice(0, keep)) this.bytes -= frame.payload.length;
    this.next -= keep;
  }
}
