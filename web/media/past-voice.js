// One voice of the past: frames → Opus decoder → its pace → its ring in the mixer.

import { Aligner } from '../lib/align.js';
import { Tempo } from '../lib/tempo.js';
import { parseConfig } from '../lib/wire.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */

/**
 * @typedef {object} Ear who listens
 * @property {() => number} mixed the position on the clock of playing that is mixed by now: what is written later for an earlier one is not heard
 * @property {(pts: number) => void} late is told from which moment on, µs, something was written later than that
 */

/** @typedef {{position: number, samples: Float32Array}} Piece on the clock of playing */

const RATE = 0.048; // samples a µs
const PACKET = 20_000; // µs

export class PastVoice {
  /**
   * @param {number} track
   * @param {import('./sound.js').Sound} sound
   * @param {Ear} ear
   */
  constructor(track, sound, ear) {
    this.track = track;
    this.sound = sound;
    this.ear = ear;
    this.aligner = new Aligner();
    /** @type {Tempo | undefined} */
    this.tempo = undefined;
    /** @type {AudioDecoder | undefined} */
    this.decoder = undefined;
    /**
     * The packets in the decoder, in order; heard: it was before, and is decoded so that the decoder is itself. The decoder's own timestamps don't help: it takes the first and counts on from
     * there, over gaps too.
     * @type {{pts: number, heard: boolean}[]}
     */
    this.inside = [];
    /** the last packet that is heard, or will be: its time, and when it ends, µs @type {{pts: number, end: number} | undefined} */
    this.last = undefined;
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
    this.last = undefined;
  }

  /** Nothing follows for now what has been given. */
  rest() {
    if (this.tempo && this.inside.length === 0) this.#give(this.tempo, this.tempo.end());
  }

  /** What is decoded is heard to its end, and nothing after it. */
  finish() {
    this.#close();
    if (!this.tempo) return;
    const late = this.#write(this.tempo, this.tempo.end());
    if (late !== undefined) this.last = { pts: late - PACKET, end: late };
  }

  /** Falls silent; `begin` takes it up again. */
  stop() {
    this.#close();
    this.sound.voices.remove(this.track);
    this.tempo = undefined;
    this.last = undefined;
  }

  /** @param {Frame} frame a config first @param {boolean} [heard] it has been, and is not to be heard again */
  frame(frame, heard = false) {
    if (frame.config) return this.#configure(frame);
    if (this.decoder?.state !== 'configured') return;
    this.inside.push({ pts: frame.pts, heard });
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
      const { pts, heard } = this.inside.shift() ?? { pts: data.timestamp, heard: false };
      const last = { pts, end: pts + data.duration };
      this.decoded++;
      if (heard) {
        this.#give(this.tempo, this.tempo.end());
        this.last = last;
        return;
      }
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      const placed = this.aligner.place(pts, samples);
      const before = placed.position < this.tempo.input; // only so that the decoder is itself
      const inTime = this.#give(this.tempo, this.tempo.push(placed.position, placed.samples));
      if (inTime && !before) this.last = last;
    } finally {
      data.close();
    }
  }

  /** Writes, and tells who listens what is late. @param {Tempo} tempo @param {Piece[]} pieces @returns {boolean} whether all was in time */
  #give(tempo, pieces) {
    const late = this.#write(tempo, pieces);
    if (late !== undefined) this.ear.late(late);
    return late === undefined;
  }

  /** @param {Tempo} tempo @param {Piece[]} pieces @returns {number | undefined} from which moment on, µs, it was too late to be heard */
  #write(tempo, pieces) {
    const mixed = this.ear.mixed();
    const late = pieces.find(({ position }) => position >= tempo.output && position < mixed);
    for (const { position, samples } of pieces) this.sound.voices.write(this.track, position, samples);
    return late && tempo.moment(late.position) / RATE;
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
