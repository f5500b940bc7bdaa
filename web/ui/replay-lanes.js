// The timeline of a replay: a ruler to move along, and a lane for each participant: when in, talking, sharing a screen.

import { stopwatch } from '../lib/format.js';
import { boxes, placeOf, ticks, timeAt } from '../lib/ruler.js';
import { covers } from '../lib/story.js';
import { t } from '../lib/words.js';
import { html, repeat, svg } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';
import { lanesLook } from './replay-lanes-look.js';
import './replay-peek.js';

/** @typedef {import('../lib/story.js').Lane} Lane */

const OFTEN = 120; // ms between two seeks of a drag
const REACTIONS = 200; // that are drawn of one lane

export class ReplayLanes extends Element {
  static properties = {
    replay: { attribute: false },
    hover: { state: true },
    seat: { state: true },
    byKeys: { state: true },
    width: { state: true },
  };

  static styles = [look, buttons, lanesLook];

  constructor() {
    super();
    /** @type {import('../app/replay.js').Replay} */
    this.replay = given();
    /** the moment under the pointer, µs; −1: none */
    this.hover = -1;
    /** whose lane that is; 0: the ruler */
    this.seat = 0;
    /** it was gone to by keys, not by a pointer */
    this.byKeys = false;
    this.width = 600;
    this.dragging = false;
    /** where it was gone to last, µs, and when, ms */
    this.place = -1;
    this.sought = 0;
    /** the edge of the part that is dragged @type {'from' | 'to' | undefined} */
    this.edge = undefined;
    /** what is drawn of each lane @type {WeakMap<Lane, {range: import('../lib/ruler.js').Range, color: string, drawn: unknown}>} */
    this.pictures = new WeakMap();
  }

  firstUpdated() {
    const watcher = new ResizeObserver(([entry]) => (this.width = entry.contentRect.width));
    watcher.observe(this.need('.ruler'));
    this.alive.addEventListener('abort', () => watcher.disconnect(), { once: true });
  }

  render() {
    const { replay } = this;
    const range = replay.range.value;
    const now = replay.past.time.value;
    const lanes = replay.lanes.value;
    return html`${this.#tip()}
    <div class="lanes" @pointerleave=${this.#leave}>
      <div class="corner"></div>
      <div
        class="ruler track"
        role="slider"
        tabindex="0"
        aria-label=${t('replay.place')}
        aria-valuemin="0"
        aria-valuemax=${Math.round((range.end - range.zero) / 1e6)}
        aria-valuenow=${Math.round((now - range.zero) / 1e6)}
        aria-valuetext=${stopwatch((now - range.zero) / 1000)}
        @pointerdown=${this.#down}
        @pointermove=${this.#move}
        @pointerup=${this.#up}
        @keydown=${this.#key}
        @blur=${this.#leave}
      >
        ${this.#part(range)}
        <div class="rail"></div>
        <div class="done" .style=${`width:${placeOf(range, now) * 100}%`}></div>
        <div class="knob" .style=${`left:${placeOf(range, now) * 100}%`}></div>
        ${ticks(range, Math.max(2, this.width / 90)).map(
          (at) =>
            html`<span class="tick" .style=${`left:min(${placeOf(range, at) * 100}%, 100% - 8px)`}>${stopwatch((at - range.zero) / 1000)}</span>`,
        )}
        ${replay.moments.value
          .filter((m) => m.kind === 'chat')
          .map((m) => html`<span class="said" .style=${`left:${placeOf(range, m.t) * 100}%`}></span>`)}
      </div>
      ${repeat(
        lanes,
        (l) => l.seat,
        (l) => this.#lane(l, range, now),
      )}
    </div>`;
  }

