// The page's sound: one AudioContext at 48 kHz with the mixer of all speakers, and the way into it.

import { OutputClock } from '../lib/clock.js';
import { HEAD, HEAD_LENGTH, RING_BYTES, Ring } from '../lib/ring.js';
import { localNow } from './local.js';

/** @typedef {import('../lib/clock.js').CallClock} CallClock */

/**
 * @typedef {object} Voice how a speaker is played; times in µs
 * @property {number} delay between capture and hearing, as it is
 * @property {number} ahead samples that wait, as time
 * @property {number} underruns times that samples were missing in the middle of speech
 * @property {number} concealed time for which something was made up
 * @property {number} removed time that was cut to catch up
 * @property {number} inserted time that was repeated to fall back
 * @property {number} jumps
 */

const RATE = 0.048; // samples a µs

export class Sound {
  constructor() {
    this.context = new AudioContext({ sampleRate: 48_000, latencyHint: 'interactive' });
    /** @type {AudioWorkletNode | undefined} */
    this.mixer = undefined;
    /** @type {AnalyserNode | undefined} */
    this.tap = undefined;
    /** @type {Map<number, {ring?: Ring, head: Int32Array}>} by track; without a ring samples go by message */
    this.voices = new Map();
    this.output = new OutputClock();
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.deafened = false;
    /** @type {Promise<void> | undefined} */
    this.opened = undefined;
  }

  /**
   * Loads the worklets, once, and starts the sound; browsers want a user's gesture before that, so it may be called again in one.
   * @returns {Promise<void>}
   */
  open() {
    void this.context.resume();
    this.opened ??= this.#load();
    return this.opened;
  }

  async #load() {
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
      for (const { track, head } of m.data.heads) this.voices.get(track)?.head.set(head);
    };
    this.tap = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 });
    this.mixer.connect(this.tap).connect(context.destination);
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
    const { context, output } = this;
    const stamp = context.getOutputTimestamp?.();
    const known = stamp?.contextTime !== undefined && stamp.performanceTime !== undefined && stamp.contextTime > 0;
    const now = localNow();
    output.observe({
      now,
      mixed: context.currentTime * 1000,
      played: (known ? /** @type {number} */ (stamp.contextTime) : context.currentTime - context.baseLatency) * 1000,
      heard: known ? performance.timeOrigin + /** @type {number} */ (stamp.performanceTime) : now,
    });
    const frame = Math.round(context.currentTime * context.sampleRate);
    const heardAt = (frame / context.sampleRate) * 1000 + /** @type {number} */ (output.offset);
    this.mixer?.port.postMessage({ anchor: { frame, position: clock.at(heardAt) * RATE } });
  }

  /** µs between mixing a sample and hearing it */
  get latency() {
    return this.output.latency * 1000;
  }

  /** @param {number} track */
  add(track) {
    if (this.voices.has(track)) return;
    const memory =
      globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function'
        ? new SharedArrayBuffer(RING_BYTES)
        : undefined;
    const ring = memory && new Ring(memory);
    this.voices.set(track, { ring, head: ring?.head ?? new Int32Array(HEAD_LENGTH) });
    this.mixer?.port.postMessage({ add: { track, memory } });
  }

  /** @param {number} track */
  remove(track) {
    this.voices.delete(track);
    this.mixer?.port.postMessage({ remove: track });
  }

  /**
   * @param {number} track
   * @param {number} position samples since the call began
   * @param {Float32Array} samples
   * @param {boolean} [lost] what is missing before them was lost, and is no silence
   */
  write(track, position, samples, lost = false) {
    const voice = this.voices.get(track);
    if (voice?.ring) voice.ring.write(position, samples, lost);
    else if (voice) this.mixer?.port.postMessage({ track, position, samples, lost });
  }

  /** @param {number} track @param {number} delay µs between capture and hearing */
  setDelay(track, delay) {
    const voice = this.voices.get(track);
    const samples = Math.round(delay * RATE);
    if (!voice || voice.head[HEAD.DELAY] === samples) return;
    voice.head[HEAD.DELAY] = samples;
    if (!voice.ring) this.mixer?.port.postMessage({ track, delay: samples });
  }

  /** @param {number} track @param {number} volume 0 to 2 */
  setVolume(track, volume) {
    this.mixer?.port.postMessage({ track, volume });
  }

  /** How a speaker is played. @param {number} track @returns {Voice | undefined} */
  voice(track) {
    const head = this.voices.get(track)?.head;
    if (!head) return undefined;
    const time = (/** @type {number} */ index) => head[index] / RATE;
    return {
      delay: time(HEAD.ACTUAL),
      ahead: time(HEAD.AHEAD),
      underruns: head[HEAD.UNDERRUNS],
      concealed: time(HEAD.CONCEALED),
      removed: time(HEAD.REMOVED),
      inserted: time(HEAD.INSERTED),
      jumps: head[HEAD.JUMPS],
    };
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
