// The page of a replay, apart from how it looks: what happened in the call, its player, who is heard, and where one was.

import { COLORS } from '../lib/color.js';
import { inLink, moveEdge, partAround } from '../lib/part.js';
import { peekAt, peekTracks } from '../lib/peek.js';
import { act, nextRate, timeAt } from '../lib/ruler.js';
import { covers, lanes, moments, nextSpeaker, previousSpeaker, signsAt, skipSilence, union } from '../lib/story.js';
import { t } from '../lib/words.js';
import { able, barred } from '../media/able.js';
import { computed, effect, signal } from '../vendor/signals-core.js';
import { get } from './api.js';
import { Past } from './past.js';
import { Peek } from './peek.js';
import { recall, remember } from './settings.js';

/** @typedef {import('../lib/story.js').Story} Story */
/** @typedef {import('../lib/story.js').Lane} Lane */
/** @typedef {import('./peek.js').Seen} Seen */
/** @typedef {{name: string, seat: number}} View name: 'all', 'eyes' (what that one saw) or 'only' */

const PLACES = 40; // calls of which the place is remembered
const SAVE = 4_000_000; // µs between notes of the place
const EDGE = 8_000_000; // µs at begin and end that are not worth remembering

/** @implements {Seen} */
export class Replay {
  /**
   * @param {import('./app.js').App} app
   * @param {string} id of the call, or the token of a clip
   * @param {boolean} [clip]
   */
  constructor(app, id, clip = false) {
    this.app = app;
    this.id = id;
    this.clip = clip;
    const path = clip ? '/media/clip/' : '/media/past/';
    this.past = new Past(id, path);
    this.peek = new Peek(id, path);
    this.story = signal(/** @type {Story | undefined} */ (undefined));
    this.failed = signal('');
    this.muted = signal(/** @type {ReadonlySet<number>} seats */ (new Set()));
    this.volumes = signal(/** @type {ReadonlyMap<number, number>} by seat */ (new Map()));
    /** seat of the only one who is heard; 0: none */
    this.solo = signal(0);
    this.silent = signal(false);
    this.skipping = signal(false);
    this.view = signal(/** @type {View} */ ({ name: 'all', seat: 0 }));
    this.lanes = computed(() => (this.story.value ? lanes(this.story.value) : []));
    this.moments = computed(() => (this.story.value ? moments(this.story.value) : []));
    this.range = computed(() => {
      const s = this.story.value;
      return { zero: s?.zero ?? 0, end: Math.max(s?.end ?? 0, this.past.end.value) };
    });
    this.voices = computed(() => union(this.lanes.value.filter((l) => this.audible(l.seat)).flatMap((l) => l.talk)));
    /** seats that are in at the moment shown, as a text: it changes only when they do */
    this.present = computed(() => {
      const now = Math.min(this.past.time.value, this.range.value.end - 1);
      return this.lanes.value
        .filter((l) => covers(l.here, now))
        .map((l) => l.seat)
        .join(' ');
    });
    /** hands and reactions to be seen at the moment shown, as a text of "seat:signs": it changes only when they do */
    this.signs = computed(() => signsAt(this.lanes.value, this.past.time.value));
    /** what is marked to be shown to others @type {import('../vendor/signals-core.js').Signal<import('../lib/part.js').Part | undefined>} */
    this.part = signal(/** @type {import('../lib/part.js').Part | undefined} */ (undefined));
    /** µs where it stops by itself: the end of a part; Infinity: nowhere */
    this.stopAt = Infinity;
    this.saved = 0;
    /** @type {(() => void)[]} */
    this.undo = [];
  }

  /** Fetches what happened and shows the moment, or the part. @param {number | undefined} at s, of the link @param {number} [to] s, where it stops */
  async open(at, to) {
    try {
      this.story.value = /** @type {Story} */ (await get(`/api/${this.clip ? 'clips' : 'calls'}/${this.id}/timeline`));
    } catch (error) {
      this.failed.value = error instanceof Error ? error.message : t('error.unreachable');
      return;
    }
    const bar = barred(await able());
    if (bar) {
      this.failed.value = t(`browser.${bar}`);
      return;
    }
    const { zero, end } = this.story.value;
    const place = at === undefined ? places()[this.id] : undefined;
    const from = at !== undefined ? at * 1e6 : (place ?? 0) * 1e6;
    const resumed = place !== undefined && from < end - EDGE;
    const play = navigator.userActivation?.hasBeenActive ?? true;
    if (at !== undefined && to !== undefined && to > at) {
      this.part.value = { from, to: Math.min(end, to * 1e6) };
      this.stopAt = this.part.value.to;
    }
    await this.past.open({ at: Math.min(end, Math.max(zero, at === undefined && !resumed ? zero : from)), play });
    if (resumed) this.app.notices.show(t('replay.resumed'));
    this.undo.push(
      effect(() => this.#volumes()),
      effect(() => this.#moved(this.past.time.value)),
    );
  }

  close() {
    for (const u of this.undo) u();
    this.past.close();
    this.peek.close();
  }

  /** @param {number} seat @returns {{name: string, color: string}} */
  person(seat) {
    const lane = this.lanes.value.find((l) => l.seat === seat);
    const user = this.app.world.value.users.get(lane?.user ?? '');
    return {
      name: user?.name || lane?.name || this.past.people.get(seat)?.name || t('person.unknown'),
      color: user?.color || COLORS[seat % COLORS.length],
    };
  }

  span() {
    return this.range.value;
  }

  /** @param {number} at µs */
  place(at) {
    return peekAt(this.range.value, at);
  }

  /** @param {number} at µs @param {number} [seat] */
  tracks(at, seat) {
    return peekTracks(this.lanes.value, Math.min(at, this.range.value.end - 1), seat);
  }

  /** @param {number} at µs */
  speakers(at) {
    return this.lanes.value.filter((l) => covers(l.talk, at)).map((l) => this.person(l.seat).name);
  }

  /** The hand and the reactions of a seat at the moment shown. @param {number} seat */
  signsOf(seat) {
    const own = this.signs.value.split(' ').find((s) => s.startsWith(`${seat}:`));
    return own?.slice(own.indexOf(':') + 1) ?? '';
  }

  /** @param {number} seat */
  audible(seat) {
    return this.solo.value ? this.solo.value === seat : !this.muted.value.has(seat);
  }

  #volumes() {
    void this.past.count.value; // they become known as they come
    const { value: volumes } = this.volumes;
    for (const seat of new Set([...this.lanes.value.map((l) => l.seat), ...this.past.people.keys()])) {
      const on = !this.silent.value && this.audible(seat);
      this.past.setVolume(seat, on ? (volumes.get(seat) ?? 1) : 0);
    }
  }

  /** @param {number} now µs */
  #moved(now) {
    const { past } = this;
    if (this.skipping.value && past.state.value === 'playing') {
      const to = skipSilence(this.voices.value, now, this.range.value.end);
      if (to !== undefined) queueMicrotask(() => past.seek(to));
    }
    if (now >= this.stopAt && past.state.value === 'playing') {
      this.stopAt = Infinity;
      queueMicrotask(() => past.pause());
    }
    if (Math.abs(now - this.saved) > SAVE) this.#save(now);
  }

