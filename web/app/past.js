// A call as it was: played from any moment on, at any speed, with all that is needed to show it. The page of a running call uses it to
// go back, the page of a replay to play it.

import { PastLink } from '../lib/past-link.js';
import { LIVE, PlayClock } from '../lib/play-clock.js';
import { stepTo } from '../lib/step.js';
import { turns } from '../lib/turns.js';
import { seatOf } from '../lib/wire.js';
import { localNow } from '../media/local.js';
import { Sound } from '../media/sound.js';
import { signal } from '../vendor/signals-core.js';
import { socketURL } from './api.js';
import { PastPerson } from './past-person.js';

/**
 * @typedef {'closed' | 'connecting' | 'buffering' | 'playing' | 'paused' | 'ended'} PastState
 * connecting: the socket is not there (yet, or again); buffering: it plays as soon as enough has come; ended: at the end of a
 * call that is over
 */

/**
 * @typedef {object} Seam where a voice of the past ends and the live one goes on
 * @property {number} track
 * @property {number} pts of the last packet that is heard of the past, µs
 * @property {number} end of it, or what is shown if that is later, µs
 * @property {number} at local ms at which that is heard, or later
 */

/**
 * @typedef {object} Seams where the past ends and live goes on
 * @property {Seam[]} seams of the voices that the past has
 * @property {Omit<Seam, 'track'>} others where those go on that it has not met: who began to speak a moment ago
 */

const AHEAD = 4_000_000; // µs of playing that are asked for ahead
const FIRST = 400_000; // the same after a seek, until its pictures are there: what else comes would delay them
const ENOUGH = 300_000; // µs of playing that must have come before it begins
const NEAR = 1_500_000; // µs before the edge of a running call, where nothing is waited for
const SOON = 60; // ms from a decision to play until the first sound is mixed: so long its decoders have
const MOST_SOON = 2000; // ms of the same on a machine that has turned out to be slower
const OUT = 150_000; // µs of playing before what has come runs out: who catches up goes over to what comes live
const LOOK = 300; // ms that the sound waits after a seek for the pictures: both at once would be late
const AT_ONCE = navigator.hardwareConcurrency || 2; // pictures that are decoded at once after a seek
const STEP = 40_000; // µs that are gone back where no picture is known
const RATE = 0.048; // samples a µs
const AROUND = 500_000; // µs around what is shown in which a next picture is looked for

