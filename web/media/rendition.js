// One rendition of a picture, in the encoder's worker: its encoder, its key frames, and what comes out of it.

import { CODECS } from '../lib/renditions.js';
import { localNow } from './local.js';

/**
 * @typedef {object} Settings
 * @property {import('../lib/renditions.js').Size} size
 * @property {number} bitrate
 * @property {number} fps
 * @property {import('../lib/renditions.js').Family} codec
 * @property {boolean} screen
 */

/** @typedef {{scalabilityMode?: string, latencyMode?: LatencyMode}} Mode */

/** What is asked of an encoder besides, best first: temporal layers, and no delay. Which one it takes is found by asking it. @type {Mode[]} */
const MODES = [
  { scalabilityMode: 'L1T3', latencyMode: 'realtime' },
  { scalabilityMode: 'L1T2', latencyMode: 'realtime' },
  { latencyMode: 'realtime' },
  {},
];

/** @type {Map<string, Promise<Mode>>} by codec: its first mode that is supported */
const modes = new Map();

export class Rendition {
  /** @param {number} number */
  constructor(number) {
    this.number = number;
    /** @type {VideoEncoder | undefined} */
    this.encoder = undefined;
    this.keyWanted = true;
    this.lastKey = -Infinity;
    /** @type {Settings | undefined} in use */
    this.settings = undefined;
    this.configuring = false;
    this.closed = false;
    /** local ms of capture, by the timestamp of the frame in the encoder @type {Map<number, number>} */
    this.captured = new Map();
  }

  /**
   * @param {VideoFrame} frame stays the caller's
   * @param {{at: number, now: number, keyEvery: number, settings: Settings}} how
   */
  encode(frame, { at, now, keyEvery, settings }) {
    if (!this.#ready(settings)) return;
    const encoder = /** @type {VideoEncoder} */ (this.encoder);
    // The picture is skipped, never queued, when the encoder does not keep up.
    if (encoder.encodeQueueSize > 2) return postMessage({ skipped: 1 });
    this.captured.set(frame.timestamp, at);
    if (this.captured.size > 32) this.captured.delete(/** @type {number} */ (this.captured.keys().next().value));
    const key = this.keyWanted || now - this.lastKey >= keyEvery;
    try {
      encoder.encode(frame, { keyFrame: key });
    } catch (error) {
      return this.#fail(error);
    }
    if (!key) return;
    this.keyWanted = false;
    this.lastKey = now;
  }

  /** Whether there is an encoder for these settings; it is made or changed if not. @param {Settings} s */
  #ready(s) {
    const { settings: was, encoder } = this;
    const same = was && was.codec === s.codec && was.size.width === s.size.width && was.size.height === s.size.height;
    if (encoder?.state === 'configured' && same) {
      if (was.bitrate !== s.bitrate || was.fps !== s.fps) void this.#configure(s);
      return true;
    }
    if (!this.configuring) void this.#configure(s);
    return false;
  }

  /** @param {Settings} s */
  async #configure(s) {
    this.configuring = true;
    try {
      const mode = await modeOf(s.codec);
      if (this.closed) return;
      const resized = this.settings?.size.width !== s.size.width || this.settings?.size.height !== s.size.height;
      if (this.encoder?.state !== 'configured' || this.settings?.codec !== s.codec || resized) {
        if (this.encoder && this.encoder.state !== 'closed') this.encoder.close();
        this.encoder = this.#make(s);
        this.keyWanted = true;
      }
      this.settings = s;
      this.encoder.configure(config(s, mode));
    } catch (error) {
      this.#fail(error);
    } finally {
      this.configuring = false;
    }
  }

  /** @param {Settings} s */
  #make(s) {
    const encoder = new VideoEncoder({
      output: (chunk, meta) => {
        if (this.encoder === encoder) this.#output(chunk, meta, s);
      },
      error: (e) => {
        if (this.encoder === encoder) this.#fail(e);
      },
    });
    return encoder;
  }

  /** @param {EncodedVideoChunk} chunk @param {EncodedVideoChunkMetadata | undefined} meta @param {Settings} s */
  #output(chunk, meta, s) {
    const payload = new Uint8Array(chunk.byteLength);
    chunk.copyTo(payload);
    const captured = this.captured.get(chunk.timestamp) ?? localNow();
    this.captured.delete(chunk.timestamp);
    const temporal = /** @type {any} */ (meta)?.svc?.temporalLayerId ?? 0;
    const { number: rendition } = this;
    const { size } = s;
    const codec = CODECS[s.codec];
    postMessage(
      { payload, key: chunk.type === 'key', captured, size, codec, rendition, temporal },
      { transfer: [payload.buffer] },
    );
  }

  /** @param {unknown} error */
  #fail(error) {
    this.encoder = undefined;
    this.settings = undefined;
    this.keyWanted = true;
    postMessage({ error: String(error) });
  }

  close() {
    this.closed = true;
    if (this.encoder && this.encoder.state !== 'closed') this.encoder.close();
    this.encoder = undefined;
  }
}

/** @param {Settings} s @param {Mode} mode @returns {VideoEncoderConfig} */
function config(s, mode) {
  return {
    codec: CODECS[s.codec],
    ...s.size,
    bitrate: s.bitrate,
    framerate: s.fps,
    ...mode,
    ...(s.screen ? { contentHint: 'detail' } : {}),
  };
}

/** @param {import('../lib/renditions.js').Family} codec */
function modeOf(codec) {
  const known = modes.get(codec) ?? ask(codec);
  modes.set(codec, known);
  return known;
}

/** @param {import('../lib/renditions.js').Family} codec */
async function ask(codec) {
  for (const mode of MODES) {
    const config = { codec: CODECS[codec], width: 640, height: 360, bitrate: 500_000, framerate: 30, ...mode };
    const answer = await VideoEncoder.isConfigSupported(config).catch(() => undefined);
    if (answer?.supported) return mode;
  }
  return {};
}
