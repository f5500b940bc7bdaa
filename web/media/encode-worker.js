// A worker: pictures of a camera or a screen → the renditions that are wanted, encoded off the page's thread.

import { CaptureClock } from '../lib/clock.js';
import { bitrateOf, screenBitrateOf, sizes, toMake } from '../lib/renditions.js';
import { localNow } from './local.js';
import { Rendition } from './rendition.js';

/**
 * @typedef {object} Plan
 * @property {number[]} renditions that are watched
 * @property {import('../lib/renditions.js').Family} codec
 * @property {boolean} screen text: sharp rather than smooth, in one rendition
 * @property {import('../lib/uplink.js').Step} step what one's own line carries
 */

const KEY_EVERY = 2000; // ms
const STILL_EVERY = 4000; // ms between key frames of a screen on which nothing moves
const LARGEST = 1080; // lines of a screen

const clock = new CaptureClock();
/** @type {Plan} */
let plan = { renditions: [1], codec: 'vp8', screen: false, step: { share: 1, fps: 30, top: 2 } };
/** @type {Map<number, Rendition>} */
const made = new Map();
/** the last picture of a screen, for who comes while nothing moves @type {VideoFrame | undefined} */
let still;
let stillAt = 0;
let last = -Infinity;

self.onmessage = (m) => {
  const { stream, frame, key, stop } = m.data;
  if (m.data.plan) plan = m.data.plan;
  if (key !== undefined) for (const r of made.values()) if (key === 'all' || r.number === key) r.keyWanted = true;
  if (stream) void pump(stream);
  if (frame) {
    postMessage({ taken: true });
    take(frame);
  }
  if (stop) {
    for (const r of made.values()) r.close();
    still?.close();
    close();
  }
};

setInterval(() => {
  const now = localNow();
  if (!still || now - stillAt < 200) return;
  const due = [...made.values()].some((r) => (r.keyWanted && now - stillAt >= 200) || now - r.lastKey >= STILL_EVERY);
  if (!due) return;
  for (const r of made.values()) r.keyWanted = true;
  const again = new VideoFrame(still, { timestamp: Math.round(still.timestamp + (now - stillAt) * 1000) });
  encode(again, now, now);
}, 100);

/** @param {ReadableStream<VideoFrame>} stream */
async function pump(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    take(value);
  }
}

/** @param {VideoFrame} frame closed here */
function take(frame) {
  const now = localNow();
  const at = clock.map(frame.timestamp / 1000, now);
  if (plan.screen) {
    still?.close();
    still = frame.clone();
    stillAt = now;
  }
  // A little earlier than due is on time: cameras waver.
  if (at - last < 1000 / plan.step.fps - 12) return frame.close();
  last = at;
  encode(frame, at, now);
}

/** @param {VideoFrame} frame closed here @param {number} at local ms of its capture @param {number} now */
function encode(frame, at, now) {
  try {
    const there = shapes(frame.displayWidth, frame.displayHeight);
    const wanted = plan.screen ? [0] : toMake(plan.renditions, there.length, plan.step.top);
    for (const [number, r] of made) {
      if (wanted.includes(number)) continue;
      r.close();
      made.delete(number);
    }
    for (const number of wanted) {
      const r = made.get(number) ?? new Rendition(number);
      made.set(number, r);
      const size = there[number];
      const bitrate = Math.round(plan.step.share * (plan.screen ? screenBitrateOf(size) : bitrateOf(size)));
      const settings = { size, bitrate, fps: plan.step.fps, codec: plan.codec, screen: plan.screen };
      r.encode(frame, { at, now, keyEvery: KEY_EVERY, settings });
    }
  } finally {
    frame.close();
  }
}

/** @param {number} width @param {number} height */
function shapes(width, height) {
  if (!plan.screen) return sizes(width, height, navigator.hardwareConcurrency ?? 2);
  const scale = Math.min(1, LARGEST / Math.min(width, height));
  return [{ width: Math.round((width * scale) / 2) * 2, height: Math.round((height * scale) / 2) * 2 }];
}