export class Past {
  /** @param {string} call its ID, or what else stands in the path @param {string} [path] of its sockets */
  constructor(call, path = '/media/past/') {
    this.call = call;
    this.state = signal(/** @type {PastState} */ ('closed'));
    /** what is shown, µs on the call's clock, told ten times a second; `now` says it exactly */
    this.time = signal(0);
    /** how far the call goes by now, µs */
    this.end = signal(0);
    this.live = signal(false); // the call runs
    /** it runs, and what is shown is as late as live sound is, or, played faster than time goes, soon at the end of what has come */
    this.caught = signal(false);
    this.rate = signal(1);
    /** why it closed for good */
    this.reason = signal('');
    /** @type {Map<number, PastPerson>} by seat */
    this.people = new Map();
    this.count = signal(0); // of them
    this.clock = new PlayClock();
    this.sound = new Sound('interactive');
    this.begun = 0; // local ms when what was sought last began to come
    this.soon = SOON;
    this.wanted = signal(false); // whether it shall play
    /** what is playing: `pts` is heard at `output`, µs on the sound's clock @type {{pts: number, rate: number, output: number} | undefined} */
    this.segment = undefined;
    /** sound that is not to be heard @type {import('../lib/heard.js').Heard | undefined} */
    this.without = undefined;
    this.link = new PastLink({
      connect: () => {
        const socket = new WebSocket(socketURL(path + call));
        socket.binaryType = 'arraybuffer';
        return socket;
      },
      now: localNow,
      place: () => ({ at: this.now(), until: this.#until(FIRST) }),
      open: () => this.#wait(),
      begin: () => {
        if (this.state.value === 'playing') this.#stand('buffering');
        this.#clear();
        this.begun = localNow();
      },
      frames: (kind, frames) => {
        for (const f of frames) this.person(seatOf(f.track)).add(kind, f);
        if (kind === 'video' && !this.segment) this.#feed(this.now()); // a picture that is waited for is not to wait for a tick
      },
      moved: () => this.#tick(),
      closed: (_code, reason) => {
        this.reason.value = reason;
        this.close();
      },
      lost: () => this.#stand('connecting'),
    });
    this.raf = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    /** @type {import('../media/past-voice.js').Ear} */
    this.ear = { mixed: () => (output(localNow()) + this.sound.latency) * RATE, late: (pts) => this.#again(pts) };
  }

  /**
   * Connects, and plays if that is wanted. Call it from a click: sound needs one.
   * @param {{at?: number, play?: boolean, rate?: number}} [how] at: µs on the call's clock
   */
  async open({ at = 0, play = true, rate = 1 } = {}) {
    this.state.value = 'connecting';
    this.clock.seek(at, localNow());
    this.clock.rate = rate;
    this.rate.value = rate;
    this.time.value = at;
    this.wanted.value = play;
    await this.sound.open();
    if (!this.connected) return; // closed meanwhile
    // Its time is not the call's but that of playing; where in the call it is, the voices know.
    this.sound.follow(/** @type {any} */ ({ known: true, at: output }));
    this.link.start();
    const draw = () => {
      this.raf = requestAnimationFrame(draw);
      this.#draw();
    };
    draw();
    this.timer = setInterval(() => this.#tick(), 50);
  }

  /** Whether it is open, or about to be. */
  get connected() {
    return this.state.value !== 'closed';
  }

  /** What is shown now, µs on the call's clock. */
  now = () => this.clock.at(localNow());

  /** Whether it stands and what is shown is what was to be seen at that moment: of each track the last picture that is not later. */
  get settled() {
    const { link, state } = this;
    if (state.value !== 'paused' && state.value !== 'ended') return false;
    const pts = this.now();
    if (link.current !== link.id || link.sent < Math.min(pts, link.end)) return false;
    return [...this.people.values()].every((p) => p.settled(pts));
  }

  play() {
    this.wanted.value = true;
    if (this.state.value === 'ended') this.seek(0);
    else if (this.state.value === 'paused') this.#wait();
  }

  pause() {
    this.wanted.value = false;
    if (this.state.value === 'playing' || this.state.value === 'buffering') this.#stand('paused');
  }

  /** @param {number} pts µs on the call's clock; kept within the call */
  seek(pts) {
    const now = localNow();
    const edge = this.link.edge(now); // 0: not known yet; then the server says how far it goes
    const to = Math.max(0, edge > 0 ? Math.min(pts, edge - (this.link.live ? LIVE : 0)) : pts);
    this.#clear();
    this.clock.stop(now);
    this.clock.seek(to, now);
    this.time.value = to;
    this.caught.value = false;
    this.link.seek(to, this.#until(FIRST));
    if (this.link.ready) this.#wait();
  }

  /** Stands, and shows the next picture of those that are shown, or the one before. @param {1 | -1} by */
  step(by) {
    this.pause();
    const now = this.now();
    const to = stepTo(
      [...this.people.values()].flatMap((p) => p.times(now, AROUND)),
      now,
      by,
    );
    if (by < 0) this.seek(to ?? now - STEP);
    else if (to !== undefined && to <= this.link.edge(localNow())) {
      this.clock.seek(to, localNow());
      this.#tick();
    }
  }

  /** @param {number} rate 0.5 to 4 */
  setRate(rate) {
    this.rate.value = rate;
    const playing = this.state.value === 'playing';
    if (playing) this.#stand('buffering');
    this.clock.setRate(rate, localNow());
    this.#tick();
  }

  /** @param {number} seat @param {number} volume 0 to 2 */
  setVolume(seat, volume) {
    this.person(seat).setVolume(volume);
  }

  /**
   * Draws a seat's picture onto a canvas, until the signal.
   * @param {number} seat
   * @param {HTMLCanvasElement} canvas
   * @param {AbortSignal} until
   * @param {number} [slot] 0: camera, 1: shared screen
   */
  show(seat, canvas, until, slot = 0) {
    const { player } = this.person(seat).picture(slot);
    player.attach(canvas);
    until.addEventListener('abort', () => player.canvases.delete(canvas), { once: true });
  }

  /** The last third of a second of what is heard. */
  heard() {
    return this.sound.heard();
  }

  /**
   * Closes, after the sound that is decoded has been heard. However slow decoders were, what comes live is taken up as soon as it may be: what is
   * not decoded by then raises its voice's delay by as much as it needs, and is heard whole (AudioPlayer).
   * @returns {Seams}
   */
  finish() {
    const now = localNow();
    const soon = now + SOON + this.sound.latency / 1000;
    const shown = this.clock.at(now);
    const seams = [...this.people.values()]
      .flatMap((p) => p.finish())
      .map(({ track, last }) => {
        const { pts } = last ?? { pts: shown };
        const end = Math.max(shown, last?.end ?? 0); // of what was said before, all has been heard
        return { track, pts, end, at: Math.max(soon, this.clock.when(end)) };
      });
    this.#close();
    setTimeout(() => void this.sound.close(), Math.max(soon, ...seams.map((s) => s.at)) - now);
    return { seams, others: { pts: shown, end: shown, at: soon } };
  }

  close() {
    for (const p of this.people.values()) p.stop();
    this.#close();
    void this.sound.close();
  }

  #close() {
    cancelAnimationFrame(this.raf);
    clearInterval(this.timer);
    this.link.stop();
    for (const p of this.people.values()) p.close();
    this.state.value = 'closed';
  }

  /** @param {number} seat @returns {PastPerson} known from now on */
  person(seat) {
    let p = this.people.get(seat);
    if (!p) {
      p = new PastPerson(seat, this.sound, this.ear, () => {
        if (!this.segment) this.#feed(this.now());
      });
      this.people.set(seat, p);
      this.count.value = this.people.size;
    }
    return p;
  }

  /** Up to where frames are wanted. @param {number} ahead µs of playing */
  #until(ahead) {
    return this.now() + ahead * Math.max(1, this.clock.rate);
  }

  /** Whether the pictures of a moment that was just gone to are not all there. @param {number} now local ms */
  #looking(now) {
    const { link } = this;
    if (this.segment) return false;
    if (link.current !== link.id) return true;
    return (
      now - this.begun < LOOK && (link.sent < this.clock.at(now) || ![...this.people.values()].every((p) => p.seen))
    );
  }

  /** A new place: what was known of the old one is not of it. */
  #clear() {
    this.#silence();
    for (const p of this.people.values()) p.clear();
  }

  #silence() {
    this.segment = undefined;
    for (const p of this.people.values()) p.stop();
  }

