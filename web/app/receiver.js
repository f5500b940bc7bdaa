// What comes in during a call: a player for each picture, what is known of each voice, and how pictures keep to voices.

import { Backlog } from '../lib/backlog.js';
import { Playout } from '../lib/playout.js';
import { Refresh, Skew } from '../lib/sync.js';
import { parseConfig, seatOf, slotOf } from '../lib/wire.js';
import { localNow } from '../media/local.js';
import { VideoPlayer } from '../media/video-player.js';
import { signal } from '../vendor/signals-core.js';
import { Watching } from './watching.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */
/** @typedef {import('../media/audio-line.js').VoiceReport} VoiceReport */
/** @typedef {{track: number, report?: VoiceReport}} Heard a voice, which is decoded in the worker of the sound */

const TOO_LATE = 1_500_000; // µs, of a picture: after one is dropped a key frame must come

/**
 * @typedef {object} Screen a shared screen: its picture and sound keep time with each other, not with the voice
 * @property {Playout} playout
 * @property {VideoPlayer} [video]
 * @property {Heard} [audio]
 * @property {import('../vendor/signals-core.js').Signal<boolean>} shared there is one, seen or not
 * @property {import('../vendor/signals-core.js').Signal<boolean>} hasVideo
 * @property {import('../vendor/signals-core.js').Signal<string>} off
 */

/**
 * @typedef {object} Person
 * @property {number} seat
 * @property {Playout} playout
 * @property {Skew} skew
 * @property {Heard} [audio]
 * @property {VideoPlayer} [video]
 * @property {import('../vendor/signals-core.js').Signal<boolean>} speaking
 * @property {import('../vendor/signals-core.js').Signal<boolean>} hasVideo a picture has been drawn and its track goes on
 * @property {import('../vendor/signals-core.js').Signal<boolean>} hasAudio
 * @property {import('../vendor/signals-core.js').Signal<string>} off why the camera's picture does not come for now: 'line', or empty
 * @property {Screen} screen what it shares
 * @property {string} name as its config says
 * @property {number} volume 0 to 2
 */

export class Receiver {
  /**
   * @param {import('../lib/clock.js').CallClock} clock
   * @param {import('../media/sound.js').Sound} sound
   * @param {import('../media/audio-line.js').AudioLine} line
   * @param {(message: object) => void} tell the video socket's server
   */
  constructor(clock, sound, line, tell) {
    this.clock = clock;
    this.sound = sound;
    this.line = line;
    /** @type {Map<number, Person>} by seat */
    this.people = new Map();
    this.count = signal(0);
    /** the seat of who is on the stage: the one who has spoken for a while; 0: nobody yet */
    this.onStage = signal(0);
    this.watching = new Watching(this.people, tell);
    this.refusals = { audio: '', video: '' };
    this.raf = 0;
    this.refresh = new Refresh();
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
  }

  start() {
    const draw = (/** @type {number} */ at) => {
      this.raf = requestAnimationFrame(draw);
      this.refresh.tick(at);
      this.#draw();
    };
    draw(performance.now());
    this.timer = setInterval(() => this.#tick(), 50);
  }

  /** @param {number} seat @returns {Person} */
  person(seat) {
    let p = this.people.get(seat);
    if (!p) {
      p = {
        seat,
        playout: new Playout(),
        skew: new Skew(),
        speaking: signal(false),
        hasVideo: signal(false),
        hasAudio: signal(false),
        off: signal(''),
        screen: { playout: new Playout(), shared: signal(false), hasVideo: signal(false), off: signal('') },
        name: '',
        volume: 1,
      };
      this.people.set(seat, p);
      this.count.value = this.people.size;
    }
    return p;
  }

  /** Of a picture. @param {Frame} frame @param {number} now local ms */
  frame(frame, now) {
    const { p, side } = this.#side(frame.track);
    if (frame.config) this.introduce(frame);
    const fresh = !side.video;
    side.video ??= new VideoPlayer(side.playout, new Backlog(TOO_LATE));
    side.video.frame(frame, this.clock.at(now));
    if (side === p.screen) p.screen.shared.value = true;
    if (fresh) this.watching.changed();
  }

  /** @param {number} track */
  #side(track) {
    const p = this.person(seatOf(track));
    return { p, side: slotOf(track) === 0 ? p : p.screen };
  }

  /** A config says who it is. @param {Frame} frame */
  introduce(frame) {
    const p = this.person(seatOf(frame.track));
    p.name = nameOf(frame) || p.name;
  }

  /** There is a voice. @param {number} track @param {SharedArrayBuffer | undefined} memory of its ring, if it is shared */
  voice(track, memory) {
    const { p, side } = this.#side(track);
    side.audio = { track };
    this.sound.voices.know(track, memory);
    this.sound.setVolume(track, p.volume);
    if (side === p) p.hasAudio.value = true;
  }

  /** How the voices are doing. @param {import('../media/audio-line.js').Report} report */
  voices({ voices, speaking, stage }) {
    for (const report of voices) {
      const { side } = this.#side(report.track);
      if (side.audio?.track !== report.track) continue; // it has ended meanwhile
      side.audio.report = report;
      side.playout.heard(report.heardAt);
    }
    for (const p of this.people.values()) p.speaking.value = p.audio !== undefined && speaking.includes(p.seat);
    this.onStage.value = stage;
  }

