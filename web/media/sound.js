// The page's sound: one AudioContext at 48 kHz with the mixer of all speakers, and the way into it.

import { OutputClock } from '../lib/clock.js';
import { Voices } from '../lib/voices.js';
import { localNow } from './local.js';

/** @typedef {import('../lib/clock.js').CallClock} CallClock */

const RATE = 0.048; // samples a µs

export class Sound {
  /** @param {AudioContextLatencyCategory | number} latencyHint 0: as little as the card gives */
  constructor(latencyHint) {
    this.context = new AudioContext({ sampleRate: 48_000, latencyHint });
    /** @type {AudioWorkletNode | undefined} */
    this.mixer = undefined;
    /** @type {AnalyserNode | undefined} */
    this.tap = undefined;
    /** those that are written from here, and those that another thread has added */
    this.voices = new Voices((message) => this.mixer?.port.postMessage(message));
    this.output = new OutputClock();
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    /** @type {Promise<void> | undefined} */
    this.opened = undefined;
  }

  /**
   * Loads the worklets, once unless that fails, and starts the sound; browsers want a user's gesture before that, so it may be called again in one.
   * @returns {Promise<void>}
   */
  open() {
    void this.context.resume();
    this.opened ??= this.#load().catch((error) => {
      this.opened = undefined;
      throw error;
    });
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
    this.mixer.port.onmessage = (m) => this.voices.told(m.data.heads);
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

  /** Another thread's own way into the mixer; once it is open. @returns {MessagePort} */
  way() {
    const { port1, port2 } = new MessageChannel();
    this.mixer?.port.postMessage({ port: port1 }, [port1]);
    return port2;
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
