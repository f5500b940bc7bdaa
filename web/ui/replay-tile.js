// One picture of a replay: a participant's camera or shared screen at the moment shown.

import { ink } from '../lib/color.js';
import { initials } from '../lib/format.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given, tell } from './base.js';
import { icon } from './icons.js';
import { Tile } from './tile.js';

export class ReplayTile extends Element {
  static properties = { replay: { attribute: false }, seat: { type: Number }, track: { type: Number } };

  static styles = [
    Tile.styles,
    css`
      :host {
        cursor: pointer;
      }
      canvas.screen {
        object-fit: contain;
        background: #000;
      }
      .signs {
        position: absolute;
        top: 8px;
        right: 10px;
        font-size: min(24px, 22cqmin);
        line-height: 1.2;
        filter: drop-shadow(0 1px 3px #000a);
      }
      button {
        position: absolute;
        inset: 0;
        padding: 0;
        border: 0;
        border-radius: inherit;
        background: none;
        cursor: pointer;
      }
      button:focus-visible {
        outline-offset: -4px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/replay.js').Replay} */
    this.replay = given();
    this.seat = 0;
    this.track = 0;
    /** @type {AbortController | undefined} */
    this.showing = undefined;
    this.shown = '';
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.showing?.abort();
    this.shown = '';
  }

  updated() {
    const key = `${this.replay.id}/${this.seat}/${this.track}`;
    if (key === this.shown || !this.isConnected) return;
    this.showing?.abort();
    this.shown = key;
    this.showing = new AbortController();
    this.replay.past.show(this.seat, this.need('canvas'), this.showing.signal, this.track);
  }

  render() {
    const { replay } = this;
    const person = replay.past.person(this.seat);
    const { name, color } = replay.person(this.seat);
    const video = this.track ? person.hasScreen.value : person.hasVideo.value;
    const label = t(this.track ? 'replay.screen' : 'tile.picture', { name });
    const quiet = !replay.audible(this.seat);
    const { view } = replay;
    const signs = this.track === 0 ? replay.signsOf(this.seat) : '';
    return html`<canvas class=${this.track ? 'screen' : ''} ?hidden=${!video} role="img" aria-label=${label}></canvas>
      ${
        video
          ? ''
          : html`<div class="face" aria-hidden="true" .style=${`--fill:${color};--text:${ink(color)}`}>
            <span>${initials(name)}</span>
          </div>`
      }
      <div class="name">
        ${quiet ? html`${icon('mic-off', 15)}<span class="hush">${t('tile.muted')}</span>` : ''}<span class="cut"
          >${this.track ? label : name}</span
        >
      </div>
      ${signs ? html`<span class="signs" role="img" aria-label=${t('replay.signs', { name, signs })}>${signs}</span>` : ''}
      <div class="ring ${this.track === 0 && person.speaking.value ? 'on' : ''}"></div>
      <button
        aria-label=${t(view.value.name === 'only' ? 'replay.view.back' : 'replay.view.only', { name })}
        title=${t(view.value.name === 'only' ? 'replay.view.back' : 'replay.view.only', { name })}
        @click=${() => tell(this, 'chosen', this.seat)}
      ></button>`;
  }
}

customElements.define('scaip-replay-tile', ReplayTile);
