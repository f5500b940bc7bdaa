// The controls of a replay.

import { stopwatch } from '../lib/format.js';
import { RATES } from '../lib/play-clock.js';
import { t } from '../lib/words.js';
import { css, html, ifDefined } from '../vendor/lit.js';
import { Element, given, tell } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';

export class ReplayBar extends Element {
  static properties = { replay: { attribute: false }, chat: { type: Boolean } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px 4px;
        padding: 6px 12px;
      }
      .time {
        margin: 0 8px;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .icon.on {
        background: var(--accent-wash);
        color: var(--on-wash);
      }
      select {
        min-width: 0;
        max-width: 220px;
        height: 36px;
        padding: 0 6px;
        border: 1px solid transparent;
        border-radius: 8px;
        background: var(--stage);
        text-overflow: ellipsis;
        cursor: pointer;
      }
      select:hover {
        background: var(--surface);
      }
      .mid {
        flex: 1;
      }
      @media (max-width: 760px) {
        :host {
          gap: 2px;
          padding: 4px 6px;
          justify-content: space-between;
        }
        .time {
          flex: 1;
          margin: 0 4px;
          text-align: right;
        }
        .mid {
          flex: 0 0 100%; /* what it is played by above, how below */
        }
        .icon {
          width: 36px;
        }
        select {
          padding: 0 2px;
        }
        select.view {
          flex: 1 1 56px;
          width: 56px;
        }
        .wide {
          display: none;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/replay.js').Replay} */
    this.replay = given();
    this.chat = false;
  }

  render() {
    const { replay } = this;
    const { past } = replay;
    const playing = past.wanted.value && past.state.value !== 'ended';
    const { zero, end } = replay.range.value;
    const time = stopwatch((past.time.value - zero) / 1000);
    return html`
      ${this.#button(playing ? 'pause' : 'play', playing ? 'replay.pause' : 'replay.play', () => replay.toggle())}
      ${this.#button('rewind', 'replay.back', () => replay.key('j'))}
      ${this.#button('forward', 'replay.on', () => replay.key('l'))}
      ${this.#button('previous', 'replay.previous', () => replay.previous())}
      ${this.#button('next', 'replay.next', () => replay.next())}
      <span class="time small"><span class="hush">${t('replay.time')} </span>${time} / ${stopwatch((end - zero) / 1000)}</span>
      <span class="mid"></span>
      ${this.#button('skip', 'replay.skip', () => (replay.skipping.value = !replay.skipping.value), replay.skipping.value)}
      ${this.#button(replay.silent.value ? 'sound-off' : 'sound', 'replay.silent', () => replay.key('m'), replay.silent.value)}
      <select class="small" aria-label=${t('replay.rate')} title=${t('replay.rate')} @change=${this.#rate}>
        ${RATES.map((r) => html`<option value=${r} .selected=${r === past.rate.value}>${r.toLocaleString()}×</option>`)}
      </select>
      ${this.#views()}
      ${this.#button('scissors', 'replay.part.cut', () => replay.cut(), replay.part.value !== undefined)}
      ${this.#button('link', 'replay.link', () => tell(this, 'copy'))}
      <span class="wide">${this.#button('keys', 'keys', () => tell(this, 'keys'))}</span>
      ${this.#button('full', 'replay.full', () => tell(this, 'full'))}
      ${this.#button('chat', 'replay.panel', () => tell(this, 'chat'), this.chat)}
    `;
  }

  /** @param {string} glyph @param {string} word @param {() => void} act @param {boolean} [on] for switches */
  #button(glyph, word, act, on) {
    return html`<button
      class="icon ${on ? 'on' : ''}"
      aria-label=${t(word)}
      title=${t(word)}
      aria-pressed=${ifDefined(on === undefined ? undefined : String(on))}
      @click=${act}
    >
      ${icon(glyph)}
    </button>`;
  }

  #views() {
    const { replay } = this;
    const { name: now, seat: of } = replay.view.value;
    const option = (/** @type {string} */ name, /** @type {number} */ seat, /** @type {string} */ text) =>
      html`<option value="${name}/${seat}" .selected=${now === name && of === seat}>${text}</option>`;
    const people = replay.lanes.value.map((l) => ({ seat: l.seat, name: replay.person(l.seat).name }));
    return html`<select class="small view" aria-label=${t('replay.view')} title=${t('replay.view')} @change=${this.#view}>
      ${option('all', 0, t('replay.view.all'))}
      ${people.map((p) => option('eyes', p.seat, t('replay.view.eyes', p)))}
      ${people.map((p) => option('only', p.seat, t('replay.view.only', p)))}
    </select>`;
  }

  /** @param {Event} event */
  #view = (event) => {
    const [name, seat] = /** @type {HTMLSelectElement} */ (event.target).value.split('/');
    this.replay.view.value = { name, seat: Number(seat) };
  };

  /** @param {Event} event */
  #rate = (event) => this.replay.past.setRate(Number(/** @type {HTMLSelectElement} */ (event.target).value));
}

customElements.define('scaip-replay-bar', ReplayBar);
