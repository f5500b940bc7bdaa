// Microphone blocks → Opus → frames of one's audio track.

import { Gate } from '../lib/gate.js';
import { encodeConfig, encodeFrame } from '../lib/wire.js';
import { OPUS } from './opus.js';

/** @typedef {import('./microphone.js').Block} Block */
/** @typedef {import('../lib/media-link.js').MediaLink} MediaLink */

const MOST = 25; // blocks that wait in the encoder: half a second of a page that was busy
const TRIES = 3; // encoders in a row that failed before they gave anything: there will be none
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
    /**
     * Of the blocks in the encoder, in order. Its packets are theirs one by one; its own timestamps don't help, since it
     * takes the first and counts on from there, over gaps too.
     * @type {{pts: number, level: number}[]}
     */
    this.inside = [];
    this.failures = 0;
    this.encoder = this.#open();
  }

  /** @returns {AudioEncoder | undefined} none where the browser has none: then nothing is sent */
  #open() {
    this.inside = [];
    if (!('AudioEncoder' in globalThis) || this.failures >= TRIES) return undefined;
    const encoder = new AudioEncoder({
      output: (chunk) => this.#packet(chunk),
      error: () => {
        this.failures++;
        if (this.encoder === encoder) this.encoder = this.#open();
      },
    });
    encoder.configure(OPUS);
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
    if (!this.gate.pass(block.level)) return;
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
    const block = this.inside.shift();
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
