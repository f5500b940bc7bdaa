// Runs in the audio thread: hands the microphone's samples to the worker of the sound in blocks of 5 ms, each with the time of its first
// sample on the context's clock.

const BLOCK = 240;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
    /** @type {MessagePort | null | undefined} undefined: not told yet; null: it is over */
    this.to = undefined;
    this.port.onmessage = (m) => (this.to = m.data.to);
  }

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const samples = inputs[0]?.[0];
    if (!samples) return this.to !== null;
    let from = 0;
    while (from < samples.length) {
      const n = Math.min(samples.length - from, BLOCK - this.filled);
      this.block.set(samples.subarray(from, from + n), this.filled);
      this.filled += n;
      from += n;
      if (this.filled === BLOCK) this.#send(from);
    }
    return this.to !== null;
  }

  /** @param {number} used samples of the current quantum that went into this block */
  #send(used) {
    const { block } = this;
    this.block = new Float32Array(BLOCK);
    this.filled = 0;
    const start = currentFrame + used - BLOCK;
    this.to?.postMessage({ start, samples: block }, [block.buffer]);
  }
}

registerProcessor('scaip-capture', Capture);