  /** Stands still, after what is mixed already. @param {PastState} state */
  #stand(state) {
    if (this.state.value === 'closed') return;
    this.clock.stop(localNow() + this.sound.latency / 1000);
    this.#silence();
    this.state.value = state;
  }

  /** Sound from a moment on came too late to be heard: the moment comes again, with more time for decoders. @param {number} pts µs */
  #again(pts) {
    if (this.state.value !== 'playing') return;
    if (this.clock.rate > 1 && this.#near(pts)) {
      this.caught.value = true; // what comes live goes on from there
      return;
    }
    this.soon = Math.min(MOST_SOON, 2 * this.soon);
    this.#back(pts);
  }

  /** Stands, to play on from a moment. @param {number} pts µs */
  #back(pts) {
    this.#stand('buffering');
    this.clock.seek(pts, localNow());
  }

  /** Whether a moment is as late as what has been sent may be behind a call that runs. @param {number} pts µs */
  #near(pts) {
    return this.link.live && this.link.edge(localNow()) - pts < NEAR;
  }

  /** Plays as soon as there is enough, if it shall play. */
  #wait() {
    this.#stand(this.wanted.value ? 'buffering' : 'paused');
    this.#tick();
  }

  /** Whether enough has come to go on. @param {number} pts @param {number} now */
  #enough(pts, now) {
    const { link } = this;
    if (!link.ready || this.#looking(now)) return false;
    if (this.#near(pts)) return true;
    return link.sent >= Math.min(pts + ENOUGH * this.clock.rate, link.until);
  }

  #begin() {
    const start = localNow() + this.soon + this.sound.latency / 1000;
    const pts = this.clock.at(start);
    this.clock.start(start);
    this.segment = { pts, rate: this.clock.rate, output: output(start) };
    for (const p of this.people.values()) p.begin(this.segment);
    this.state.value = 'playing';
  }

  #tick() {
    if (this.state.value === 'closed') return;
    const now = localNow();
    const { link } = this;
    const edge = link.edge(now);
    let pts = this.clock.at(now);
    if (this.state.value === 'playing') {
      if (!link.live && pts >= edge) {
        this.#stand('ended');
        this.clock.seek(edge, now);
        pts = edge;
      } else if (this.#due < pts) this.#again(this.#due);
      else if (pts > link.sent && !this.#near(pts)) this.#back(Math.min(pts, this.#come));
    } else if (this.state.value === 'buffering' && this.#enough(pts, now)) this.#begin();
    if (link.ready && !this.#looking(now)) link.want(this.#until(AHEAD));
    this.#feed(pts);
    if (Math.abs(pts - this.time.value) >= 100_000 || !this.segment) this.time.value = pts;
    this.end.value = edge;
    this.live.value = link.live;
    this.caught.value = link.live && link.ready && (edge - pts <= LIVE || (this.#near(pts) && this.#running(pts)));
    if (document.visibilityState === 'hidden') this.#draw(); // decoded pictures must go all the same
  }

  /** The time of the first sound that no decoder has got yet, µs. */
  get #due() {
    return Math.min(...[...this.people.values()].map((p) => p.due));
  }

  /** Whether who plays faster than time goes will soon have heard all that has come. @param {number} pts µs */
  #running(pts) {
    if (this.state.value !== 'playing' || this.clock.rate <= 1) return false;
    const ready = Math.min(...[...this.people.values()].map((p) => p.ready));
    return (ready < Infinity ? ready : this.#come) - pts < OUT * this.clock.rate;
  }

  /** How far the sound has come, µs. */
  get #come() {
    return Math.max(this.link.sent, ...[...this.people.values()].map((p) => p.end));
  }

  /** @param {number} pts µs */
  #feed(pts) {
    const { link } = this;
    const sent = link.current === link.id ? link.sent : -1;
    const all = [...this.people.values()];
    const watched = all.filter((p) => p.watched);
    const first = watched.length > 0 ? watched : all; // nobody waits for what is on no canvas
    const now = this.#looking(localNow()) ? turns(first, (p) => p.left(pts), AT_ONCE) : all;
    for (const p of now) p.feed(this.segment, pts, sent, this.without);
  }

  #draw() {
    if (this.link.current !== this.link.id) return; // on its way elsewhere: the last picture stays
    const pts = this.now();
    if (!this.segment) this.#feed(pts); // a long run to the moment goes to the decoders in parts
    for (const p of this.people.values()) p.show(pts);
  }
}

/** The sound's own clock, µs. @param {number} local ms */
const output = (local) => Math.round((local - performance.timeOrigin) * 1000);
