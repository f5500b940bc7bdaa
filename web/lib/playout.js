// One participant's delay between capture and playing: the same for voice and picture, so that lips fit. No DOM.

import { Jitter } from './jitter.js';

const PATIENCE = 80_000; // µs the voice waits at most for the picture
const DOWN = 5; // µs the delay shrinks at most per ms

/**
 * The voice is master: the delay is what its jitter and the sound card need. The picture may raise it by a little; if
 * it is later than that, it is shown as it comes.
 */
export class Playout {
  constructor() {
    this.audio = new Jitter();
    this.video = new Jitter({ frame: 33_000 });
    this.current = 0;
    this.at = 0;
  }

  /**
   * @param {number} now local ms
   * @param {number} latency µs between mixing and hearing
   * @returns {number} µs; rises at once, falls slowly
   */
  delay(now, latency) {
    const voice = this.audio.arrived > 0 ? this.audio.delay + latency : 0;
    const picture = this.video.delay;
    const want = voice === 0 ? picture : Math.max(voice, Math.min(picture, voice + PATIENCE));
    const passed = Math.min(1000, Math.max(0, now - this.at));
    this.at = now;
    this.current = want >= this.current ? want : Math.max(want, this.current - DOWN * passed);
    return this.current;
  }
}