  /** Marks a part: its edge is the moment shown. @param {'from' | 'to'} edge @param {number} [at] µs, another moment */
  mark(edge, at = this.past.time.value) {
    const range = this.range.value;
    this.part.value = moveEdge(this.part.value ?? partAround(range, at), edge, at, range);
  }

  /** Begins to mark a part around the moment shown, or gives it up. */
  cut() {
    this.part.value = this.part.value ? undefined : partAround(this.range.value, this.past.time.value);
    this.stopAt = Infinity;
  }

  /** Plays the part that is marked. */
  playPart() {
    const { value: part } = this.part;
    if (!part) return;
    this.seek(part.from);
    this.stopAt = part.to;
    void this.past.sound.context.resume();
    this.past.play();
  }

  /** @param {number} now µs */
  #save(now) {
    this.saved = now;
    const { zero, end } = this.range.peek();
    const all = places();
    delete all[this.id]; // it goes to the end
    if (now > zero + EDGE && now < end - EDGE) all[this.id] = Math.round(now / 1e6);
    remember('replay.places', JSON.stringify(Object.fromEntries(Object.entries(all).slice(-PLACES))));
  }

  /** @param {number} to µs */
  seek(to) {
    const { zero, end } = this.range.value;
    this.stopAt = Infinity;
    if (this.past.connected) this.past.seek(Math.min(end, Math.max(zero, to)));
  }

  toggle() {
    const { past } = this;
    const ended = past.state.value === 'ended';
    if (past.wanted.value && !ended) return past.pause();
    void past.sound.context.resume(); // there was no gesture yet when it was opened
    if (ended) this.seek(this.range.value.zero);
    past.play();
  }

  /** @param {number} seat */
  mute(seat) {
    const next = new Set(this.muted.value);
    if (!next.delete(seat)) next.add(seat);
    this.muted.value = next;
  }

  /** @param {number} seat @param {number} volume 0 to 2 */
  setVolume(seat, volume) {
    this.volumes.value = new Map(this.volumes.value).set(seat, volume);
  }

  /** To the next time that somebody else takes the word. */
  next() {
    const next = nextSpeaker(this.lanes.value, this.past.time.value);
    if (next) this.seek(next.at);
    else this.app.notices.show(t('replay.next.none'));
  }

  /** To the begin of the present turn of a speaker, or of the one before. */
  previous() {
    const to = previousSpeaker(this.lanes.value, this.past.time.value);
    if (to) this.seek(to.at);
    else this.app.notices.show(t('replay.previous.none'));
  }

  /** The address of this moment, or of the part that is marked. */
  link() {
    if (this.clip) return location.href;
    const part = this.part.value;
    const when = part ? `${inLink(part.from)}&to=${inLink(part.to)}` : inLink(Math.max(0, this.past.time.value));
    return `${location.href.replace(/#.*/, '')}#/r/${this.id}?t=${when}`;
  }

  /**
   * Does what a key does, except for what concerns the page.
   * @param {string} key
   * @returns {ReturnType<typeof act>} what it is
   */
  key(key) {
    const a = act(key);
    const { past } = this;
    switch (a?.do) {
      case 'toggle':
        this.toggle();
        break;
      case 'by':
        this.seek(past.now() + a.seconds * 1e6);
        break;
      case 'to':
        this.seek(timeAt(this.range.value, a.place));
        break;
      case 'rate':
        past.setRate(nextRate(past.rate.value, a.by));
        break;
      case 'mute':
        this.silent.value = !this.silent.value;
        break;
      case 'next':
        this.next();
        break;
      case 'previous':
        this.previous();
        break;
      case 'mark':
        this.mark(a.edge);
        break;
      case 'step':
        past.step(a.by);
    }
    return a;
  }
}

/** @returns {Record<string, number>} s, by call */
function places() {
  try {
    const all = JSON.parse(recall('replay.places') || '{}');
    return typeof all === 'object' && all ? all : {};
  } catch {
    return {};
  }
}
