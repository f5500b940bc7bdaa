// One voice of the past: frames → Opus decoder → its pace → its ring in the mixer.

import { Aligner } from '../lib/align.js';
import { Tempo } from '../lib/tempo.js';
import { parseConfig } from '../lib/wire.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */

export class PastVoice {
  /**
   * @param {number} track
   * @param {import('./sound.js').Sound} sound
   */
  constructor(track, sound) {
    this.track = track;
    this.sound = sound;
    this.aligner = new Aligner();
    /** @type {Tempo | undefined} */
    this.tempo = undefined;
    /** @type {AudioDecoder | undefined} */
    this.decoder = undefined;
    /**
     * pts of the packets in the decoder, in order. Its own timestamps don't help: it takes the first and counts on from
     * there, over gaps too.
     * @type {number[]}
     */
    this.inside = [];
    this.volume = 1;
    this.errors = 0;
    this.decoded = 0;
  }

  /**
   * Begins at a moment: what was to be heard is forgotten.
   * @param {{rate: number, input: number, output: number}} from samples on the call's clock, and on that of playing
   */
  begin(from) {
    this.#close();
    this.sound.voices.remove(this.track);
    this.sound.voices.add(this.track);
    this.sound.setVolume(this.track, this.volume);
    this.aligner = new Aligner();
    this.tempo = new Tempo(from);
  }

  /** Falls silent; `begin` takes it up again. */
  stop() {
    this.#close();
    this.sound.voices.remove(this.track);
    this.tempo = undefined;
  }

  /** @param {Frame} frame a config first */
  frame(frame) {
    if (frame.config) return this.#configure(frame);
    if (this.decoder?.state !== 'configured') return;
    this.inside.push(frame.pts);
    this.decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: frame.pts, data: frame.payload }));
  }

  /** @param {Frame} frame */
  #configure(frame) {
    this.#close();
    try {
      const { codec, sampleRate = 48_000, channels = 1 } = parseConfig(frame);
      const decoder = new AudioDecoder({ output: (d) => this.#decoded(decoder, d), error: () => this.errors++ });
      this.decoder = decoder;
      decoder.configure({ codec, sampleRate, numberOfChannels: channels });
    } catch {
      this.errors++;
    }
  }

  /** @param {AudioDecoder} decoder @param {AudioData} data */
  #decoded(decoder, data) {
    try {
      if (decoder !== this.decoder || !this.tempo) return;
      const pts = this.inside.shift() ?? data.timestamp;
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      const placed = this.aligner.place(pts, samples);
      for (const p of this.tempo.push(placed.position, placed.samples))
        this.sound.voices.write(this.track, p.position, p.samples);
      this.decoded++;
    } finally {
      data.close();
    }
  }

  /** @param {number} volume 0 to 2 */
  setVolume(volume) {
    this.volume = volume;
    this.sound.setVolume(this.track, volume);
  }

  #close() {
    if (this.decoder && this.decoder.state !== 'closed') this.decoder.close();
    this.decoder = undefined;
    this.inside = [];
  }
}
