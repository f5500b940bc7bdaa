// What comes in during a call: a player for each track, and one delay for each participant.

import { Backlog } from '../lib/backlog.js';
import { Playout } from '../lib/playout.js';
import { Refresh, Skew } from '../lib/sync.js';
import { Stage } from '../lib/talk.js';
import { parseConfig, seatOf, slotOf } from '../lib/wire.js';
import { AudioPlayer } from '../media/audio-player.js';
import { localNow } from '../media/local.js';
import { VideoPlayer } from '../media/video-player.js';
import { signal } from '../vendor/signals-core.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */

const TOO_LATE = 1_500_000; // µs, of a picture: after one is dropped a key frame must come

/**
 * @typedef {object} Person
 * @property {number} seat
 * @property {Playout} playout
 * @property {Skew} skew
 * @property {AudioPlayer} [audio]
 * @property {VideoPlayer} [video]
 * @property {import('../vendor/signals-core.js').Signal<boolean>} speaking
 * @property {import('../vendor/signals-core.js').Signal<boolean>} hasVideo a picture has been drawn and its track goes on
 * @property {import('../vendor/signals-core.js').Signal<boolean>} hasAudio
 * @property {string} name as its config says
 * @property {number} volume 0 to 2
 */

export class Receiver {
  /**
   * @param {import('../lib/clock.js').CallClock} clock
   * @param {import('../media/sound.js').Sound} sound
   */
  constructor(clock, sound) {
    this.clock = clock;
    this.sound = sound;
    /** @type {Map<number, Person>} by seat */
    this.people = new Map();
    this.count = signal(0);
    this.stage = new Stage();
    /** the seat of who is on the stage: the one who has spoken for a while; 0: nobody yet */
    this.onStage = signal(0);
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
        name: '',
        volume: 1,
      };
      this.people.set(seat, p);
      this.count.value = this.people.size;
    }
    return p;
  }

  /**
   * @param {'audio' | 'video'} kind
   * @param {Frame} frame
   * @param {number} now local ms
   */
  frame(kind, frame, now) {
    if (slotOf(frame.track) !== 0) return; // shared screens are not shown yet
    const p = this.person(seatOf(frame.track));
    if (frame.config) p.name = nameOf(frame) || p.name;
    const callNow = this.clock.at(now);
    if (kind === 'audio') {
      if (!p.audio) {
        p.audio = new AudioPlayer(frame.track, this.sound, p.playout);
        this.sound.setVolume(frame.track, p.volume);
      }
      p.audio.frame(frame, now, callNow);
      p.hasAudio.value = true;
      if (!frame.config) this.stage.frame(frame.track, frame.level, now);
      this.onStage.value = seatOf(this.stage.track);
    } else {
      p.video ??= new VideoPlayer(p.playout, new Backlog(TOO_LATE));
      p.video.frame(frame, callNow);
    }
  }

  #draw() {
    const now = localNow();
    const callNow = this.clock.at(now);
    // A picture stays until the next refresh: the one that is nearest to the middle of that time is the right one.
    const middle = this.refresh.interval * 500;
    for (const p of this.people.values()) {
      if (!p.video) continue;
      const voice = p.audio ? (this.sound.voice(p.audio.track)?.delay ?? 0) : 0;
      if (!p.video.draw(callNow - p.playout.show(now, voice) + middle)) continue;
      p.hasVideo.value = true;
      if (p.playout.voiced(now)) p.skew.add(callNow + middle - p.video.shown - voice);
    }
  }

  #tick() {
    const now = localNow();
    for (const p of this.people.values()) {
      const delay = p.playout.delay(now, this.sound.latency);
      if (p.audio) this.sound.setDelay(p.audio.track, delay);
      p.speaking.value = p.audio?.speaking.at(now) ?? false;
    }
    // A hidden page draws nothing; its pictures must go all the same.
    if (document.visibilityState === 'hidden') this.#draw();
  }

  /** A track ended or pauses. @param {'audio' | 'video'} kind @param {number} track */
  gone(kind, track) {
    const p = this.people.get(seatOf(track));
    if (!p || slotOf(track) !== 0) return;
    if (kind === 'audio') {
      p.audio?.close();
      p.audio = undefined;
      this.stage.ended(track);
      this.onStage.value = seatOf(this.stage.track);
      p.hasAudio.value = false;
      p.speaking.value = false;
    } else {
      const next = new VideoPlayer(p.playout, new Backlog(TOO_LATE));
      next.canvases = new Set(p.video?.canvases);
      p.video?.close();
      p.video = next;
      p.hasVideo.value = false;
    }
  }

  /** @param {number | undefined} seat somebody left it */
  left(seat) {
    if (seat === undefined) return;
    this.gone('audio', seat << 2);
    this.gone('video', seat << 2);
  }

  /** How loud one is heard, 0 to 2, where 1 is as he sends. @param {number} seat @param {number} volume */
  setVolume(seat, volume) {
    const p = this.person(seat);
    p.volume = volume;
    if (p.audio) this.sound.setVolume(p.audio.track, volume);
  }

  /** The socket is new: who paused meanwhile will not be heard of. @param {'audio' | 'video'} kind */
  reset(kind) {
    for (const p of this.people.values()) {
      if (kind === 'audio' && p.audio) p.audio.seq = undefined;
      if (kind === 'video' && p.video) p.video.needKey = true;
    }
  }

  /**
   * Draws a seat's picture onto a canvas, until the signal.
   * @param {number} seat
   * @param {HTMLCanvasElement} canvas
   * @param {AbortSignal} until
   */
  show(seat, canvas, until) {
    const p = this.person(seat);
    p.video ??= new VideoPlayer(p.playout, new Backlog(TOO_LATE));
    p.video.canvases.add(canvas);
    until.addEventListener('abort', () => p.video?.canvases.delete(canvas), { once: true });
  }

  close() {
    cancelAnimationFrame(this.raf);
    clearInterval(this.timer);
    for (const p of this.people.values()) {
      p.audio?.close();
      p.video?.close();
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
