// Runs in the audio thread: sums all speakers, each read where its samples are due.

import { limit, Playhead } from '../lib/playhead.js';
import { RING_BYTES, Ring } from '../lib/ring.js';

/** @typedef {{playhead: Playhead, delay: number, volume: number}} Voice */

class Mixer extends AudioWorkletProcessor {
  constructor() {
    super();
    /** @type {Map<number, Voice>} by track */
    this.voices = new Map();
    /** the call position (samples) that is heard as context frame `frame` */
    this.anchor = { frame: 0, position: 0, known: false };
    this.blocks = 0;
    this.port.onmessage = (m) => this.#message(m.data);
  }

  /** @param {any} m */
  #message(m) {
    if (m.anchor) this.anchor = { ...m.anchor, known: true };
    if (m.add) this.#add(m.add.track, m.add.memory);
    if (m.remove) this.voices.delete(m.remove);
    const voice = this.voices.get(m.track);
    if (!voice) return;
    if (m.samples) voice.playhead.ring.write(m.position, m.samples);
    if (m.delay !== undefined) voice.delay = m.delay;
    if (m.volume !== undefined) voice.volume = m.volume;
  }

  /** @param {number} track @param {SharedArrayBuffer | undefined} memory without one, samples come by message */
  #add(track, memory) {
    const ring = new Ring(memory ?? new ArrayBuffer(RING_BYTES));
    this.voices.set(track, { playhead: new Playhead(ring), delay: 0, volume: 1 });
  }

  /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs */
  process(_inputs, outputs) {
    const out = outputs[0][0];
    if (this.anchor.known) {
      const heard = this.anchor.position + (currentFrame - this.anchor.frame);
      for (const v of this.voices.values()) v.playhead.mix(heard - v.delay, out, v.volume);
      limit(out);
    }
    for (const other of outputs[0].slice(1)) other.set(out);
    if (++this.blocks % 64 === 0) this.#report();
    return true;
  }

  #report() {
    const voices = [...this.voices].map(([track, { playhead }]) => ({
      track,
      underruns: playhead.underruns,
      jumps: playhead.jumps,
      // Samples that wait to be read, 0 or less if it has run dry.
      ahead: playhead.ring.started && playhead.placed ? (playhead.ring.end - playhead.position) | 0 : 0,
    }));
    this.port.postMessage({ voices });
  }
}

registerProcessor('scaip-mixer', Mixer);
