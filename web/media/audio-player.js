// One speaker: frames → Opus decoder → his ring in the mixer. Runs in the worker of the call's sound.

import { Aligner } from '../lib/align.js';
import { Backlog } from '../lib/backlog.js';
import { Missing } from '../lib/missing.js';
import { VoiceDelay } from '../lib/playout.js';
import { Speaking } from '../lib/speaking.js';
import { parseConfig } from '../lib/wire.js';
import { localNow } from './local.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */
/** @typedef {import('../lib/voices.js').Voices} Voices */
/**
 * @typedef {'live' | 'kept' | 'heard'} How a packet is taken. live: as it comes; kept: it came before and was kept back, so its lateness is none of
 *   the way; heard: so it was, and it has been heard already: it makes the decoder itself
 */

const TOO_LATE = 600_000; // µs

export class AudioPlayer {
  /**
   * @param {number} track
   * @param {Voices} voices
   * @param {() => number} latency µs between mixing and hearing
   * @param {import('../lib/stalls.js').Stalls} stalls what the voices of the call wait for together
   */
  constructor(track, voices, latency, stalls) {
    this.track = track;
    this.voices = voices;
    this.latency = latency;
    this.pace = new VoiceDelay(stalls);
    this.aligner = new Aligner();
    this.backlog = new Backlog(TOO_LATE);
    this.speaking = new Speaking();
    this.level = 127;
    /** local ms, when the last one came */
    this.heardAt = -Infinity;
    /** @type {AudioDecoder | undefined} */
    this.decoder = undefined;
    this.missing = new Missing();
    /** µs of the call at local time 0, when the last frame came */
    this.offset = 0;
    /**
     * The packets in the decoder, in order; gap: others are missing before it; rests: none follows for now. The decoder's own
     * timestamps don't help: it takes the first and counts on from there, over gaps too.
     * @type {{pts: number, gap: boolean, rests: boolean, how: How}[]}
     */
    this.inside = [];
    this.gap = false;
    this.stats = { received: 0, lost: 0, decoded: 0, dropped: 0, errors: 0 };
    /** its ring's, if it can be shared */
    this.memory = voices.add(track);
  }

  /**
   * @param {Frame} frame
   * @param {number} now local ms
   * @param {number} callNow µs of the call
   * @param {How} [how]
   * @returns {boolean} whether it will be heard, if it is no config
   */
  frame(frame, now, callNow, how = 'live') {
    if (frame.config) {
      this.#configure(frame);
      return false;
    }
    if (this.missing.packet(frame.seq)) this.gap = true;
    this.stats.lost = this.missing.lost;
    this.stats.received++;
    this.heardAt = now;
    this.offset = callNow - now * 1000;
    if (how === 'live' && this.backlog.drop(frame.pts, callNow)) {
      this.stats.dropped++;
      this.gap = true;
      return false;
    }
    this.level = frame.level;
    this.speaking.frame(frame.level, now);
    if (this.decoder?.state !== 'configured') return false;
    this.inside.push({ pts: frame.pts, gap: this.gap, rests: false, how });
    this.gap = false;
    this.decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: frame.pts, data: frame.payload }));
    return true;
  }

  /** The server leaves it out while others are louder. @param {number} seq of the first packet that does not come */
  pause(seq) {
    this.missing.pause(seq);
    this.stats.lost = this.missing.lost;
    this.rest();
  }

  /** What has come is the last for now, and what follows it is not missed. */
  rest() {
    const last = this.inside.at(-1);
    if (last) last.rests = true;
    else this.voices.rest(this.track);
  }

  /** @param {Frame} frame */
  #configure(frame) {
    this.missing.restart();
    try {
      const { codec, sampleRate = 48_000, channels = 1 } = parseConfig(frame);
      this.#close();
      this.aligner = new Aligner();
      if (!('AudioDecoder' in globalThis)) return; // the page has said so
      const decoder = new AudioDecoder({ output: (data) => this.#decoded(data), error: () => this.#failed() });
      this.decoder = decoder;
      decoder.configure({ codec, sampleRate, numberOfChannels: channels });
    } catch {
      this.#failed();
    }
  }

  /** @param {AudioData} data */
  #decoded(data) {
    try {
      const { pts, gap, rests, how } = this.inside.shift() ?? {
        pts: data.timestamp,
        gap: false,
        rests: false,
        how: 'live',
      };
      if (how === 'heard') return;
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      // What counts is when it can be played: decoding is part of the way.
      const now = localNow();
      if (how === 'kept') this.pace.hold(this.offset + now * 1000 - pts + this.latency(), now);
      else this.pace.jitter.arrive(pts, this.offset + now * 1000);
      this.tick(now);
      const placed = this.aligner.place(pts, samples, gap);
      this.voices.write(this.track, placed.position, placed.samples, gap);
      if (rests) this.voices.rest(this.track);
      this.stats.decoded++;
    } finally {
      data.close();
    }
  }

  /** Sets the delay; now and then also where nothing comes. @param {number} now local ms */
  tick(now) {
    if (this.pace.jitter.arrived > 0 || this.pace.current > 0)
      this.voices.setDelay(this.track, this.pace.delay(now, this.latency()));
  }

  /** How it goes, for the page. */
  report() {
    const { jitter, current } = this.pace;
    const { late, wavering, base, margin, raised } = jitter;
    const { stats, level, heardAt, track } = this;
    const together = jitter.stalls?.needed ?? 0;
    return {
      track,
      stats,
      level,
      heardAt,
      delay: current,
      late,
      wavering,
      way: base.value ?? 0,
      margin,
      raised,
      together,
    };
  }

  #failed() {
    this.stats.errors++;
    this.#close();
  }

  #close() {
    if (this.decoder && this.decoder.state !== 'closed') this.decoder.close();
    this.decoder = undefined;
    this.inside = [];
  }

  close() {
    this.#close();
    this.voices.remove(this.track);
  }
}
