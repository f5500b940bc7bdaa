// Plays a sound over a network, as the client does: jitter estimate, ring, mixer. What it returns is what is heard.

import { Aligner } from '../lib/align.js';
import { Mixer } from '../lib/mix.js';
import { VoiceDelay } from '../lib/playout.js';
import { HEAD, RING_BYTES, Ring } from '../lib/ring.js';
import { FRAME } from './traces.mjs';

const RATE = 48;
const SAMPLES = FRAME * RATE;

/**
 * @param {object} scene
 * @param {number[]} scene.arrivals ms, of frame n
 * @param {(at: number) => number} scene.sound the sample at a position
 * @param {(n: number) => boolean} [scene.lose]
 * @param {(n: number) => boolean} [scene.spare] is not sent at all, since there is nothing to say
 * @param {(n: number) => boolean} [scene.outdone] is left out, since others are louder; of the first one that is told in its place
 * @param {number} [scene.latency] ms between mixing and hearing
 * @param {(ms: number, set: (delay: number) => void) => void} [scene.steer] sets the delay (ms) instead of the estimate
 */
export function play({
  arrivals,
  sound,
  lose = () => false,
  spare = () => false,
  outdone = () => false,
  latency = 30,
  steer,
}) {
  const mixer = new Mixer();
  const memory = new ArrayBuffer(RING_BYTES);
  const ring = new Ring(memory);
  mixer.message({ add: { track: 4, memory } });
  mixer.message({ anchor: { frame: 0, position: latency * RATE } });
  const pace = new VoiceDelay();
  const aligner = new Aligner();
  const heard = [];
  const delays = [];
  let n = 0;
  let lost = false;
  let paused = false;
  for (let frame = 0; frame < (arrivals.length - 1) * SAMPLES; frame += 128) {
    const now = frame / RATE;
    for (; n < arrivals.length && arrivals[n] <= now; n++) {
      if (spare(n)) continue;
      if (outdone(n)) {
        if (!paused) ring.rest();
        paused = true;
        lost = true;
        continue;
      }
      paused = false;
      if (lose(n)) {
        lost = true;
        continue;
      }
      pace.jitter.arrive(n * FRAME * 1000, arrivals[n] * 1000);
      const block = Float32Array.from({ length: SAMPLES }, (_, i) => sound(n * SAMPLES + i));
      const placed = aligner.place(n * FRAME * 1000, block, lost);
      ring.head[HEAD.DELAY] = pace.delay(now, latency * 1000) * 0.048;
      steer?.(now, (delay) => (ring.head[HEAD.DELAY] = delay * RATE));
      ring.write(placed.position, placed.samples, lost);
      lost = false;
    }
    const out = new Float32Array(128);
    mixer.mix(frame, out);
    for (const x of out) heard.push(x);
    delays.push(ring.head[HEAD.ACTUAL] / RATE);
  }
  return { heard, delays, head: ring.head, pace };
}

/** A tone. @param {number} hz @param {number} [size] */
export const tone =
  (hz, size = 0.5) =>
  (/** @type {number} */ at) =>
    Math.sin((at / 48_000) * hz * 2 * Math.PI) * size;

/**
 * Something like a voice: a buzz with overtones whose pitch and loudness wander.
 * @param {number} at
 */
export function voice(at) {
  const t = at / 48_000;
  const phase = 2 * Math.PI * (130 * t + 6 * Math.sin(2 * Math.PI * 0.7 * t));
  const loud = 0.25 + 0.15 * Math.sin(2 * Math.PI * 2.3 * t);
  return loud * (Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.3 * Math.sin(3 * phase) + 0.15 * Math.sin(5 * phase));
}

/** The largest step between two samples. @param {number[]} heard @param {number} [from] */
export function roughest(heard, from = 0) {
  let most = 0;
  for (let i = from + 1; i < heard.length; i++) most = Math.max(most, Math.abs(heard[i] - heard[i - 1]));
  return most;
}

/** The frequency by crossings of zero, Hz. @param {number[]} samples */
export function pitch(samples) {
  const ups = [];
  for (let i = 1; i < samples.length; i++)
    if (samples[i - 1] < 0 && samples[i] >= 0) ups.push(i - samples[i] / (samples[i] - samples[i - 1]));
  return ((ups.length - 1) * 48_000) / (ups[ups.length - 1] - ups[0]);
}
