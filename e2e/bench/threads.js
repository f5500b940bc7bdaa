// What in-page.js runs beside the page: the camera, the taps of tracks, the ear in the audio thread. Loaded before it.

/** Runs in a worker: draws the clock 30 times a second, over a picture that moves as a face does. */
function cameraWorker() {
  const now = () => performance.timeOrigin + performance.now();
  self.onmessage = ({ data: { writable, width, height, fps, cells, bar } }) => {
    const writer = writable.getWriter();
    const canvas = new OffscreenCanvas(width, height);
    const paint = canvas.getContext('2d', { alpha: false });
    const back = new OffscreenCanvas(width, height);
    const scene = back.getContext('2d', { alpha: false });
    const sky = scene.createLinearGradient(0, 0, width, height);
    sky.addColorStop(0, '#456');
    sky.addColorStop(1, '#a86');
    scene.fillStyle = sky;
    scene.fillRect(0, 0, width, height);
    for (let i = 0; i < 900; i++) {
      scene.fillStyle = `hsl(${(i * 37) % 360} 30% ${30 + ((i * 13) % 40)}%)`;
      scene.fillRect((i * 97) % width, (i * 61) % height, 9, 5);
    }
    const draw = () => {
      const at = now();
      paint.drawImage(back, 0, 0);
      paint.fillStyle = '#eca';
      paint.beginPath();
      paint.arc(width / 2 + 60 * Math.sin(at / 500), height / 2 + 20 * Math.sin(at / 300), 90, 0, 7);
      paint.fill();
      const value = Math.round(at) % 2 ** 24;
      let sum = 5;
      for (let n = 0; n < 6; n++) sum += (value >> (4 * n)) & 15;
      for (let i = 0; i < cells; i++) {
        const bit = i < 24 ? (value >> i) & 1 : (sum >> (i - 24)) & 1;
        paint.fillStyle = bit ? '#fff' : '#000';
        paint.fillRect((i * width) / cells, 0, width / cells + 1, bar);
      }
      const frame = new VideoFrame(canvas, { timestamp: Math.round(at * 1000) });
      writer.write(frame).catch(() => frame.close());
    };
    let due = now();
    const tick = () => {
      draw();
      due = Math.max(due + 1000 / fps, now() - 100);
      setTimeout(tick, Math.max(0, due - now()));
    };
    tick();
  };
}

/** Runs in a worker: says when sounds begin in a track, and when it gets bright in one. */
function tapWorker() {
  const now = () => performance.timeOrigin + performance.now();
  // As in an ear's worklet, a sound is placed on the line of the buffers that come first in their turn.
  const firsts = [];
  const small = new OffscreenCanvas(16, 12);
  const paint = small.getContext('2d', { willReadFrequently: true });
  let last = 0;
  let quiet = 1e9;
  let bright = false;
  const sound = (data, loud) => {
    const { numberOfFrames: n, sampleRate, timestamp } = data;
    const samples = new Float32Array(n);
    data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
    const at = now();
    const end = timestamp / 1000 + (n * 1000) / sampleRate;
    if (at - last > 3) firsts.push(at - end);
    last = at;
    if (firsts.length > 100) firsts.shift();
    const offset = firsts.toSorted((a, b) => a - b)[firsts.length >> 1];
    for (let i = 0; i < n; i++) {
      if (Math.abs(samples[i]) < loud) quiet++;
      else {
        if (quiet > sampleRate / 5) postMessage({ sound: timestamp / 1000 + (i * 1000) / sampleRate + offset });
        quiet = 0;
      }
    }
    data.close();
  };
  const light = (frame) => {
    paint.drawImage(frame, 0, 0, 16, 12);
    frame.close();
    const { data } = paint.getImageData(0, 0, 16, 12);
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) sum += data[i + 1];
    const lit = sum / (data.length / 4) > 128;
    if (lit && !bright) postMessage({ light: now() });
    bright = lit;
  };
  self.onmessage = async ({ data: { readable, loud } }) => {
    const reader = readable.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      if (value instanceof VideoFrame) light(value);
      else sound(value, loud);
    }
  };
}

/** Runs in the audio thread: says when sounds begin in what goes to the loudspeaker. */
function earWorklet() {
  class Ear extends AudioWorkletProcessor {
    constructor({ processorOptions }) {
      super();
      this.loud = processorOptions.loud;
      this.quiet = 1e9;
      this.last = 0;
      this.silence = 0;
    }

    process(inputs) {
      const now = Date.now();
      // Several blocks are asked for at a time; the first is the one that can't wait.
      if (now - this.last > 3) this.port.postMessage({ first: now + 0.5 - (currentFrame / sampleRate) * 1000 });
      this.last = now;
      const samples = inputs[0]?.[0];
      for (let i = 0; samples && i < samples.length; i++) {
        if (Math.abs(samples[i]) < this.loud) this.quiet++;
        else {
          if (this.quiet > sampleRate / 5) this.port.postMessage({ sound: ((currentFrame + i) / sampleRate) * 1000 });
          this.quiet = 0;
        }
      }
      return true;
    }
  }
  registerProcessor('bench-ear', Ear);
}

/** @param {() => void} body @returns {string} the address of a script that does it */
const script = (body) => URL.createObjectURL(new Blob([`(${body})();`], { type: 'text/javascript' }));

window.threads = { script, cameraWorker, tapWorker, earWorklet };
