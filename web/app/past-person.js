// One participant of the past: voices and pictures, by slot, and what is to be seen of them at a moment.

import { Playout } from '../lib/playout.js';
import { Speaking } from '../lib/speaking.js';
import { Tape } from '../lib/tape.js';
import { parseConfig, slotOf } from '../lib/wire.js';
import { PastVoice } from '../media/past-voice.js';
import { VideoPlayer } from '../media/video-player.js';
import { signal } from '../vendor/signals-core.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */
/** @typedef {{tape: Tape, voice: PastVoice, levels: {pts: number, level: number}[]}} Voice */
/** @typedef {{tape: Tape, player: VideoPlayer}} Picture */

const SOUND_LEAD = 1_200_000; // µs of playing for which sound is decoded ahead: a hidden page wakes once a second
const PICTURE_LEAD = 180_000; // µs of the call; a decoder has few pictures to give
const PREROLL = 80_000; // µs of sound that a decoder needs to be itself
const HOLE = 300_000; // µs without a packet, of which one has 60 ms at most: what comes then is no part of what was before
const GONE = 1_500_000; // µs without a picture, then the track is taken to pause
const NEVER = 1e15; // what comes is not live: no lateness is measured
const RATE = 0.048; // samples a µs

export class PastPerson {
  /**
   * @param {number} seat
   * @param {import('../media/sound.js').Sound} sound
   * @param {import('../media/past-voice.js').Ear} ear
   * @param {() => void} idle called when the decoder of a picture has nothing left to do
   */
  constructor(seat, sound, ear, idle) {
    this.seat = seat;
    this.sound = sound;
    this.ear = ear;
    this.idle = idle;
    this.user = '';
    this.name = '';
    this.hasAudio = signal(false);
    this.hasVideo = signal(false);
    this.hasScreen = signal(false);
    this.speaking = signal(false);
    /** −dBov at the moment shown */
    this.level = 127;
    this.volume = 1;
    /** @type {Map<number, Voice>} by slot */
    this.voices = new Map();
    /** @type {Map<number, Picture>} by slot */
    this.pictures = new Map();
    this.talk = new Speaking();
  }

  /** @param {number} slot @returns {Picture} */
  picture(slot) {
    let p = this.pictures.get(slot);
    if (!p) {
      p = { tape: new Tape('video'), player: new VideoPlayer(new Playout()) };
      p.player.idle = this.idle;
      this.pictures.set(slot, p);
    }
    return p;
  }

