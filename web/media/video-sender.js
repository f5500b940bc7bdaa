// Camera or screen → worker → frames of one's video track, in the renditions that somebody watches.

import { codecToSend } from '../lib/renditions.js';
import { Uplink } from '../lib/uplink.js';
import { encodeConfig, encodeFrame } from '../lib/wire.js';
import { Frames } from './frames.js';
import { localNow } from './local.js';

/** @typedef {import('../lib/media-link.js').MediaLink} MediaLink */

/**
 * @typedef {object} Chunk what the worker gives
 * @property {Uint8Array<ArrayBuffer>} payload
 * @property {boolean} key
 * @property {number} captured local ms
 * @property {{width: number, height: number}} size
 * @property {string} codec
 * @property {number} rendition
 * @property {number} temporal
 */

const CONGESTED = 256 * 1024; // bytes the network has not taken: far more than an uplink's steps leave; newer ones would only come later
const DRAINED = 16 * 1024;
const JUDGE_EVERY = 250; // ms

export class VideoSender {
  /**
   * @param {MediaLink} link
   * @param {{user: string, name: string}} who
   * @param {{slot?: number}} [what] slot 1: a shared screen
   */
  constructor(link, who, { slot = 0 } = {}) {
    this.link = link;
    this.who = who;
    this.slot = slot;
    this.track = 0;
    this.sent = 0;
    this.skipped = 0;
    this.error = '';
    this.congested = false;
    /** what the server says is watched, and decoded by all who do */
    this.asked = { renditions: [1], codecs: ['vp8'] };
    this.uplink = new Uplink();
    /** @type {Map<number, {seq: number, as: string}>} by rendition: the next number, and what its config has said; '': config and a key frame are due */
    this.layers = new Map();
    this.bytes = 0;
    this.judged = { at: 0, bytes: 0, sent: 0, skipped: 0 };
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    /** @type {Worker | undefined} */
    this.worker = undefined;
    /** where the track can't be read @type {Frames | undefined} */
    this.frames = undefined;
  }

  /** After each (re)connection. @param {number} main number of one's main track */
  connected(main) {
    this.track = main + this.slot;
    this.#refresh();
  }

  /**
   * The server says what is watched of this track.
   * @param {{renditions: number[], codecs: string[]}} asked
   */
  encode(asked) {
    this.asked = asked;
    this.#plan();
  }

  /** A key frame is wanted. @param {number} rendition */
  key(rendition) {
    this.worker?.postMessage({ key: rendition });
  }

  /** @param {MediaStreamTrack | undefined} source a new one, or none: others are told that the track pauses */
  set(source) {
    const was = this.worker !== undefined;
    this.#close();
    if (!source) {
      if (was && this.track) this.link.sendStop(this.track);
      return;
    }
    const worker = new Worker(new URL('./encode-worker.js', import.meta.url), { type: 'module' });
    worker.onmessage = (m) => this.#heard(m.data);
    this.worker = worker;
    this.#plan();
    this.#refresh();
    this.timer = setInterval(() => this.#judge(), JUDGE_EVERY);
    if ('MediaStreamTrackProcessor' in globalThis) {
      const stream = new MediaStreamTrackProcessor({ track: source }).readable;
      worker.postMessage({ stream }, [/** @type {any} */ (stream)]);
    } else {
      this.frames = new Frames(source, (frame) => worker.postMessage({ frame }, [/** @type {any} */ (frame)]));
    }
  }

  #plan() {
    const screen = this.slot === 1;
    const codec = codecToSend(this.asked.codecs, { cores: navigator.hardwareConcurrency ?? 2, screen });
    this.worker?.postMessage({ plan: { renditions: this.asked.renditions, codec, screen, step: this.uplink.step } });
  }

  /** Sends less when bytes pile up before the network or pictures before the encoder, and more when they have not for a while. */
  #judge() {
    const now = localNow();
    const { at, bytes, sent, skipped } = this.judged;
    const [n, s] = [this.sent - sent, this.skipped - skipped];
    this.judged = { at: now, bytes: this.bytes, sent: this.sent, skipped: this.skipped };
    if (this.link.state !== 'open' || now - at > 4 * JUDGE_EVERY) return;
    const rate = ((this.bytes - bytes) / (now - at)) * 1000;
    if (this.uplink.sample(now, { buffered: this.link.buffered, rate, skipped: n + s > 0 ? s / (n + s) : 0 }))
      this.#plan();
  }

  /** @param {any} m */
  #heard(m) {
    if (m.taken) this.frames?.taken();
    if (m.error) this.error = m.error;
    if (m.skipped) this.skipped += m.skipped;
    if (m.payload) this.#frame(m);
  }

  /** @param {Chunk} m */
  #frame({ payload, key, captured, size, codec, rendition, temporal }) {
    const { link, track } = this;
    const layer = this.layers.get(rendition) ?? { seq: 0, as: '' };
    this.layers.set(rendition, layer);
    const as = `${codec} ${size.width} ${size.height}`;
    const fresh = layer.as !== as;
    if (link.state !== 'open' || !link.clock.known || this.#jammed() || (fresh && !key)) {
      this.skipped++;
      if (!fresh) layer.as = ''; // those after it need it
      if (!key) this.key(rendition);
      return;
    }
    const pts = link.clock.at(captured);
    if (fresh) {
      const config = { ...this.who, codec, ...size };
      if (!link.send(encodeConfig({ track, seq: layer.seq++, pts, rendition }, config))) return;
      layer.as = as;
    }
    const head = { key, config: false, temporal, rendition, level: 0, track };
    const frame = encodeFrame({ ...head, seq: layer.seq++, pts, payload });
    link.send(frame);
    this.bytes += frame.length;
    this.sent++;
  }

  /** Whether the network is far behind: then nothing is sent until it has caught up, and it goes on with a key frame. */
  #jammed() {
    if (!this.congested && this.link.buffered > CONGESTED) this.congested = true;
    else if (this.congested && this.link.buffered < DRAINED) {
      this.congested = false;
      this.#refresh();
    }
    return this.congested;
  }

  #refresh() {
    for (const layer of this.layers.values()) layer.as = '';
    this.worker?.postMessage({ key: 'all' });
  }

  #close() {
    clearInterval(this.timer);
    this.frames?.close();
    this.frames = undefined;
    if (this.worker) this.worker.onmessage = null;
    this.worker?.postMessage({ stop: true });
    this.worker = undefined;
  }

  close() {
    this.#close();
  }
}
