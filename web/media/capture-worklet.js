// Runs in the audio thread: hands the microphone's samples to the page in blocks of 20 ms.

const BLOCK = 960;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
  }

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const samples = inputs[0]?.[0];
    if (!samples) return true;
    let from = 0;
    while (from < samples.length) {
      const n = Math.min(samples.length - from, BLOCK - this.filled);
      this.block.set(samples.subarray(from, from + n), this.filled);
      this.filled += n;
      from += n;
      if (this.filled === BLOCK) this.#send(from);
    }
    return true;
  }

  /** @param {number} used samples of the current quantum that went into this block */
  #send(used) {
    const { block } = this;
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
    const start = currentFrame + used - BLOCK;
    this.port.postMessage({ start, samples: block }, [block.buffer]);
  }
}

registerProcessor('scaip-capture', Capture);
