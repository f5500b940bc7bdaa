// The picture of any moment of a call, small, while another is played: over a socket of its own, of the nearest key frame before. Only the
// latest look counts; what comes for an earlier one is dropped.

import { PastLink } from '../lib/past-link.js';
import { Recent } from '../lib/peek.js';
import { localNow } from '../media/local.js';
import { still } from '../media/still.js';
import { signal } from '../vendor/signals-core.js';
import { socketURL } from './api.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */
/** @typedef {{at: number, tracks: number[], key: string}} Look at: µs on the call's clock */

/**
 * What can be looked at: a call, and what is known of its moments.
 * @typedef {object} Seen
 * @property {Peek} peek
 * @property {() => import('../lib/ruler.js').Range} span of the call
 * @property {(at: number) => number} place the moment, µs, that stands for those around it
 * @property {(at: number, seat?: number) => number[]} tracks that may show a moment, the best first; of one seat only
 * @property {(at: number) => string[]} speakers their names
 */

const REST = 60; // ms that a pointer must rest
const KEPT = 80; // pictures
const MORE = 1000; // µs after the moment that are asked for: the server says when it has sent more than nothing
const IDLE = 20_000; // ms without a look, then the socket goes

export class Peek {
  /**
   * @param {string} call its ID, or what else stands in the path
   * @param {string} [path] of its sockets
   */
  constructor(call, path = '/media/past/') {
    /** the picture of the latest look; undefined: none (yet) @type {import('../vendor/signals-core.js').Signal<ImageBitmap | undefined>} */
    this.picture = signal(/** @type {ImageBitmap | undefined} */ (undefined));
    /** key of the last look that was answered, with a picture or without */
    this.answered = signal('');
    /** @type {Recent<ImageBitmap>} */
    this.kept = new Recent(KEPT, (bitmap) => bitmap.close());
    /** @type {Look | undefined} */
    this.look = undefined;
    /** key frames of the look, and the configs they need, by track @type {Map<number, {config?: Frame, key?: Frame}>} */
    this.come = new Map();
    this.open = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.idle = undefined;
    this.link = new PastLink({
      connect: () => {
        const socket = new WebSocket(socketURL(path + call));
        socket.binaryType = 'arraybuffer';
        return socket;
      },
      now: localNow,
      place: () => {
        const { at, tracks } = this.look ?? { at: 0, tracks: [] };
        return { at, until: at + MORE, video: tracks };
      },
      open: () => undefined,
      begin: () => this.come.clear(),
      frames: (kind, frames) => {
        if (kind === 'video') for (const f of frames) this.#take(f);
      },
      moved: () => this.#arrived(),
      closed: () => this.stop(),
      lost: () => undefined,
    });
  }

  /**
   * Looks at a moment.
   * @param {number} at µs
   * @param {number[]} tracks that may show it, the best first
   */
  see(at, tracks) {
    const key = keyOf(at, tracks);
    if (this.look?.key === key) return;
    clearTimeout(this.timer);
    this.look = { at, tracks, key };
    this.picture.value = this.kept.get(key);
    if (this.picture.value || tracks.length === 0) return;
    this.timer = setTimeout(() => this.#ask(), REST);
  }

  /** Looks no more. */
  away() {
    clearTimeout(this.timer);
    this.look = undefined;
    this.picture.value = undefined;
  }

  #ask() {
    const { look, link } = this;
    if (!look) return;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.stop(), IDLE);
    this.come.clear();
    if (this.open) link.seek(look.at, look.at + MORE, look.tracks);
    else {
      this.open = true;
      link.start();
    }
  }

  /** @param {Frame} f */
  #take(f) {
    const known = this.come.get(f.track) ?? {};
    if (f.config) known.config = f;
    else if (f.key && known.config && f.pts <= (this.look?.at ?? 0)) known.key = f;
    this.come.set(f.track, known);
  }

  /** All that belongs to the look has come. */
  #arrived() {
    const { look, link } = this;
    if (!look || !link.ready || link.current !== link.id || link.sent <= look.at || this.picture.value) return;
    const track = look.tracks.find((t) => this.come.get(t)?.key);
    const { config, key } = this.come.get(track ?? -1) ?? {};
    this.come.clear();
    if (config && key) void this.#show(look, config, key);
    else this.answered.value = look.key;
  }

  /** @param {Look} look @param {Frame} config @param {Frame} key */
  async #show(look, config, key) {
    const bitmap = await still(config, key);
    if (bitmap) this.kept.set(look.key, bitmap);
    if (bitmap && this.look?.key === look.key) this.picture.value = bitmap;
    this.answered.value = look.key;
  }

  /** Lets the socket go; the next look opens it again. */
  stop() {
    clearTimeout(this.timer);
    clearTimeout(this.idle);
    this.open = false;
    this.link.stop();
  }

  close() {
    this.stop();
    this.away();
    this.kept.clear();
  }
}

/** @param {number} at µs @param {number[]} tracks */
const keyOf = (at, tracks) => `${Math.round(at)} ${tracks}`;

/**
 * The picture of one moment, as it comes; undefined: there is none, or it takes too long.
 * @param {string} call its ID
 * @param {{at: number, tracks: number[]}[]} moments looked at in their order, until one has a picture
 * @param {number} patience ms for all
 * @returns {Promise<ImageBitmap | undefined>} the caller's to close
 */
export async function glance(call, moments, patience) {
  const peek = new Peek(call);
  const late = AbortSignal.timeout(patience);
  try {
    for (const { at, tracks } of moments) {
      if (tracks.length === 0) continue;
      peek.see(at, tracks);
      await new Promise((resolve) => {
        late.addEventListener('abort', resolve, { once: true });
        const stop = peek.answered.subscribe((key) => key === keyOf(at, tracks) && resolve(undefined));
        late.addEventListener('abort', stop, { once: true });
      });
      if (peek.picture.value) return await createImageBitmap(peek.picture.value);
      if (late.aborted) return undefined;
    }
    return undefined;
  } finally {
    peek.close();
  }
}
