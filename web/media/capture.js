// What a microphone gives → blocks with their level and the local time of their first sample. Runs in the worker of the call's sound.

import { Blocks } from '../lib/blocks.js';
import { CaptureClock } from '../lib/clock.js';
import { level } from '../lib/speaking.js';
import { localNow } from './local.js';

/** @typedef {import('./audio-sender.js').Block} Block */
/** @typedef {{stream?: ReadableStream<AudioData>, port?: MessagePort, rate?: number}} Way of its sound: what a track gives, or a worklet's samples at a rate */

export class Capture {
  /**
   * @param {Way} way
   * @param {number} length ms of a block
   * @param {(block: Block) => void} take
   */
  constructor({ stream, port, rate = 48_000 }, length, take) {
    this.clock = new CaptureClock();
    this.blocks = new Blocks(length);
    this.take = take;
    this.closed = false;
    /** @type {() => void} */
    this.stop = () => undefined;
    if (stream) void this.#read(stream);
    else if (port) this.#listen(port, rate);
  }

  /** @param {ReadableStream<AudioData>} stream */
  async #read(stream) {
    const reader = stream.getReader();
    this.stop = () => void reader.cancel().catch(() => undefined);
    for (;;) {
      const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
      if (done || !value) return;
      try {
        if (this.closed) return;
        this.#push(mono(value), value.sampleRate, value.timestamp / 1000);
      } finally {
        value.close();
      }
    }
  }

  /** @param {MessagePort} port @param {number} rate Hz */
  #listen(port, rate) {
    port.onmessage = (m) => {
      const { start, samples } = m.data;
      this.#push(samples, rate, (start * 1000) / rate);
    };
    this.stop = () => port.close();
  }

  /**
   * @param {Float32Array} samples
   * @param {number} rate Hz
   * @param {number} stamp ms of the device's clock, of the first sample
   */
  #push(samples, rate, stamp) {
    // A buffer is here at the earliest when its last sample is.
    const end = stamp + (samples.length * 1000) / rate;
    const offset = this.clock.map(end, localNow()) - end;
    for (const b of this.blocks.push(samples, rate, stamp))
      this.take({ samples: b.samples, level: level(b.samples), captured: b.stamp + offset });
  }

  close() {
    this.closed = true;
    this.stop();
  }
}

/** All channels as one. @param {AudioData} data */
function mono(data) {
  const { numberOfFrames: n, numberOfChannels: channels } = data;
  const sum = new Float32Array(n);
  const one = new Float32Array(n);
  for (let c = 0; c < channels; c++) {
    data.copyTo(one, { planeIndex: c, format: 'f32-planar' });
    for (let i = 0; i < n; i++) sum[i] += one[i] / channels;
  }
  return sum;
}
