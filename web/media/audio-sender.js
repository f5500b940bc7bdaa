// Microphone blocks → Opus → frames of one's audio track. Runs in the worker of the call's sound.

import { Gate } from '../lib/gate.js';
import { encodeConfig, encodeFrame } from '../lib/wire.js';
import { opus } from './opus.js';

/** @typedef {{samples: Float32Array<ArrayBuffer>, level: number, captured: number}} Block captured: local ms */
/** @typedef {import('../lib/media-link.js').MediaLink} MediaLink */

const MOST = 25; // blocks that wait in the encoder: a quarter or half a second
const TRIES = 3; // encoders in a row that failed before they gave anything: there will be none
const RATE = 48; // samples a ms
const JAMMED = 8192; // bytes the network has not taken: two seconds; what is said now would come too late

export class AudioSender {
  /**
   * @param {MediaLink} link
   * @param {{user: string, name: string}} who
   */
  constructor(link, who) {
    this.link = link;
    this.who = who;
    this.track = 0;
    this.seq = 0;
    this.on = false;
    this.announced = false;
    this.sent = 0;
    this.skipped = 0;
    this.gate = new Gate();
    /** ms of a block, as the encoder has been told */
    this.length = 0;
    /**
     * Of the blocks in the encoder, in order. Its packets are theirs one by one; its own timestamps don't help, since it
     * takes the first and counts on from there, over gaps too.
     * @type {{pts: number, level: number}[]}
     */
    this.inside = [];
    this.failures = 0;
    /** @type {AudioEncoder | undefined} */
    this.encoder = undefined;
  }

  /** @param {number} length ms of a block @returns {AudioEncoder | undefined} none where the browser has none: then nothing is sent */
  #open(length) {
    if (this.encoder && this.encoder.state !== 'closed') this.encoder.close();
    this.inside = [];
    this.length = length;
    if (!('AudioEncoder' in globalThis) || this.failures >= TRIES) return undefined;
    const encoder = new AudioEncoder({
      output: (chunk) => this.#packet(chunk),
      error: () => {
        this.failures++;
        if (this.encoder === encoder) this.encoder = this.#open(length);
      },
    });
    encoder.configure(opus(length));
    return encoder;
  }

  /** After each (re)connection. @param {number} track */
  connected(track) {
    this.track = track;
    this.announced = false;
  }

  /** @param {boolean} on off: others are told that the track pauses */
  set(on) {
    if (this.on && !on && this.track) this.link.sendStop(this.track);
    this.on = on;
    this.announced = false;
  }

  /** @param {Block} block */
  take(block) {
    if (!this.on || this.link.state !== 'open' || !this.link.clock.known) return;
    const length = block.samples.length / RATE;
    if (!this.gate.pass(block.level, length)) return;
    // What is left in the old one is a packet: a change comes when somebody comes or goes.
    if (length !== this.length) this.encoder = this.#open(length);
    if (!this.encoder || this.encoder.encodeQueueSize > MOST || this.link.buffered > JAMMED) {
      this.skipped++;
      return;
    }
    const pts = this.link.clock.at(block.captured);
    const data = new AudioData({
      format: 'f32-planar',
      sampleRate: 48_000,
      numberOfFrames: block.samples.length,
      numberOfChannels: 1,
      timestamp: pts,
      data: block.samples,
    });
    try {
      this.inside.push({ pts, level: block.level });
      this.encoder.encode(data);
    } finally {
      data.close();
    }
  }

  /** @param {EncodedAudioChunk} chunk */
  #packet(chunk) {
    this.failures = 0;
    // A browser may make packets of a length of its own.
    const blocks = Math.max(1, Math.round((chunk.duration ?? 0) / 1000 / this.length));
    const [block] = this.inside.splice(0, blocks);
    if (!this.on || !block) return;
    const { track } = this;
    if (!this.announced) {
      const config = { ...this.who, codec: 'opus', sampleRate: 48_000, channels: 1 };
      this.announced = this.link.send(encodeConfig({ track, seq: this.seq++, pts: block.pts }, config));
      if (!this.announced) return;
    }
    const payload = new Uint8Array(chunk.byteLength);
    chunk.copyTo(payload);
    const { pts, level } = block;
    this.link.send(
      encodeFrame({ key: true, config: false, temporal: 0, rendition: 0, level, track, seq: this.seq++, pts, payload }),
    );
    this.sent++;
  }

  close() {
    this.on = false;
    if (this.encoder && this.encoder.state !== 'closed') this.encoder.close();
  }
}
