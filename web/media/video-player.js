// One picture: frames → decoder → the canvas, each at its time.

import { WindowMin } from '../lib/clock.js';
import { CODECS } from '../lib/renditions.js';
import { lost, parseConfig } from '../lib/wire.js';
import { localNow } from './local.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */
/** @typedef {import('../lib/playout.js').Playout} Playout */
/** @typedef {import('../lib/backlog.js').Backlog} Backlog */

const ALIVE = 60_000_000; // µs: a config older than this is not of a live track
const MOST = 12; // decoded frames kept; decoders have few to give
const HOLD = 400; // ms after a change of place in which pictures on the way there are not shown
const FIRST = 100; // ms for which a run waits until its first picture is on the canvas
const QUEUE = 90; // frames waiting to be decoded: more than the run that a joiner gets at once; beyond that only skipping helps

export class VideoPlayer {
  /**
   * @param {Playout} playout of the participant
   * @param {Backlog} [backlog] says what is too late to be decoded; none: what comes is not live
   */
  constructor(playout, backlog) {
    this.playout = playout;
    this.backlog = backlog;
    /** called when the decoder has given back all that it had */
    this.idle = () => {};
    /** @type {VideoDecoder | undefined} */
    this.decoder = undefined;
    /** @type {VideoDecoderConfig | undefined} */
    this.config = undefined;
    /** of the decoder */
    this.codec = '';
    /** frames that are not decoded yet; at: local ms when they came @type {{frame: Frame, config: VideoDecoderConfig, at: number}[]} */
    this.waiting = [];
    /** ms that a frame has waited here before it was decoded, which is no fault of its way; by pts @type {Map<number, number>} */
    this.held = new Map();
    /** frames that the decoder has and has not given back */
    this.inside = 0;
    /** of the place that is played: what a decoder that was retired still has of another is not shown */
    this.epoch = 0;
    this.closed = false;
    this.needKey = true;
    /** @type {number | undefined} */
    this.seq = undefined;
    /** frames were left out since the last key frame: those before the next one may be such, too */
    this.thinned = false;
    /** @type {VideoFrame[]} decoded, by time */
    this.due = [];
    /** @type {Set<HTMLCanvasElement>} */
    this.canvases = new Set();
    /** what is on them, for one that comes later: where time stands, no other picture will @type {VideoFrame | undefined} */
    this.picture = undefined;
    this.width = 0;
    this.height = 0;
    /** µs of the call at local time 0, when the last frame came */
    this.offset = 0;
    this.stats = { received: 0, lost: 0, decoded: 0, drawn: 0, skipped: 0, dropped: 0, errors: 0 };
    /** what comes now */
    this.layer = { rendition: -1, temporal: 0 };
    /** µs of the call from which on frames say something of the way: those before are a run that the log had */
    this.since = 0;
    this.way = new WindowMin(10_000_000);
    /** µs of the call: nothing up to there is shown any more */
    this.floor = -1;
    /** µs over the shortest way, the least since it was asked for: what stands in the way, not what passes */
    this.lateness = Infinity;
    /** after a change of place: the time of the picture that is gone to, µs; Infinity: not known yet */
    this.aim = -1;
    /** local ms up to which none before it is shown */
    this.patience = 0;
    /** call time of the picture on the canvas, µs; −1 before the first */
    this.shown = -1;
    /** local ms when the first frame went to be decoded */
    this.begun = Infinity;
  }

  /**
   * @param {Frame} frame
   * @param {number} callNow µs of the call
   */
  frame(frame, callNow) {
    this.offset = callNow - localNow() * 1000;
    if (this.closed || !('VideoDecoder' in globalThis)) return; // what was asked for before that was known
    if (frame.config) return this.#configure(frame, callNow);
    const gap = this.seq === undefined ? 0 : lost(this.seq, frame.seq);
    this.seq = frame.seq;
    this.stats.received++;
    // The server leaves out temporal layers, and skips to a key frame where there is no room: what comes can be decoded.
    if (frame.key && !this.thinned) this.stats.lost += gap;
    this.thinned = !frame.key && (this.thinned || gap > 0);
    this.#note(frame, callNow);
    if (this.backlog?.drop(frame.pts, callNow)) {
      this.stats.dropped++;
      this.needKey = true;
      return;
    }
    if (this.waiting.length + (this.decoder?.decodeQueueSize ?? 0) > QUEUE) {
      this.waiting = [];
      this.needKey = true;
    }
    if (this.needKey && !frame.key) {
      this.stats.skipped++;
      return;
    }
    const { config } = this;
    if (!config) return;
    this.needKey = false;
    this.waiting.push({ frame, config, at: localNow() });
    this.#feed();
  }

