// Camera → worker → frames of one's video track.

import { encodeConfig, encodeFrame } from '../lib/wire.js';

/** @typedef {import('../lib/media-link.js').MediaLink} MediaLink */

const CONGESTED = 256 * 1024; // bytes the network has not taken: about 3 s of picture; newer ones would only come later
const DRAINED = 16 * 1024;

export class VideoSender {
  /**
   * @param {MediaLink} link
   * @param {{user: string, name: string}} who
   */
  constructor(link, who) {
    this.link = link;
    this.who = who;
    this.track = 0;
    this.seq = 0;
    this.sent = 0;
    this.skipped = 0;
    this.error = '';
    /** pts of the last picture sent */
    this.last = -1000;
    /** config and a key frame are due before anything else */
    this.fresh = true;
    this.congested = false;
    /** @type {Worker | undefined} */
    this.worker = undefined;
    /** @type {AbortController | undefined} */
    this.pump = undefined;
  }

  /** After each (re)connection. @param {number} track */
  connected(track) {
    this.track = track;
    this.#refresh();
  }

  /** @param {MediaStreamTrack | undefined} camera a new one, or none: others are told that the track pauses */
  set(camera) {
    const was = this.worker !== undefined;
    this.#close();
    if (!camera) {
      if (was && this.track) this.link.sendStop(this.track);
      return;
    }
    this.fresh = true;
    const worker = new Worker(new URL('./encode-worker.js', import.meta.url), { type: 'module' });
    worker.onmessage = (m) => this.#heard(m.data);
    this.worker = worker;
    if ('MediaStreamTrackProcessor' in globalThis) {
      const stream = new MediaStreamTrackProcessor({ track: camera }).readable;
      worker.postMessage({ stream }, [/** @type {any} */ (stream)]);
    } else {
      this.#pumpByHand(camera, worker);
    }
  }

  /**
   * Where there is no MediaStreamTrackProcessor (Firefox): a video element gives the frames.
   * @param {MediaStreamTrack} camera
   * @param {Worker} worker
   */
  #pumpByHand(camera, worker) {
    const pump = new AbortController();
    this.pump = pump;
    const video = document.createElement('video');
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([camera]);
    const next = () => {
      if (pump.signal.aborted) {
        video.srcObject = null;
        return;
      }
      const frame = new VideoFrame(video, { timestamp: Math.round(performance.now() * 1000) });
      worker.postMessage({ frame }, [/** @type {any} */ (frame)]);
      video.requestVideoFrameCallback(next);
    };
    video.requestVideoFrameCallback(next);
    void video.play().catch(() => undefined);
  }

  /** @param {any} m */
  #heard(m) {
    if (m.error) this.error = m.error;
    if (m.skipped) this.skipped += m.skipped;
    if (m.payload) this.#frame(m);
  }

  /** @param {{payload: Uint8Array<ArrayBuffer>, key: boolean, captured: number, size: {width: number, height: number}}} m */
  #frame({ payload, key, captured, size }) {
    const { link, track } = this;
    if (link.state !== 'open' || !link.clock.known || this.#jammed() || (this.fresh && !key)) {
      this.skipped++;
      return;
    }
    // Files count in milliseconds: two pictures never share one.
    const pts = Math.max(link.clock.at(captured), this.last + 1000);
    this.last = pts;
    if (this.fresh) {
      const config = { ...this.who, codec: 'vp8', ...size };
      if (!link.send(encodeConfig({ track, seq: this.seq++, pts }, config))) return;
      this.fresh = false;
    }
    link.send(
      encodeFrame({ key, config: false, temporal: 0, rendition: 0, level: 0, track, seq: this.seq++, pts, payload }),
    );
    this.sent++;
  }

  /** Whether the network is behind: then nothing is sent until it has caught up, and it goes on with a key frame. */
  #jammed() {
    if (!this.congested && this.link.buffered > CONGESTED) this.congested = true;
    else if (this.congested && this.link.buffered < DRAINED) {
      this.congested = false;
      this.#refresh();
    }
    return this.congested;
  }

  #refresh() {
    this.fresh = true;
    this.worker?.postMessage({ key: true });
  }

  #close() {
    this.pump?.abort();
    this.pump = undefined;
    if (this.worker) this.worker.onmessage = null;
    this.worker?.postMessage({ stop: true });
    this.worker = undefined;
  }

  close() {
    this.#close();
  }
}
