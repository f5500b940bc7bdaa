// The time of a running call: pause, back, any moment since the start, faster, and live again; and the offers to catch up.

import { stopwatch } from '../lib/format.js';
import { timeAt } from '../lib/ruler.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';
import './replay-peek.js';

const RATES = [1, 1.25, 1.5, 2];
const KNOB = 16; // px: its middle goes from half of it to half of it before the end

export class LiveBar extends Element {
  static later = true;

  static properties = {
    app: { attribute: false },
    call: { attribute: false },
    now: { state: true },
    drag: { state: true },
    hover: { state: true },
  };

  static styles = [
    look,
    buttons,
    css`
      /* The place is there before the bar is. */
      :host {
        min-height: 48px;
      }
      .bar {
        display: flex;
        align-items: center;
        gap: 6px;
        padding: 8px 16px 0;
      }
      .icon {
        flex: none;
      }
      .rail {
        position: relative;
        display: flex;
        flex: 1;
        min-width: 60px;
      }
      input {
        width: 100%;
        min-width: 0;
        margin: 0;
        accent-color: var(--accent);
      }
      .time {
        min-width: 7ch;
        font-variant-numeric: tabular-nums;
        text-align: end;
      }
      select {
        height: 34px;
        padding: 0 4px;
        border: 1px solid var(--line);
        border-radius: 10px;
        background: var(--raised);
      }
      .live {
        display: inline-flex;
        align-items: center;
        gap: 7px;
        min-height: 34px;
        padding: 0 12px;
        border: 1px solid var(--line);
        border-radius: 17px;
        background: var(--raised);
        font-weight: 600;
        cursor: pointer;
      }
      .live::before {
        content: '';
        width: 9px;
        height: 9px;
        border-radius: 50%;
        background: var(--soft);
      }
      .live[aria-pressed='true'] {
        border-color: transparent;
        background: transparent;
        cursor: default;
      }
      .live[aria-pressed='true']::before {
        background: var(--danger);
      }
      .offer {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: center;
        gap: 8px 12px;
        margin: 8px 12px 0;
        padding: 8px 16px;
        border-radius: 12px;
        background: var(--accent-wash);
        color: var(--on-wash);
      }
      @media (max-width: 760px) {
        :host {
          min-height: 46px;
        }
        .bar {
          padding: 6px 10px 0;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {import('../app/call.js').CallSession} */
    this.call = given();
    this.now = 0;
    /** µs to where one drags @type {number | undefined} */
    this.drag = undefined;
    /** µs that is under the pointer @type {number | undefined} */
    this.hover = undefined;
  }

  connectedCallback() {
    super.connectedCallback();
    const tick = () => {
      if (this.call.clock.known) this.now = this.call.rewind.now;
    };
    const timer = setInterval(tick, 250);
    this.alive.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  render() {
    const { rewind } = this.call;
    const past = rewind.past.value;
    const end = Math.max(this.now, past?.end.value ?? 0, 1);
    const shown = this.drag ?? past?.time.value ?? end;
    const behind = Math.max(0, end - shown) / 1000;
    const state = past?.state.value ?? 'playing';
    const runs = past?.wanted.value ?? true;
    const waits = state === 'buffering' || state === 'connecting';
    const pause = runs ? t('live.pause') : t('live.play');
    return html`${this.#offer()}
      <div class="bar" role="group" aria-label=${t('live.bar')}>
        <button class="icon" aria-label=${pause} title="${pause} (K)" @click=${() => rewind.toggle()}>${icon(runs ? 'pause' : 'play')}</button>
        <button class="icon" aria-label=${t('live.back')} title="${t('live.back')} (J)" @click=${() => rewind.skip(-10e6)}>
          ${icon('back-10')}
        </button>
        <div class="rail" @pointermove=${this.#over} @pointerleave=${this.#away} @pointercancel=${this.#away}>
          <input
            type="range"
            min="0"
            max=${end}
            step="100000"
            .value=${String(Math.round(shown))}
            aria-label=${t('live.at')}
            aria-valuetext=${stopwatch(shown / 1000)}
            @input=${this.#dragged}
            @change=${this.#dropped}
          />
          ${
            this.hover === undefined
              ? ''
              : html`<scaip-replay-peek .of=${rewind.glimpse} .at=${this.hover}></scaip-replay-peek>`
          }
        </div>
        ${past ? html`<span class="small soft time" role="status">${waits ? t('live.wait') : `−${stopwatch(behind)}`}</span>` : ''}
        ${past ? this.#rate(past) : ''}
        <button
          class="live small"
          aria-pressed=${past === undefined}
          aria-label=${past ? t('live.go') : t('live.live')}
          title=${past ? t('live.own') : ''}
          @click=${() => rewind.live()}
        >
          ${t('live.live')}
        </button>
      </div>`;
  }

  /** @param {import('../app/past.js').Past} past */
  #rate(past) {
    const change = (/** @type {Event} */ e) => past.setRate(Number(/** @type {HTMLSelectElement} */ (e.target).value));
    return html`<select class="small" aria-label=${t('live.rate')} @change=${change}>
      ${RATES.map((r) => html`<option value=${r} ?selected=${r === past.rate.value}>${r}×</option>`)}
    </select>`;
  }

  #offer() {
    const { rewind } = this.call;
    const offer = rewind.offer.value;
    if (!offer) return '';
    const time = stopwatch((this.now - offer.at) / 1000);
    return html`<div class="offer" role="status">
      <span>${t(`live.offer.${offer.kind}`, { time })}</span>
      <button class="button main" @click=${() => rewind.accept()}>${t(`live.offer.${offer.kind}.do`)}</button>
      <button class="button low" @click=${() => (rewind.offer.value = undefined)}>${t('live.offer.no')}</button>
    </div>`;
  }

  /** @param {PointerEvent} e */
  #over = (e) => {
    const { left, width } = this.need('input').getBoundingClientRect();
    const place = (e.clientX - left - KNOB / 2) / Math.max(1, width - KNOB);
    this.hover = timeAt(this.call.rewind.glimpse.span(), place);
  };

  #away = () => {
    this.hover = undefined;
  };

  /** @param {Event} e */
  #dragged = (e) => {
    this.drag = Number(/** @type {HTMLInputElement} */ (e.target).value);
  };

  /** @param {Event} e */
  #dropped = (e) => {
    const to = Number(/** @type {HTMLInputElement} */ (e.target).value);
    this.drag = undefined;
    const { rewind } = this.call;
    if (to >= rewind.now - 1e6) rewind.live();
    else void rewind.go(to);
  };
}

customElements.define('scaip-live-bar', LiveBar);
