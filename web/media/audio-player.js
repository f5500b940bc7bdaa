// One speaker: frames → Opus decoder → his ring in the mixer.

import { Aligner } from '../lib/align.js';
import { Backlog } from '../lib/backlog.js';
import { Speaking } from '../lib/speaking.js';
import { lost, parseConfig } from '../lib/wire.js';
import { localNow } from './local.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */
/** @typedef {import('../lib/playout.js').Playout} Playout */
/** @typedef {import('./sound.js').Sound} Sound */

const TOO_LATE = 600_000; // µs

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
    this.backlog = new Backlog(TOO_LATE);
    this.speaking = new Speaking();
    this.level = 127;
    /** @type {AudioDecoder | undefined} */
    this.decoder = undefined;
    /** @type {number | undefined} */
    this.seq = undefined;
    /** µs of the call at local time 0, when the last frame came */
    this.offset = 0;
    /**
     * The packets in the decoder, in order; gap: others were lost before it. The decoder's own timestamps don't help: it
     * takes the first and counts on from there, over gaps too.
     * @type {{pts: number, gap: boolean}[]}
     */
    this.inside = [];
    this.gap = false;
    this.stats = { received: 0, lost: 0, decoded: 0, dropped: 0, errors: 0 };
    sound.add(track);
  }

  /**
   * @param {Frame} frame
   * @param {number} now local ms
   * @param {number} callNow µs of the call
   */
  frame(frame, now, callNow) {
    if (frame.config) return this.#configure(frame);
    const missing = this.seq === undefined ? 0 : lost(this.seq, frame.seq);
    this.stats.lost += missing;
    this.seq = frame.seq;
    this.gap ||= missing > 0;
    this.stats.received++;
    this.offset = callNow - now * 1000;
    if (this.backlog.drop(frame.pts, callNow)) {
      this.stats.dropped++;
      this.gap = true;
      return;
    }
    this.level = frame.level;
    this.speaking.frame(frame.level, now);
    if (this.decoder?.state !== 'configured') return;
    this.inside.push({ pts: frame.pts, gap: this.gap });
    this.gap = false;
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
      const { pts, gap } = this.inside.shift() ?? { pts: data.timestamp, gap: false };
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      // What counts is when it can be played: decoding and a busy page are part of the way.
      const now = localNow();
      this.playout.heard(pts, this.offset + now * 1000, now);
      this.sound.setDelay(this.track, this.playout.delay(now, this.sound.latency));
      const placed = this.aligner.place(pts, samples, gap);
      this.sound.write(this.track, placed.position, placed.samples, gap);
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
    this.playout.mute();
    this.sound.remove(this.track);
  }
}
