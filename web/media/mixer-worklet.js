// Runs in the audio thread: the mixer of lib/mix.js, block by block.

import { Mixer } from '../lib/mix.js';

const REPORT = 16; // blocks, 43 ms

class MixerProcessor extends AudioWorkletProcessor {
  constructor() {
    super();
    this.mixer = new Mixer();
    this.blocks = 0;
    this.port.onmessage = (m) => {
      const { port } = m.data;
      if (port) port.onmessage = (/** @type {MessageEvent} */ n) => this.mixer.message(n.data);
      else this.mixer.message(m.data);
    };
  }

  /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs */
  process(_inputs, outputs) {
    const [out, ...others] = outputs[0];
    this.mixer.mix(currentFrame, out);
    for (const other of others) other.set(out);
    if (++this.blocks % REPORT === 0) {
      const heads = this.mixer.report();
      if (heads.length > 0) this.port.postMessage({ heads });
    }
    return true;
  }
}

registerProcessor('scaip-mixer', MixerProcessor);