  /** The part that is marked, with its two edges. @param {import('../lib/ruler.js').Range} range */
  #part(range) {
    const { replay } = this;
    const part = replay.part.value;
    if (!part) return '';
    const place = (/** @type {number} */ at) => placeOf(range, at) * 100;
    return html`<div class="part" .style=${`left:${place(part.from)}%;width:${place(part.to) - place(part.from)}%`}></div>
      ${
        /** @type {const} */ (['from', 'to']).map(
          (edge) => html`<div class="edge" data-edge=${edge} .style=${`left:${place(part[edge])}%`}></div>`,
        )
      }`;
  }

  /** What is under the pointer, or was gone to by keys. */
  #tip() {
    if (this.hover < 0) return '';
    return html`<div class="over">
      <scaip-replay-peek .of=${this.replay} .at=${this.hover} .seat=${this.seat} .spoken=${this.byKeys}></scaip-replay-peek>
    </div>`;
  }

  /** @param {Lane} lane @param {import('../lib/ruler.js').Range} range @param {number} now */
  #lane(lane, range, now) {
    const { replay } = this;
    const { name, color } = replay.person(lane.seat);
    const muted = replay.muted.value.has(lane.seat);
    const solo = replay.solo.value === lane.seat;
    const volume = replay.volumes.value.get(lane.seat) ?? 1;
    return html`<div class="who ${covers(lane.here, now) ? '' : 'away'}" role="group" aria-label=${name}>
        <span class="dot" .style=${`background:${color}`}></span>
        <span class="grow cut small ${covers(lane.talk, now) ? 'talks' : ''}">${name}</span>
        <input
          type="range"
          min="0"
          max="2"
          step="0.05"
          .value=${String(volume)}
          aria-label=${t('volume', { name })}
          title=${t('volume', { name })}
          @input=${(/** @type {Event} */ e) => replay.setVolume(lane.seat, Number(/** @type {HTMLInputElement} */ (e.target).value))}
        />
        <button
          class="icon tiny ${solo ? 'on' : ''}"
          aria-pressed=${solo}
          aria-label=${t('replay.solo', { name })}
          title=${t('replay.solo', { name })}
          @click=${() => (replay.solo.value = solo ? 0 : lane.seat)}
        >
          ${icon('solo', 17)}
        </button>
        <button
          class="icon tiny ${muted ? 'on' : ''}"
          aria-pressed=${muted}
          aria-label=${t('replay.mute', { name })}
          title=${t('replay.mute', { name })}
          @click=${() => replay.mute(lane.seat)}
        >
          ${icon(muted ? 'sound-off' : 'sound', 17)}
        </button>
      </div>
      <div
        class="track lane ${replay.audible(lane.seat) ? '' : 'quiet'}"
        role="img"
        aria-label=${said(lane, name)}
        data-seat=${lane.seat}
        @pointerdown=${this.#down}
        @pointermove=${this.#move}
        @pointerup=${this.#up}
      >
        ${this.#picture(lane, range, color)} ${this.#reactions(lane, range)}
        <div class="head" .style=${`left:${placeOf(range, now) * 100}%`}></div>
      </div>`;
  }

  /** It is rendered ten times a second and changes seldom. @param {Lane} lane @param {import('../lib/ruler.js').Range} range @param {string} color */
  #picture(lane, range, color) {
    const known = this.pictures.get(lane);
    if (known?.range.zero === range.zero && known.range.end === range.end && known.color === color) return known.drawn;
    const drawn = html`<svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" .style=${`--voice:${color}`}>
      ${svg`<path class="here" d=${boxes(range, lane.here, 0, 10)} />
        <path class="shares" d=${boxes(range, lane.shares, 0, 10)} />
        <path class="talk" d=${boxes(range, lane.talk, 2.2, 5.6)} />
        <path class="hand" d=${boxes(range, lane.hand, 0, 1.8)} />`}
    </svg>`;
    this.pictures.set(lane, { range, color, drawn });
    return drawn;
  }

  /** @param {Lane} lane @param {import('../lib/ruler.js').Range} range */
  #reactions(lane, range) {
    return lane.reactions
      .slice(0, REACTIONS)
      .map(
        ({ t: at, emoji }) =>
          html`<span class="emoji" aria-hidden="true" .style=${`left:${placeOf(range, at) * 100}%`}>${emoji}</span>`,
      );
  }

  /** @param {PointerEvent} event @returns {number} µs */
  #at(event) {
    const { left, width } = this.need('.ruler').getBoundingClientRect();
    return timeAt(this.replay.range.value, (event.clientX - left) / width);
  }

  /** @param {PointerEvent} event */
  #down = (event) => {
    if (event.button !== 0) return;
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    const { edge } = /** @type {HTMLElement} */ (event.target).dataset;
    this.edge = edge === 'from' || edge === 'to' ? edge : undefined;
    if (this.edge) return;
    this.dragging = true;
    this.#to(this.#at(event));
  };

  /** @param {PointerEvent} event */
  #move = (event) => {
    this.hover = this.#at(event);
    this.byKeys = false;
    this.seat = Number(/** @type {HTMLElement} */ (event.currentTarget).dataset.seat ?? 0);
    if (this.edge) this.replay.mark(this.edge, this.hover);
    if (this.dragging && performance.now() - this.sought > OFTEN) this.#to(this.hover);
  };

  /** @param {PointerEvent} event */
  #up = (event) => {
    this.edge = undefined;
    if (!this.dragging) return;
    this.dragging = false;
    if (this.#at(event) !== this.place) this.#to(this.#at(event));
  };

  #leave = () => {
    this.hover = -1;
  };

  /** Shift and arrows look at other moments without going there; Enter goes. @param {KeyboardEvent} event */
  #key = (event) => {
    const { zero, end } = this.replay.range.value;
    if (event.shiftKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
      const step = Math.max(1e6, (end - zero) / 100) * (event.key === 'ArrowLeft' ? -1 : 1);
      const from = this.hover < 0 ? this.replay.past.time.value : this.hover;
      this.hover = Math.min(end, Math.max(zero, from + step));
      this.byKeys = true;
      this.seat = 0;
    } else if (event.key === 'Enter' && this.hover >= 0) {
      this.#to(this.hover);
      this.hover = -1;
    } else if (event.key === 'Escape' && this.hover >= 0) this.hover = -1;
    else return;
    event.preventDefault();
  };

  /** @param {number} at */
  #to(at) {
    this.sought = performance.now();
    this.place = at;
    this.replay.seek(at);
  }
}

/** What a lane shows, for who does not see it. @param {Lane} lane @param {string} name */
function said({ talk, shares, hand }, name) {
  const more = [
    shares.length > 0 ? t('replay.lane.shares', { times: shares.length }) : '',
    hand.length > 0 ? t('replay.lane.hand', { times: hand.length }) : '',
  ];
  return [t('replay.lane', { name, times: talk.length }), ...more].filter(Boolean).join(', ');
}

customElements.define('scaip-replay-lanes', ReplayLanes);