  /** Draws onto a canvas from now on: at once what is shown now. @param {HTMLCanvasElement} canvas */
  attach(canvas) {
    this.canvases.add(canvas);
    if (this.picture) paint(canvas, this.picture);
  }

  /** Makes the decoder before a frame has come: most need that of VP8, and it takes its time. */
  await() {
    if ('VideoDecoder' in globalThis && !this.decoder) this.#ready({ codec: CODECS.vp8, optimizeForLatency: true });
  }

  /** Whether no more should be given now. */
  get full() {
    return this.waiting.length + this.inside > QUEUE / 2;
  }

  /** Whether of all that was given nothing is left that would be shown at a moment. @param {number} played µs */
  settled(played) {
    return this.waiting.length === 0 && this.inside === 0 && !(this.due[0]?.timestamp <= played);
  }

  /** What comes next is of another place; the picture stays until it has one. */
  move() {
    this.#drop();
    if (this.decoder?.state === 'configured') this.decoder.reset(); // a new one would take its time
    this.epoch++;
    this.needKey = true;
    this.floor = -1;
    this.held.clear();
    this.aim = Infinity;
    this.patience = localNow() + HOLD;
  }

  /**
   * Decodes as far ahead as there is room for pictures: where the delay is long, frames wait as they came. What should have been
   * shown already is decoded at once, but the run that a joiner gets only when he sees its first picture: decoders would have the machine to
   * themselves meanwhile. What stands before a key frame that is due would not be shown.
   */
  #feed() {
    const now = localNow();
    const due = this.offset + now * 1000 - this.playout.picture;
    if (this.backlog) {
      const key = this.waiting.findLastIndex(({ frame }) => frame.key && frame.pts <= due);
      if (key > 0) this.stats.dropped += this.waiting.splice(0, key).length;
    }
    for (;;) {
      const [next] = this.waiting;
      if (!next) return;
      if (this.backlog && this.shown < 0 && now >= this.begun && now < this.begun + FIRST) return;
      const inside = this.decoder?.decodeQueueSize ?? 0;
      if (this.due.length + inside >= MOST && next.frame.pts > due) return;
      if (inside > QUEUE) return;
      const { frame, config, at } = next;
      this.waiting.shift();
      this.begun = Math.min(this.begun, now);
      this.held.set(frame.pts, now - at);
      if (this.held.size > 2 * QUEUE) this.held.clear();
      const decoder = this.#ready(config);
      this.inside++;
      decoder.decode(
        new EncodedVideoChunk({ type: frame.key ? 'key' : 'delta', timestamp: frame.pts, data: frame.payload }),
      );
    }
  }

  /** @param {Frame} frame @param {number} callNow */
  #note(frame, callNow) {
    const { layer } = this;
    layer.rendition = frame.rendition;
    layer.temporal = frame.key ? 0 : Math.max(frame.temporal, layer.temporal);
    if (frame.pts < this.since) return;
    const way = callNow - frame.pts;
    this.lateness = Math.min(this.lateness, way - this.way.add(callNow, way));
  }

  /** @param {Frame} frame @param {number} callNow */
  #configure(frame, callNow) {
    this.seq = undefined; // from here the numbers may go on from anywhere
    this.since = callNow;
    if (callNow - frame.pts > ALIVE) this.floor = -1; // a recording may go back
    this.needKey = true;
    try {
      const { codec, width, height } = parseConfig(frame);
      this.config = {
        codec,
        optimizeForLatency: true,
        ...(width && height ? { codedWidth: width, codedHeight: height } : {}),
      };
    } catch {
      this.config = undefined;
    }
  }

  /** Lets the decoder finish what it has. */
  #retire() {
    const { decoder } = this;
    this.decoder = undefined;
    if (decoder?.state === 'configured')
      void decoder.flush().then(
        () => decoder.close(),
        () => undefined,
      );
  }

  /**
   * The decoder for frames of a config, made again after an error. Another size is the key frame's own business; another codec wants
   * another decoder, which lets the one before finish.
   * @param {VideoDecoderConfig} config
   */
  #ready(config) {
    if (this.decoder?.state === 'configured' && this.codec === config.codec) return this.decoder;
    if (this.decoder?.state !== 'unconfigured') {
      this.#retire();
      this.decoder = this.#make();
    }
    this.codec = config.codec;
    this.decoder.configure(config);
    return this.decoder;
  }

  #make() {
    const { epoch } = this;
    const decoder = new VideoDecoder({
      output: (f) => (decoder === this.decoder || epoch === this.epoch ? this.#decoded(f) : f.close()),
      error: () => this.#failed(decoder),
    });
    return decoder;
  }

  /** @param {VideoFrame} frame */
  #decoded(frame) {
    this.stats.decoded++;
    this.inside = Math.max(0, this.inside - 1);
    // What counts is when it can be shown. A joiner gets the run since the last key frame at once: that is late by design
    // and says nothing of the way.
    const held = this.held.get(frame.timestamp) ?? 0;
    this.held.delete(frame.timestamp);
    const callNow = this.offset + (localNow() - held) * 1000;
    if (frame.timestamp >= this.since) this.playout.video.arrive(frame.timestamp, callNow);
    // A new rendition's run may begin before what has been shown.
    if (frame.timestamp <= this.floor) return frame.close();
    this.floor = frame.timestamp;
    this.due.push(frame);
    while (this.due.length > MOST) {
      this.due.shift()?.close();
      this.stats.dropped++;
    }
    if (this.inside === 0) this.idle();
  }

  /**
   * Shows the newest picture that is due and drops those before it.
   * @param {number} played call time, µs, that is played now
   * @returns {boolean} whether there was a new one
   */
  draw(played) {
    this.#feed();
    let newest = -1;
    while (newest + 1 < this.due.length && this.due[newest + 1].timestamp <= played) newest++;
    if (newest < 0) return false;
    for (const skipped of this.due.splice(0, newest)) {
      skipped.close();
      this.stats.dropped++;
    }
    if (this.due[0].timestamp < this.aim && localNow() < this.patience) return false;
    const frame = /** @type {VideoFrame} */ (this.due.shift());
    this.picture?.close();
    this.picture = frame;
    this.shown = frame.timestamp;
    this.width = frame.displayWidth;
    this.height = frame.displayHeight;
    for (const canvas of this.canvases) paint(canvas, frame);
    this.stats.drawn++;
    return true;
  }

  /** @param {VideoDecoder} decoder */
  #failed(decoder) {
    this.stats.errors++;
    if (this.decoder === decoder) this.decoder = undefined;
    this.inside = 0;
    this.waiting = [];
    this.needKey = true;
  }

  #drop() {
    this.inside = 0;
    this.waiting = [];
    for (const frame of this.due.splice(0)) frame.close();
  }

  /** For good: what comes after it, from outside or from a decoder that was retired, is not kept. */
  close() {
    this.closed = true;
    this.epoch++;
    this.#drop();
    if (this.decoder && this.decoder.state !== 'closed') this.decoder.close();
    this.decoder = undefined;
    this.picture?.close();
    this.picture = undefined;
    this.canvases.clear();
  }
}

/** @param {HTMLCanvasElement} canvas @param {VideoFrame} frame */
function paint(canvas, frame) {
  if (canvas.width !== frame.displayWidth || canvas.height !== frame.displayHeight) {
    canvas.width = frame.displayWidth;
    canvas.height = frame.displayHeight;
  }
  canvas.getContext('2d', { alpha: false, desynchronized: true })?.drawImage(frame, 0, 0);
}
