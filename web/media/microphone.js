// The microphone: samples in blocks of 20 ms, each with its level and the local time of its first sample.

import { Blocks } from '../lib/blocks.js';
import { CaptureClock } from '../lib/clock.js';
import { level } from '../lib/speaking.js';
import { localNow } from './local.js';

/** @typedef {{samples: Float32Array<ArrayBuffer>, level: number, captured: number}} Block captured: local ms */

const BLOCK_MS = 20;

export class Microphone {
  /**
   * @param {AudioContext} context with the capture worklet loaded; not needed where tracks can be read without one
   * @param {MediaStreamTrack} track goes on when this is closed
   * @param {(block: Block) => void} take
   */
  constructor(context, track, take) {
    this.clock = new CaptureClock();
    this.take = take;
    this.closed = false;
    /** @type {(() => void) | undefined} */
    this.stop = undefined;
    if ('MediaStreamTrackProcessor' in globalThis) void this.#read(track);
    else this.#listen(context, track);
  }

  /**
   * Reads the track itself: its stamps are those of the capture, as the camera's are, and nothing waits for the output.
   * @param {MediaStreamTrack} track
   */
  async #read(track) {
    const blocks = new Blocks();
    const own = track.clone();
    const reader = new MediaStreamTrackProcessor({ track: own }).readable.getReader();
    this.stop = () => {
      void reader.cancel().catch(() => undefined);
      own.stop();
    };
    for (;;) {
      const { value, done } = await reader.read().catch(() => ({ value: undefined, done: true }));
      if (done || !value) return;
      const data = /** @type {AudioData} */ (/** @type {unknown} */ (value));
      try {
        if (this.closed) return;
        const stamp = data.timestamp / 1000;
        // The stamp is of the buffer's beginning, but a buffer is here at the earliest when its last sample is.
        const end = stamp + (data.numberOfFrames * 1000) / data.sampleRate;
        const offset = this.clock.map(end, localNow()) - end;
        for (const b of blocks.push(mono(data), data.sampleRate, stamp)) this.#give(b.samples, b.stamp + offset);
      } finally {
        data.close();
      }
    }
  }

  /**
   * Through a worklet, where tracks can't be read.
   * @param {AudioContext} context
   * @param {MediaStreamTrack} track
   */
  #listen(context, track) {
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) });
    const node = new AudioWorkletNode(context, 'scaip-capture', {
      numberOfInputs: 1,
      numberOfOutputs: 0,
      channelCount: 1,
    });
    node.port.onmessage = (m) => {
      const { start, samples } = m.data;
      // The block is here when its last sample is: mapped by its end, stamped by its beginning.
      const end = this.clock.map((start / context.sampleRate) * 1000 + BLOCK_MS, localNow());
      this.#give(samples, end - BLOCK_MS);
    };
    source.connect(node);
    this.stop = () => {
      node.port.onmessage = null;
      source.disconnect();
    };
  }

  /** @param {Float32Array<ArrayBuffer>} samples @param {number} captured local ms */
  #give(samples, captured) {
    this.take({ samples, level: level(samples), captured });
  }

  close() {
    this.closed = true;
    this.stop?.();
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