  /** @param {number} slot @returns {Voice} */
  #voice(slot) {
    let v = this.voices.get(slot);
    if (!v) {
      v = { tape: new Tape('audio'), voice: new PastVoice((this.seat << 2) | slot, this.sound, this.ear), levels: [] };
      v.voice.volume = this.volume;
      this.voices.set(slot, v);
    }
    return v;
  }

  /**
   * @param {'audio' | 'video'} kind
   * @param {Frame} frame
   */
  add(kind, frame) {
    const slot = slotOf(frame.track);
    if (frame.config) this.#introduce(frame);
    if (kind === 'video') return this.picture(slot).tape.add(frame);
    const v = this.#voice(slot);
    v.tape.add(frame);
    if (!frame.config && slot === 0) v.levels.push({ pts: frame.pts, level: frame.level });
  }

  /** @param {Frame} frame */
  #introduce(frame) {
    try {
      const config = parseConfig(frame);
      this.user = config.user;
      this.name = config.name;
    } catch {
      // its tape will not be decoded either
    }
  }

  /** All that has come is of another place. */
  clear() {
    for (const v of this.voices.values()) {
      v.voice.stop();
      v.tape = new Tape('audio');
      v.levels = [];
    }
    for (const p of this.pictures.values()) {
      p.tape = new Tape('video');
      p.player.move();
    }
    this.talk = new Speaking();
  }

  /**
   * Sound begins at a moment.
   * @param {{pts: number, rate: number, output: number}} from output: when it is heard, µs on the clock of the sound
   */
  begin({ pts, rate, output }) {
    for (const { tape, voice } of this.voices.values()) {
      tape.rewind(pts - PREROLL);
      voice.begin({ rate, input: Math.round(pts * RATE), output: Math.round(output * RATE) });
    }
  }

  /** Silence. */
  stop() {
    for (const { voice } of this.voices.values()) voice.stop();
  }

  /**
   * Decodes what will be due soon.
   * @param {{pts: number, rate: number, output: number} | undefined} segment what is playing; a voice that is new joins it. None: it stands
   * @param {number} pts that is shown now, µs
   * @param {number} sent all up to there has come, µs
   * @param {import('../lib/heard.js').Heard} [without] sound that is not to be heard
   */
  feed(segment, pts, sent, without) {
    for (const { tape, player } of this.pictures.values()) {
      tape.hurry(pts);
      give(tape, player, pts);
      if (player.aim === Infinity && tape.due > pts && (sent >= pts || tape.due < Infinity)) player.aim = tape.taken;
      if (segment) give(tape, player, pts + PICTURE_LEAD);
      tape.trim(pts);
    }
    for (const { tape, voice } of this.voices.values()) {
      if (segment) {
        if (!voice.tempo)
          voice.begin({ ...segment, input: Math.round(segment.pts * RATE), output: Math.round(segment.output * RATE) });
        const upTo = pts + SOUND_LEAD * segment.rate;
        for (let f = tape.take(upTo); f; f = tape.take(upTo)) voice.frame(f, !f.config && without?.has(f));
        if (Math.min(tape.due, sent) > tape.taken + HOLE) voice.rest();
      }
      tape.trim(pts);
    }
  }

  /** Whether a picture of it is on a canvas. */
  get watched() {
    return [...this.pictures.values()].some(({ player }) => player.canvases.size > 0);
  }

  /** How many frames are to be decoded until the pictures of a moment are there, as far as they have come. @param {number} pts µs */
  left(pts) {
    let n = 0;
    for (const { tape, player } of this.pictures.values()) n += tape.left(pts) + player.waiting.length + player.inside;
    return n;
  }

  /** Up to when all sound that has come is decoded, µs; Infinity: all of it. */
  get ready() {
    return Math.min(...[...this.voices.values()].map(({ tape, voice }) => voice.inside[0]?.pts ?? tape.due));
  }

  /** The end of the last sound that is decoded, µs; -Infinity if there is none. */
  get end() {
    return Math.max(...[...this.voices.values()].map(({ voice }) => voice.last?.end ?? -Infinity));
  }

  /** The time of the first sound that no decoder has got yet, µs; Infinity if there is none. */
  get due() {
    return Math.min(...[...this.voices.values()].map(({ tape }) => tape.due));
  }

  /** Whether of all that has come nothing is left that would be shown at a moment. @param {number} pts µs */
  settled(pts) {
    return [...this.pictures.values()].every(({ tape, player }) => tape.due > pts && player.settled(pts));
  }

  /** Whether the pictures of the moment that was gone to are on their canvases, as far as they have come. */
  get seen() {
    return [...this.pictures.values()].every(
      ({ tape, player }) => player.canvases.size === 0 || tape.items.length === 0 || player.shown >= player.aim,
    );
  }

  /** Draws, and says what is to be seen. @param {number} pts that is shown now, µs */
  show(pts) {
    for (const [slot, { tape, player }] of this.pictures) {
      player.draw(pts);
      const here = player.shown >= 0 && (Math.abs(pts - player.shown) < GONE || tape.due < pts + GONE);
      if (slot === 0) this.hasVideo.value = here;
      else this.hasScreen.value = here;
    }
    const v = this.voices.get(0);
    while (v && v.levels.length > 0 && v.levels[0].pts <= pts) {
      const { pts: at, level } = /** @type {{pts: number, level: number}} */ (v.levels.shift());
      this.level = level;
      this.talk.frame(level, at / 1000);
    }
    this.speaking.value = this.talk.at(pts / 1000);
    this.hasAudio.value = v !== undefined && (v.tape.due < pts + GONE || v.levels.length > 0);
  }

  /** The times of the pictures close to a moment, of those that are on a canvas. @param {number} pts µs @param {number} around µs */
  times(pts, around) {
    return [...this.pictures.values()].flatMap(({ tape, player }) =>
      player.canvases.size > 0 ? tape.times(pts, around) : [],
    );
  }

  /** @param {number} volume 0 to 2 */
  setVolume(volume) {
    this.volume = volume;
    for (const { voice } of this.voices.values()) voice.setVolume(volume);
  }

  /** The sound that is decoded is heard to its end. @returns {{track: number, last: PastVoice['last']}[]} of each voice the last packet of it */
  finish() {
    return [...this.voices.values()].map(({ voice }) => {
      voice.finish();
      return { track: voice.track, last: voice.last };
    });
  }

  /** Its pictures; its voices are stopped, or end by themselves. */
  close() {
    for (const { player } of this.pictures.values()) player.close();
  }
}

/** Gives the decoder what is due up to a time, as far as it takes it. @param {Tape} tape @param {VideoPlayer} player @param {number} upTo µs */
function give(tape, player, upTo) {
  while (!player.full) {
    const f = tape.take(upTo);
    if (!f) return;
    player.frame(f, NEVER);
  }
}
