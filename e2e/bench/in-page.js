// What a page of the measurement has besides the client: a camera whose picture says when it was drawn, an eye that reads that
// from any picture, and ears at the microphone and before the loudspeaker. Loaded before everything else in the page.
//
// All times are ms since 1970 on the monotonic clock, which is one for all pages and workers of a browser.

const { threads } = window;
const CELLS = 28; // 24 bits of ms, and 4 of a sum over them
const BAR = 48; // lines of the camera's picture that hold them
const localTime = () => performance.timeOrigin + performance.now();

const bench = {
  loud: 0.3,
  /** what was heard at the microphone and before the loudspeaker, ms @type {number[]} */
  spoken: [],
  /** @type {number[]} */
  heard: [],
  /** when it got bright before the camera, and on the screen @type {number[]} */
  lit: [],
  /** @type {number[]} */
  seenLit: [],
  /** the taps of the devices, by kind @type {Record<string, Worker>} */
  sources: {},
  /** @type {number[]} */
  refreshes: [],
  /** @type {number[]} */
  outputs: [],
  /** pictures that were seen: when they were drawn, and when they were first seen @type {{drawn: number, seen: number}[]} */
  seen: [],
  /** @type {(() => CanvasImageSource | null) | undefined} where the eye looks */
  look: undefined,

  now: localTime,

  /** A camera. */
  camera({ width = 640, height = 480, fps = 30 } = {}) {
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    const worker = new Worker(threads.script(threads.cameraWorker));
    worker.postMessage({ writable: track.writable, width, height, fps, cells: CELLS, bar: BAR }, [track.writable]);
    bench.cameraWorker = worker; // or it is collected
    return track;
  },

  /** Listens to a track, or looks at it. @param {MediaStreamTrack} track @param {(m: any) => void} found */
  tap(track, found) {
    const readable = new MediaStreamTrackProcessor({ track: track.clone() }).readable;
    const worker = new Worker(threads.script(threads.tapWorker));
    worker.onmessage = (m) => found(m.data);
    worker.postMessage({ readable, loud: bench.loud }, [readable]);
    return worker;
  },

  /** Notes when Ada's devices give a sound or a light; a new device takes the place of the one before. @param {MediaStreamTrack} track */
  source(track) {
    bench.sources[track.kind]?.terminate();
    bench.sources[track.kind] = bench.tap(track, (m) => {
      if (m.sound) bench.spoken.push(m.sound);
      if (m.light) bench.lit.push(m.light);
    });
  },

  /** What the client opens from now on: the camera above or, as the microphone, the browser's own, both tapped. */
  devices({ clock = true } = {}) {
    if (!globalThis.MediaDevices) return; // a page without an origin
    const open = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function getUserMedia(wish) {
      if (wish.video && clock) return new MediaStream([bench.camera()]);
      const stream = await open.call(this, wish);
      for (const track of stream.getTracks()) {
        bench.source(track);
      }
      return stream;
    };
  },

  /** Listens to all that goes to a loudspeaker by Web Audio. */
  ear() {
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function toEar(...to) {
      if (to[0] instanceof AudioDestinationNode) void bench.listen(this, connect);
      return connect.apply(this, to);
    };
  },

  /** @param {AudioNode} source @param {typeof AudioNode.prototype.connect} connect */
  async listen(source, connect) {
    const { context } = source;
    await context.audioWorklet.addModule(threads.script(threads.earWorklet));
    const node = new AudioWorkletNode(context, 'bench-ear', {
      numberOfOutputs: 0,
      channelCount: 1,
      processorOptions: { loud: bench.loud },
    });
    /** @type {number[]} */
    const firsts = [];
    node.port.onmessage = (m) => {
      if (m.data.first !== undefined) firsts.push(m.data.first);
      if (firsts.length > 100) firsts.shift();
      if (m.data.sound === undefined) return;
      bench.heard.push(m.data.sound + firsts.toSorted((a, b) => a - b)[firsts.length >> 1]);
    };
    connect.call(source, node);
    setInterval(() => {
      const { contextTime, performanceTime } = context.getOutputTimestamp();
      const line = firsts.toSorted((a, b) => a - b)[firsts.length >> 1];
      if (contextTime === 0 || line === undefined) return;
      if (bench.outputs.push(performance.timeOrigin + performanceTime - contextTime * 1000 - line) > 100)
        bench.outputs.shift();
    }, 200);
  },

  /** Looks at the client's picture of somebody, from when it is there. @param {string} name */
  find(name) {
    /** @type {HTMLCanvasElement | undefined} */
    let canvas;
    const within = (root) => {
      for (const element of root.querySelectorAll('*')) {
        if (element.getAttribute('aria-label') === `Picture of ${name}` && element instanceof HTMLCanvasElement)
          return element;
        const found = element.shadowRoot && within(element.shadowRoot);
        if (found) return found;
      }
      return undefined;
    };
    bench.look = () => {
      if (!canvas?.isConnected) canvas = within(document);
      return canvas?.checkVisibility({ visibilityProperty: true }) ? canvas : null;
    };
  },

  /** Looks at every refresh of the screen, after everybody has drawn. */
  eye() {
    const small = new OffscreenCanvas(CELLS * 4, 4);
    const paint = small.getContext('2d', { willReadFrequently: true });
    const channel = new MessageChannel();
    let bright = false;
    channel.port1.onmessage = () => {
      const source = bench.look?.();
      if (!source) return;
      const width = source.videoWidth || source.width;
      const height = source.videoHeight || source.height;
      if (!width || !height) return;
      paint.drawImage(source, 0, 0, width, (height * BAR) / 480, 0, 0, CELLS * 4, 4);
      const { data } = paint.getImageData(0, 0, CELLS * 4, 4);
      const drawn = bench.read(data);
      const now = localTime();
      if (drawn !== undefined && bench.seen.at(-1)?.drawn !== drawn) bench.seen.push({ drawn, seen: now });
      const lit = bench.bright(data);
      if (lit && !bright) bench.seenLit.push(now);
      bright = lit;
    };
    let last = 0;
    const tick = (/** @type {number} */ at) => {
      requestAnimationFrame(tick);
      if (bench.refreshes.push(at - last) > 200) bench.refreshes.shift();
      last = at;
      channel.port2.postMessage(0);
    };
    requestAnimationFrame(tick);
  },

  /** @param {Uint8ClampedArray} data @returns {number | undefined} when it was drawn; undefined: there is no clock to be read */
  read(data) {
    let value = 0;
    let sum = 5;
    let check = 0;
    for (let i = 0; i < CELLS; i++) {
      const at = (2 * CELLS * 4 + i * 4 + 2) * 4;
      const bit = data[at] + data[at - 4] > 256 ? 1 : 0;
      if (i < 24) value += bit * 2 ** i;
      else check += bit << (i - 24);
    }
    for (let n = 0; n < 6; n++) sum += (value >> (4 * n)) & 15;
    if ((sum & 15) !== check) return undefined;
    const now = Math.round(localTime());
    const drawn = now - ((((now - value) % 2 ** 24) + 2 ** 24) % 2 ** 24);
    return now - drawn < 60_000 ? drawn : undefined;
  },

  /** @param {Uint8ClampedArray} data */
  bright(data) {
    let sum = 0;
    for (let i = 0; i < data.length; i += 4) sum += data[i + 1];
    return sum / (data.length / 4) > 128;
  },

  /** A call with oneself, by RTCPeerConnection: what is sent is seen and heard as by the client. @param {{voice: boolean, clock?: boolean}} how */
  async reference({ voice, clock = true }) {
    const stream = new MediaStream();
    const audio = {
      echoCancellation: false,
      noiseSuppression: false,
      autoGainControl: false,
      channelCount: { ideal: 1 },
    };
    if (clock) stream.addTrack(bench.camera());
    if (voice || !clock) {
      const real = await navigator.mediaDevices.getUserMedia({ audio: voice && audio, video: !clock });
      for (const track of real.getTracks()) {
        stream.addTrack(track);
        bench.source(track);
      }
    }
    const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()];
    bench.peers = [a, b, stream];
    a.onicecandidate = (e) => e.candidate && b.addIceCandidate(e.candidate);
    b.onicecandidate = (e) => e.candidate && a.addIceCandidate(e.candidate);
    const video = document.createElement('video');
    video.autoplay = true;
    b.ontrack = (e) => {
      [video.srcObject] = e.streams;
      if (e.track.kind === 'audio') bench.ears = bench.tap(e.track, (m) => m.sound && bench.heard.push(m.sound));
      void video.play();
    };
    for (const track of stream.getTracks()) a.addTrack(track, stream);
    document.body?.append(video) ?? document.documentElement.append(video);
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription);
    bench.look = () => (video.videoWidth > 0 ? video : null);
    bench.eye();
  },

  /** ms between two refreshes, and from when the output asks for a sound to when it is heard. */
  screen() {
    const of = (/** @type {number[]} */ list) => list.toSorted((a, b) => a - b)[list.length >> 1];
    return { refresh: of(bench.refreshes), output: of(bench.outputs) };
  },

  /** Forgets what was noted so far. */
  forget() {
    for (const list of [bench.spoken, bench.heard, bench.lit, bench.seenLit, bench.seen]) list.length = 0;
  },

  notes: () => ({
    spoken: [...bench.spoken],
    heard: [...bench.heard],
    lit: [...bench.lit],
    seenLit: [...bench.seenLit],
    seen: [...bench.seen],
  }),
};
window.bench = bench;
