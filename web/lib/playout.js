// One participant's delays between capture and playing, of voice and picture, so that lips fit. No DOM.

import { Jitter } from './jitter.js';

const LEAD = 12_000; // µs that the picture may be before the voice, if that makes it earlier: a screen adds ±8 ms to it
const LAG = 12_000; // µs that it may be behind, if that makes the voice earlier
const PATIENCE = 80_000; // µs the voice waits for the picture at once
const TALK = 200_000; // µs after which the voice may be heard because of a picture that is later than that for a while: then talking suffers more than lips
const LASTS = 4000; // ms: a while; a second of late pictures is forgotten sooner
const ACCEPTED = 90_000; // µs that a picture may be later than the voice (ITU-R BT.1359): beyond that waiting is no help
const BLIND = 5_000_000; // µs without a picture: there is none to wait for; key frames alone come every 2 s
const DOWN = 30; // µs a ms that the voice's delay shrinks at least
const PICTURE_DOWN = 60; // the same of the picture
const ALONE_DOWN = 500; // and without a voice: half as fast again as time
const RELAX = 1500; // ms in which most of what is far too much goes, all the same
const UNEVEN = 33_000; // µs, a picture's time: as much as pictures may come unevenly before they wait for each other, where no voice is to be met
const VOICE_GONE = 1500; // ms without a frame: in silence one comes every 400 ms

/**
 * The voice is master: its delay is what its jitter and the sound card need, in the thread where it is decoded. A picture may hold it back by
 * a little, one that stays late by more, up to TALK. One that is far later than that can't be waited for, and the voice does not wait at all.
 */
export class VoiceDelay {
  /** @param {import('./stalls.js').Stalls} [stalls] what the voices of a call wait for together */
  constructor(stalls) {
    this.jitter = new Jitter({ stalls });
    /** µs, the delay that the picture needs; 0: there is none */
    this.picture = 0;
    /** µs between capture and hearing, wished */
    this.current = 0;
    this.at = 0;
    /** local ms up to which PATIENCE was enough */
    this.fitted = 0;
    this.waits = true;
  }

  /** What comes is behind, and is to be heard from a time on as late as that: from then on the delay falls to what is needed. @param {number} delay µs @param {number} at local ms */
  hold(delay, at) {
    this.current = Math.max(this.current, delay);
    this.at = Math.max(this.at, at);
  }

  /**
   * @param {number} now local ms
   * @param {number} latency µs between mixing and hearing
   * @returns {number} µs; rises at once, falls slowly
   */
  delay(now, latency) {
    const voice = this.jitter.delay + latency;
    const near = voice + PATIENCE;
    const most = Math.max(near, TALK);
    const fits = this.picture - LAG;
    if (fits <= near) this.fitted = now;
    if (fits <= most) this.waits = true;
    else if (this.picture > most + ACCEPTED) this.waits = false;
    const bound = now - this.fitted < LASTS ? near : most;
    const want = this.waits ? Math.max(voice, Math.min(fits, bound)) : voice;
    this.current = settle(this.current, want, DOWN, now - this.at);
    this.at = Math.max(this.at, now);
    return this.current;
  }
}

/**
 * The picture is shown as early as it can be, but not more than LEAD before the voice. If it is later than the voice by more than LAG, what comes in
 * time is shown in time, the rest as it comes. Without a voice it has a delay of its own.
 */
export class Playout {
  constructor() {
    this.video = pictures();
    /** µs between capture and showing */
    this.picture = 0;
    this.pictureAt = 0;
    this.heardAt = -Infinity;
  }

  /** A frame of the voice has come. @param {number} now local ms */
  heard(now) {
    this.heardAt = now;
  }

  /** The voice has ended: the picture no longer waits for it. */
  mute() {
    this.heardAt = -Infinity;
  }

  /** The picture has ended: the voice no longer waits for it. */
  blind() {
    this.video = pictures();
  }

  /** The delay that the picture needs, µs; 0: there is none now. @param {number} now µs of the call */
  need(now) {
    return now - this.video.at < BLIND ? this.video.delay : 0;
  }

  /** Whether there is a voice to keep to. @param {number} now local ms */
  voiced(now) {
    return now - this.heardAt < VOICE_GONE;
  }

  /**
   * The delay of the picture.
   * @param {number} now local ms
   * @param {number} voice µs between capture and hearing, as it is
   * @returns {number} µs
   */
  show(now, voice) {
    const own = this.video.delay;
    const voiced = this.voiced(now);
    // Alone, a picture is shown when it has been decoded: waiting would only even out what nobody sees.
    const alone = Math.max(own - this.video.margin, own - UNEVEN);
    const want = voiced ? Math.min(Math.max(own, voice - LEAD), voice + LAG) : alone;
    this.picture = settle(this.picture, want, voiced ? PICTURE_DOWN : ALONE_DOWN, now - this.pictureAt);
    this.pictureAt = now;
    return this.picture;
  }
}

const pictures = () => new Jitter({ frame: 0, spare: 0, forget: [0.99, 0.96] });

/**
 * Up at once, down slowly.
 * @param {number} current µs
 * @param {number} want µs
 * @param {number} down µs a ms
 * @param {number} passed ms
 */
function settle(current, want, down, passed) {
  if (want >= current) return want;
  const speed = Math.max(down, (current - want) / RELAX);
  return Math.max(want, current - speed * Math.min(1000, Math.max(0, passed)));
}
