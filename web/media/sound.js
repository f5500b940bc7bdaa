// The page's sound: one AudioContext at 48 kHz with the mixer of all speakers, and the way into it.

import { RING_BYTES, Ring } from '../lib/ring.js';
import { localNow } from './local.js';

/** @typedef {import('../lib/clock.js').CallClock} CallClock */
/** @typedef {{underruns: number, jumps: number, ahead: number}} VoiceReport */

const RATE = 0.048; // samples a µs

export class Sound {
  constructor() {
    this.context = new AudioContext({ sampleRate: 48_000, latencyHint: 'interactive' });
    /** @type {AudioWorkletNode | undefined} */
    this.mixer = undefined;
    /** @type {AnalyserNode | undefined} */
    this.tap = undefined;
    /** @type {Map<number, Ring | null>} by track; null: samples go by message */
    this.rings = new Map();
    /** @type {Map<number, VoiceReport>} */
    this.reports = new Map();
    /** µs between mixing a sample and hearing it */
    this.latency = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.deafened = false;
  }

  /**
   * Loads the worklets and starts the sound; browsers want a user's gesture before it.
   * @returns {Promise<void>}
   */
  async open() {
    const { context } = this;
    await Promise.all(
      ['./mixer-worklet.js', './capture-worklet.js'].map((m) =>
        context.audioWorklet.addModule(new URL(m, import.meta.url)),
      ),
    );
    this.mixer = new AudioWorkletNode(context, 'scaip-mixer', {
      numberOfInputs: 0,
      numberOfOutputs: 1,
      outputChannelCount: [1],
    });
    this.mixer.port.onmessage = (m) => {
      for (const v of m.data.voices) this.reports.set(v.track, v);
    };
    this.tap = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 });
    this.mixer.connect(this.tap).connect(context.destination);
    void context.resume();
  }

  /** @param {CallClock} clock whose time the mixer follows from now on */
  follow(clock) {
    clearInterval(this.timer);
    const anchor = () => clock.known && this.#anchor(clock);
    this.timer = setInterval(anchor, 200);
    anchor();
  }

  /** @param {CallClock} clock */
  #anchor(clock) {
    const { context } = this;
    const stamp = context.getOutputTimestamp?.();
    const known = stamp?.contextTime !== undefined && stamp.performanceTime !== undefined && stamp.contextTime > 0;
    const contextTime = known ? /** @type {number} */ (stamp.contextTime) : context.currentTime - context.baseLatency;
    const heardAt = known ? performance.timeOrigin + /** @type {number} */ (stamp.performanceTime) : localNow();
    // What is mixed now is heard once the context's output has got there.
    const latency = (context.currentTime - contextTime) * 1e6 - (localNow() - heardAt) * 1e3;
    this.latency = Math.min(500_000, Math.max(0, latency));
    const anchor = { frame: contextTime * context.sampleRate, position: clock.at(heardAt) * RATE };
    this.mixer?.port.postMessage({ anchor });
  }

  /** @param {number} track */
  add(track) {
    if (this.rings.has(track)) return;
    const memory = globalThis.crossOriginIsolated ? new SharedArrayBuffer(RING_BYTES) : undefined;
    this.rings.set(track, memory ? new Ring(memory) : null);
    this.mixer?.port.postMessage({ add: { track, memory } });
  }

  /** @param {number} track */
  remove(track) {
    this.rings.delete(track);
    this.reports.delete(track);
    this.mixer?.port.postMessage({ remove: track });
  }

  /**
   * @param {number} track
   * @param {number} position samples since the call began
   * @param {Float32Array} samples
   */
  write(track, position, samples) {
    const ring = this.rings.get(track);
    if (ring) ring.write(position, samples);
    else if (ring === null) this.mixer?.port.postMessage({ track, position, samples });
  }

  /** @param {number} track @param {number} delay µs */
  setDelay(track, delay) {
    this.mixer?.port.postMessage({ track, delay: Math.round(delay * RATE) });
  }

  /** @param {number} track @param {number} volume 0 to 2 */
  setVolume(track, volume) {
    this.mixer?.port.postMessage({ track, volume });
  }

  /**
   * The last third of a second of what is heard, all voices summed.
   * @returns {Float32Array<ArrayBuffer>}
   */
  heard() {
    const samples = new Float32Array(this.tap?.fftSize ?? 0);
    this.tap?.getFloatTimeDomainData(samples);
    return samples;
  }

  async close() {
    clearInterval(this.timer);
    this.mixer?.disconnect();
    await this.context.close().catch(() => undefined);
  }
}
