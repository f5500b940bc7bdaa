// A worker: camera frames → VP8, off the page's thread.

import { CaptureClock } from '../lib/clock.js';
import { localNow } from './local.js';

const KEY_EVERY = 2000; // ms

const clock = new CaptureClock();
/** @type {VideoEncoder | undefined} */
let encoder;
let size = { width: 0, height: 0 };
let lastKey = -Infinity;
let keyWanted = true;
let bitrate = 700_000;
/** local ms of capture, by the timestamp of the frame in the encoder @type {Map<number, number>} */
const captured = new Map();

self.onmessage = (m) => {
  const { stream, frame, key, stop } = m.data;
  if (m.data.bitrate) bitrate = m.data.bitrate;
  if (key) keyWanted = true;
  if (stream) void pump(stream);
  if (frame) encode(frame);
  if (stop) {
    if (encoder?.state === 'configured') encoder.close();
    close();
  }
};

/** @param {ReadableStream<VideoFrame>} stream */
async function pump(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    encode(value);
  }
}

/** @param {VideoFrame} frame closed here */
function encode(frame) {
  try {
    const now = localNow();
    const at = clock.map(frame.timestamp / 1000, now);
    // The picture is skipped, never queued, when the encoder does not keep up.
    if (encoder && encoder.encodeQueueSize > 2) return postMessage({ skipped: 1 });
    const codec = ready(frame.displayWidth & ~1, frame.displayHeight & ~1);
    captured.set(frame.timestamp, at);
    if (captured.size > 32) captured.delete(/** @type {number} */ (captured.keys().next().value));
    const key = keyWanted || now - lastKey >= KEY_EVERY;
    codec.encode(frame, { keyFrame: key });
    if (key) {
      keyWanted = false;
      lastKey = now;
    }
  } catch (error) {
    fail(error);
  } finally {
    frame.close();
  }
}

/** @param {number} width @param {number} height */
function ready(width, height) {
  if (encoder?.state === 'configured' && size.width === width && size.height === height) return encoder;
  if (encoder?.state !== 'configured') encoder = new VideoEncoder({ output, error: fail });
  size = { width, height };
  encoder.configure({ codec: 'vp8', width, height, bitrate, framerate: 30, latencyMode: 'realtime' });
  keyWanted = true;
  return encoder;
}

/** @param {EncodedVideoChunk} chunk */
function output(chunk) {
  const payload = new Uint8Array(chunk.byteLength);
  chunk.copyTo(payload);
  const at = captured.get(chunk.timestamp) ?? localNow();
  captured.delete(chunk.timestamp);
  postMessage({ payload, key: chunk.type === 'key', captured: at, size }, { transfer: [payload.buffer] });
}

/** @param {unknown} error */
function fail(error) {
  encoder = undefined;
  keyWanted = true;
  postMessage({ error: String(error) });
}
