// The microphone: samples in blocks of 20 ms, each with its level and the local time of its first sample.

import { CaptureClock } from '../lib/clock.js';
import { level } from '../lib/speaking.js';
import { localNow } from './local.js';

/** @typedef {{samples: Float32Array<ArrayBuffer>, level: number, captured: number}} Block captured: local ms */

const BLOCK_MS = 20;

export class Microphone {
  /**
   * @param {AudioContext} context with the capture worklet loaded
   * @param {MediaStreamTrack} track goes on when this is closed
   * @param {(block: Block) => void} take
   */
  constructor(context, track, take) {
    this.clock = new CaptureClock();
    this.source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) });
    this.node = new AudioWorkletNode(context, 'scaip-capture', {
      numberOfInputs: 1,
      numberOfOutputs: 0,
      channelCount: 1,
    });
    this.node.port.onmessage = (m) => {
      const { start, samples } = m.data;
      // The block is here when its last sample is: mapped by its end, stamped by its beginning.
      const end = this.clock.map((start / context.sampleRate) * 1000 + BLOCK_MS, localNow());
      take({ samples, level: level(samples), captured: end - BLOCK_MS });
    };
    this.source.connect(this.node);
  }

  close() {
    this.node.port.onmessage = null;
    this.source.disconnect();
  }
}
