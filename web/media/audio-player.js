// One speaker: frames → Opus decoder → his ring in the mixer.

import { Aligner } from '../lib/align.js';
import { Speaking } from '../lib/speaking.js';
import { lost, parseConfig } from '../lib/wire.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */
/** @typedef {import('../lib/playout.js').Playout} Playout */
/** @typedef {import('./sound.js').Sound} Sound */

export class AudioPlayer {
  /**
   * @param {number} track
   * @param {Sound} sound
   * @param {Playout} playout of the participant
   */
  constructor(track, sound, playout) {
    this.track = track;
    this.sound = sound;
    this.playout = playout;
    this.aligner = new Aligner();
    this.speaking = new Speaking();
    this.level = 127;
    /** @type {AudioDecoder | undefined} */
    this.decoder = undefined;
    /**
     * pts of the packets in the decoder, in order. Its own timestamps don't help: it takes the first and counts on from
     * there, over gaps too.
     * @type {number[]}
     */
    this.inside = [];
    /** @type {number | undefined} */
    this.seq = undefined;
    this.stats = { received: 0, lost: 0, decoded: 0, errors: 0 };
    sound.add(track);
  }

  /**
   * @param {Frame} frame
   * @param {number} now local ms
   * @param {number} callNow µs of the call
   */
  frame(frame, now, callNow) {
    if (frame.config) return this.#configure(frame);
    if (this.seq !== undefined) this.stats.lost += lost(this.seq, frame.seq);
    this.seq = frame.seq;
    this.stats.received++;
    this.playout.audio.arrive(frame.pts, callNow);
    this.level = frame.level;
    this.speaking.frame(frame.level, now);
    if (this.decoder?.state !== 'configured') return;
    this.inside.push(frame.pts);
    this.decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: frame.pts, data: frame.payload }));
  }

  /** @param {Frame} frame */
  #configure(frame) {
    this.seq = undefined; // from here the numbers may go on from anywhere
    try {
      const { codec, sampleRate = 48_000, channels = 1 } = parseConfig(frame);
      this.#close();
      this.aligner = new Aligner();
      const decoder = new AudioDecoder({ output: (data) => this.#decoded(data), error: () => this.#failed() });
      this.decoder = decoder;
      decoder.configure({ codec, sampleRate, numberOfChannels: channels });
    } catch {
      this.#failed();
    }
  }

  /** @param {AudioData} data */
  #decoded(data) {
    try {
      const pts = this.inside.shift() ?? data.timestamp;
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      const placed = this.aligner.place(pts, samples);
      this.sound.write(this.track, placed.position, placed.samples);
      this.stats.decoded++;
    } finally {
      data.close();
    }
  }

  #failed() {
    this.stats.errors++;
    this.#close();
  }

  #close() {
    if (this.decoder && this.decoder.state !== 'closed') this.decoder.close();
    this.decoder = undefined;
    this.inside = [];
  }

  close() {
    this.#close();
    this.sound.remove(this.track);
  }
}
