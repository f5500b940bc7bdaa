// The media frame (docs/wire.md): 24 bytes of header, big endian, then the payload.

/**
 * @typedef {object} Frame
 * @property {boolean} key decodable without earlier frames; always true of audio
 * @property {boolean} config payload is a Config as JSON
 * @property {number} temporal temporal layer, 0 to 7
 * @property {number} rendition 0 to 7
 * @property {number} level audio: −dBov, 0 loudest, 127 silence; video: 0
 * @property {number} track seat × 4 + slot
 * @property {number} seq +1 a frame of the track, wrapping at 2^32
 * @property {number} pts µs since the call began, 0 to 2^53
 * @property {Uint8Array} payload 1 byte to MAX_PAYLOAD; parsed ones are views into the message
 */

/**
 * @typedef {object} Config
 * @property {string} user
 * @property {string} name
 * @property {string} codec
 * @property {number} [width]
 * @property {number} [height]
 * @property {number} [sampleRate]
 * @property {number} [channels]
 * @property {string} [extra] the decoder's description, base64
 */

export const VERSION = 1;
export const HEADER = 24;
export const MAX_PAYLOAD = 512 * 1024;

const KEY = 1;
const CONFIG = 2;
const MAX_CONFIG = 4096;
const MIN_TRACK = 4; // seat 1, slot 0
const MAX_SLOT = 1; // shared screen
const MAX_PTS = 2n ** 53n;

/** Why bytes are no frame. */
export class WireError extends Error {}

/**
 * The bytes of one frame. Throws a WireError for a field out of range.
 * @param {Frame} frame
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encodeFrame(frame) {
  const { payload } = frame;
  check(payload.length >= 1 && payload.length <= MAX_PAYLOAD, 'payload length');
  check(Number.isInteger(frame.pts) && frame.pts >= 0 && frame.pts <= 2 ** 53, 'pts');
  check(within(frame.temporal, 0, 7) && within(frame.rendition, 0, 7), 'layer');
  check(within(frame.level, 0, 127), 'level');
  check(within(frame.track, MIN_TRACK, 0xffff) && slotOf(frame.track) <= MAX_SLOT, 'track');
  const bytes = new Uint8Array(HEADER + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, (frame.key ? KEY : 0) | (frame.config ? CONFIG : 0));
  view.setUint8(2, frame.temporal | (frame.rendition << 4));
  view.setUint8(3, frame.level);
  view.setUint16(4, frame.track);
  view.setUint32(8, frame.seq >>> 0);
  view.setUint32(12, payload.length);
  view.setBigInt64(16, BigInt(frame.pts));
  bytes.set(payload, HEADER);
  return bytes;
}

/**
 * All frames of one message, at least one, in order. Throws a WireError if a byte of it is out of place; then nothing of the
 * message can be trusted.
 * @param {ArrayBuffer} message
 * @returns {Frame[]}
 */
export function parseFrames(message) {
  check(message.byteLength > 0, 'an empty message');
  const frames = [];
  let at = 0;
  while (at < message.byteLength) {
    const frame = parseAt(message, at);
    frames.push(frame);
    at += HEADER + frame.payload.length;
  }
  return frames;
}

/**
 * @param {ArrayBuffer} message
 * @param {number} at
 * @returns {Frame}
 */
function parseAt(message, at) {
  check(message.byteLength - at > HEADER, 'a frame is cut short');
  const view = new DataView(message, at);
  check(view.getUint8(0) === VERSION, 'version');
  const flags = view.getUint8(1);
  check((flags & ~(KEY | CONFIG)) === 0, 'flags');
  const layer = view.getUint8(2);
  check((layer & 0x88) === 0, 'layer');
  const level = view.getUint8(3);
  check(level <= 127, 'level');
  const track = view.getUint16(4);
  check(track >= MIN_TRACK && slotOf(track) <= MAX_SLOT, 'track');
  check(view.getUint16(6) === 0, 'reserved');
  const length = view.getUint32(12);
  const config = (flags & CONFIG) !== 0;
  check(length >= 1 && length <= (config ? MAX_CONFIG : MAX_PAYLOAD), 'payload length');
  check(at + HEADER + length <= message.byteLength, 'a frame is cut short');
  const pts = view.getBigInt64(16);
  check(pts >= 0n && pts <= MAX_PTS, 'pts');
  return {
    key: (flags & KEY) !== 0,
    config,
    temporal: layer & 7,
    rendition: layer >> 4,
    level,
    track,
    seq: view.getUint32(8),
    pts: Number(pts),
    payload: new Uint8Array(message, at + HEADER, length),
  };
}

/**
 * The frame that announces a track.
 * @param {{track: number, seq: number, pts: number, rendition?: number}} head
 * @param {Config} config
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function encodeConfig(head, config) {
  const payload = new TextEncoder().encode(JSON.stringify(config));
  check(payload.length <= MAX_CONFIG, 'config length');
  return encodeFrame({ rendition: 0, ...head, key: false, config: true, temporal: 0, level: 0, payload });
}

/**
 * The content of a config frame; a WireError if it is none.
 * @param {Frame} frame
 * @returns {Config}
 */
export function parseConfig(frame) {
  /** @type {unknown} */
  let value;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame.payload));
  } catch {
    throw new WireError('config is no JSON');
  }
  check(typeof value === 'object' && value !== null, 'config is no object');
  const config = /** @type {Config} */ (value);
  check(typeof config.codec === 'string' && config.codec !== '', 'config names no codec');
  check(typeof config.user === 'string' && typeof config.name === 'string', 'config names nobody');
  return config;
}

/**
 * How many frames are missing between two of one track; 0 also for a repeat or one out of order.
 * @param {number} before seq
 * @param {number} after seq
 */
export function lost(before, after) {
  const step = (after - before) | 0;
  return step > 1 ? step - 1 : 0;
}

/** @param {number} track */
export const seatOf = (track) => track >> 2;
/** @param {number} track */
export const slotOf = (track) => track & 3;

/** @param {number} n @param {number} low @param {number} high */
const within = (n, low, high) => Number.isInteger(n) && n >= low && n <= high;

/**
 * @param {boolean} ok
 * @param {string} what
 * @returns {asserts ok}
 */
function check(ok, what) {
  if (!ok) throw new WireError(`bad frame: ${what}`);
}
