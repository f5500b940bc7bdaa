// The mixer: all speakers, each read where its samples are due, summed and kept within bounds. No DOM; it runs in the
// audio thread, under a worklet that only hands it blocks.

import { Playhead } from './playhead.js';
import { HEAD, RING_BYTES, Ring } from './ring.js';

const CEILING = 0.98;
const RELEASE = 0.0004; // of the way back to 1 a block: 6 s for the whole of it, so that speech does not pump

/**
 * Keeps a sum of voices within ±1 by turning all of it down together, so that nothing is distorted: before a peak comes,
 * as far as the block shows it, and slowly up again.
 */
export class Limiter {
  constructor() {
    this.gain = 1;
  }

  /** @param {Float32Array} block */
  process(block) {
    // The steepest way down that any sample of the block needs, and how far down the loudest one does.
    let slope = Math.min(1 - this.gain, RELEASE) / block.length;
    let peak = CEILING;
    for (let i = 0; i < block.length; i++) {
      const size = Math.abs(block[i]);
      peak = Math.max(peak, size);
      if (size > CEILING) slope = Math.min(slope, (CEILING / size - this.gain) / (i + 1));
    }
    if (slope === 0 && this.gain === 1) return;
    const floor = slope < 0 ? CEILING / peak : 0;
    for (let i = 0; i < block.length; i++) {
      const x = block[i] * Math.max(floor, this.gain + slope * (i + 1));
      block[i] = Math.max(-1, Math.min(1, x));
    }
    this.gain = Math.max(floor, this.gain + slope * block.length);
  }
}

/** @typedef {{playhead: Playhead, volume: number, shared: boolean}} Voice */

/**
 * What the page tells it, each by message: `{anchor: {frame, position}}` the call position (samples) that is heard as the
 * context's frame; `{add: {track, memory}}`, memory a ring's, or none: then samples come by message;
 * `{remove: track}`; `{track, position, samples, lost}`, `{track, rest}`, `{track, delay}` (samples) and `{track, volume}`.
 */
export class Mixer {
  constructor() {
    /** @type {Map<number, Voice>} by track */
    this.voices = new Map();
    /** @type {Map<number, number>} by track; a volume may be told before its voice is there, since they come from two threads */
    this.volumes = new Map();
    /** @type {Set<Voice>} removed, fading away */
    this.leaving = new Set();
    this.anchor = { frame: 0, position: 0, known: false };
    this.limiter = new Limiter();
  }

  /** @param {any} m */
  message(m) {
    if (m.anchor) this.anchor = { ...m.anchor, known: true };
    if (m.add) this.#add(m.add.track, m.add.memory);
    if (m.remove) this.#remove(m.remove);
    if (m.volume !== undefined) this.volumes.set(m.track, m.volume);
    const voice = this.voices.get(m.track);
    if (!voice) return;
    const { ring } = voice.playhead;
    if (m.delay !== undefined) ring.head[HEAD.DELAY] = m.delay;
    if (m.samples) ring.write(m.position, m.samples, m.lost);
    if (m.rest) ring.rest();
    if (m.volume !== undefined) voice.volume = m.volume;
  }

  /** @param {number} track @param {SharedArrayBuffer | undefined} memory */
  #add(track, memory) {
    const ring = new Ring(memory ?? new ArrayBuffer(RING_BYTES));
    this.voices.set(track, {
      playhead: new Playhead(ring),
      volume: this.volumes.get(track) ?? 1,
      shared: memory !== undefined,
    });
  }

  /** @param {number} track */
  #remove(track) {
    const voice = this.voices.get(track);
    if (!voice) return;
    voice.playhead.stop();
    this.leaving.add(voice);
    this.voices.delete(track);
  }

  /**
   * @param {number} frame of the context, the block's first
   * @param {Float32Array} out 128 samples, silent
   */
  mix(frame, out) {
    if (!this.anchor.known) return;
    const heard = this.anchor.position + (frame - this.anchor.frame);
    for (const { playhead, volume } of this.voices.values()) playhead.mix(heard, out, volume);
    for (const voice of this.leaving) {
      voice.playhead.mix(heard, out, voice.volume);
      if (voice.playhead.silent) this.leaving.delete(voice);
    }
    this.limiter.process(out);
  }

  /** The heads of the rings that the page cannot see itself. @returns {{track: number, head: Int32Array}[]} */
  report() {
    const list = [];
    for (const [track, { playhead, shared }] of this.voices)
      if (!shared) list.push({ track, head: playhead.ring.head.slice() });
    return list;
  }
}