  #draw() {
    const now = localNow();
    const callNow = this.clock.at(now);
    // A picture stays until the next refresh: the one that is nearest to the middle of that time is the right one.
    const middle = this.refresh.interval * 500;
    for (const p of this.people.values()) {
      for (const side of [p, p.screen]) {
        if (!side.video) continue;
        const voice = side.audio ? (this.sound.voices.voice(side.audio.track)?.delay ?? 0) : 0;
        if (!side.video.draw(callNow - side.playout.show(now, voice) + middle)) continue;
        side.hasVideo.value = true;
        side.off.value = '';
        this.watching.begin();
        if (side === p && p.playout.voiced(now)) p.skew.add(callNow + middle - side.video.shown - voice);
      }
    }
  }

  #tick() {
    const now = localNow();
    const callNow = this.clock.at(now);
    /** @type {[number, number][]} */
    const pictures = [];
    let late = Infinity;
    for (const p of this.people.values()) {
      for (const { audio, video, playout } of [p, p.screen]) {
        if (!audio || !video) continue;
        const need = playout.need(callNow);
        pictures.push([audio.track, need]);
        const voice = this.sound.voices.voice(audio.track)?.delay ?? 0;
        if (need > 0 && playout.voiced(now)) late = Math.min(late, need - voice);
      }
    }
    if (document.visibilityState === 'visible') this.watching.late(now, late);
    this.line.pace(this.sound.latency, pictures);
    // A hidden page draws nothing; its pictures must go all the same.
    if (document.visibilityState === 'hidden') this.#draw();
  }

  /** A track ended or pauses. @param {'audio' | 'video'} kind @param {number} track */
  gone(kind, track) {
    const p = this.people.get(seatOf(track));
    if (!p) return;
    const side = slotOf(track) === 0 ? p : p.screen;
    if (kind === 'audio') {
      if (side.audio) this.sound.voices.forget(track);
      side.audio = undefined;
      side.playout.mute();
      if (side !== p) return;
      p.hasAudio.value = false;
      p.speaking.value = false;
    } else {
      const next = new VideoPlayer(side.playout, new Backlog(TOO_LATE));
      next.canvases = new Set(side.video?.canvases);
      side.video?.close();
      side.video = next;
      side.playout.blind();
      side.hasVideo.value = false;
      side.off.value = '';
      if (side === p.screen) p.screen.shared.value = false;
    }
  }

  /** Pictures that have come and are not shown yet will not be. */
  halt() {
    for (const p of this.people.values()) for (const side of [p, p.screen]) side.video?.move();
  }

  /** Nothing of a track comes for now. @param {number} track @param {string} reason */
  off(track, reason) {
    const p = this.people.get(seatOf(track));
    const side = p && (slotOf(track) === 0 ? p : p.screen);
    if (!side) return;
    side.off.value = reason;
    side.hasVideo.value = false;
  }

  /** @param {number | undefined} seat somebody left it */
  left(seat) {
    if (seat === undefined) return;
    for (const slot of [0, 1]) {
      this.line.end((seat << 2) | slot);
      this.gone('audio', (seat << 2) | slot);
      this.gone('video', (seat << 2) | slot);
    }
  }

  /** How loud one is heard, 0 to 2, where 1 is as he sends. @param {number} seat @param {number} volume */
  setVolume(seat, volume) {
    const p = this.person(seat);
    p.volume = volume;
    for (const side of [p, p.screen]) if (side.audio) this.sound.setVolume(side.audio.track, volume);
  }

  /** The socket of the pictures is new: who paused meanwhile will not be heard of. */
  reset() {
    for (const p of this.people.values()) {
      p.screen.shared.value = false;
      for (const side of [p, p.screen]) if (side.video) side.video.needKey = true;
    }
  }

  /**
   * Draws a seat's picture onto a canvas, until the signal. How large the canvas is shown decides which rendition comes.
   * @param {number} seat
   * @param {HTMLCanvasElement} canvas
   * @param {AbortSignal} until
   * @param {number} [slot] 1: the shared screen
   * @param {boolean} [awaited] it is sent, so a picture will come
   */
  show(seat, canvas, until, slot = 0, awaited = false) {
    const p = this.person(seat);
    const side = slot === 0 ? p : p.screen;
    side.video ??= new VideoPlayer(side.playout, new Backlog(TOO_LATE));
    side.video.attach(canvas);
    if (awaited) side.video.await();
    this.watching.add(canvas);
    const stop = () => {
      side.video?.canvases.delete(canvas);
      this.watching.remove(canvas);
    };
    until.addEventListener('abort', stop, { once: true });
  }

  close() {
    cancelAnimationFrame(this.raf);
    clearInterval(this.timer);
    this.watching.close();
    for (const p of this.people.values()) {
      for (const side of [p, p.screen]) side.video?.close();
    }
    this.people.clear();
  }
}

/** @param {Frame} frame */
function nameOf(frame) {
  try {
    return parseConfig(frame).name;
  } catch {
    return '';
  }
}
