// The pictures of a replay: everybody, what one of them saw, or one of them alone.

import { grid } from '../lib/layout.js';
import { t } from '../lib/words.js';
import { css, html, repeat } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { look } from './look.js';
import './replay-tile.js';

const GAP = 10;

export class ReplayStage extends Element {
  static properties = { replay: { attribute: false }, box: { state: true } };

  static styles = [
    look,
    css`
      :host {
        position: relative;
        min-height: 0;
      }
      .tiles {
        display: flex;
        flex-wrap: wrap;
        place-content: center;
        gap: 10px;
        height: 100%;
      }
      .note {
        position: absolute;
        inset: 0;
        display: grid;
        place-content: center;
        color: var(--soft);
        pointer-events: none;
      }
      .play {
        position: absolute;
        inset: 0;
        display: grid;
        place-items: center;
        width: 88px;
        height: 88px;
        margin: auto;
        padding: 0;
        border: 0;
        border-radius: 50%;
        background: var(--accent);
        color: var(--on-accent);
        box-shadow: var(--shadow-high);
        cursor: pointer;
      }
      .play svg {
        translate: 3px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/replay.js').Replay} */
    this.replay = given();
    this.box = { width: 0, height: 0 };
    this.begun = false;
  }

  firstUpdated() {
    const watcher = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      this.box = { width, height };
    });
    watcher.observe(this);
    this.alive.addEventListener('abort', () => watcher.disconnect(), { once: true });
  }

  /** What is shown, screens first. @returns {{seat: number, slot: number}[]} */
  #pictures() {
    const { replay } = this;
    void replay.past.count.value;
    const { name, seat } = replay.view.value;
    let seats = replay.present.value.split(' ').filter(Boolean).map(Number);
    if (name === 'eyes') seats = seats.filter((s) => s !== seat);
    if (name === 'only') seats = [seat];
    const screens = seats.filter((s) => replay.past.person(s).hasScreen.value);
    return [...screens.map((s) => ({ seat: s, slot: 1 })), ...seats.map((s) => ({ seat: s, slot: 0 }))];
  }

  render() {
    const { replay } = this;
    const state = replay.past.state.value;
    this.begun ||= state === 'playing' || state === 'buffering';
    const pictures = this.#pictures();
    const { width, height } = grid(Math.max(1, pictures.length), { ...this.box, gap: GAP });
    const waiting = state === 'connecting' || (state === 'buffering' && !replay.past.segment);
    return html`<div class="tiles" @chosen=${this.#chosen}>
        ${repeat(
          pictures,
          (p) => `${p.seat}/${p.slot}`,
          (p) => html`<scaip-replay-tile
            .replay=${replay}
            .seat=${p.seat}
            .track=${p.slot}
            .style=${`width:${width}px;height:${height}px`}
          ></scaip-replay-tile>`,
        )}
      </div>
      ${pictures.length === 0 ? html`<p class="note" role="status">${t(waiting ? 'start.wait' : 'replay.nobody')}</p>` : ''}
      ${
        this.begun || state !== 'paused'
          ? ''
          : html`<button class="play" aria-label=${t('replay.play')} @click=${() => replay.toggle()}>${icon('play', 40)}</button>`
      }`;
  }

  /** @param {CustomEvent} event */
  #chosen = (event) => {
    const { view } = this.replay;
    view.value = view.value.name === 'only' ? { name: 'all', seat: 0 } : { name: 'only', seat: event.detail };
  };
}

customElements.define('scaip-replay-stage', ReplayStage);
