// One participant: the picture, or a face in its place; the name; whether muted; a ring while speaking.

import { ink } from '../lib/color.js';
import { initials } from '../lib/format.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { look } from './look.js';
import './self-video.js';

export class Tile extends Element {
  static properties = {
    app: { attribute: false },
    call: { attribute: false },
    user: {},
    seat: { type: Number },
    audio: { type: Boolean },
    video: { type: Boolean },
    behind: { type: Boolean },
    source: {},
  };

  static styles = [
    look,
    css`
      :host {
        position: relative;
        border-radius: var(--radius-big);
        background: var(--tile);
        color: var(--on-tile);
        overflow: hidden;
        contain: strict;
        container-type: size;
      }
      canvas,
      scaip-self-video {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        object-fit: cover;
      }
      canvas.screen {
        object-fit: contain;
      }
      .why {
        position: absolute;
        inset: auto 10px 44px;
        text-align: center;
        font-size: 13px;
      }
      canvas[hidden] {
        display: block !important;
        visibility: hidden;
      }
      .face {
        position: absolute;
        inset: 0;
        display: grid;
        place-items: center;
        background: radial-gradient(circle at 50% 42%, color-mix(in srgb, var(--fill) 34%, var(--tile)), var(--tile) 72%);
      }
      .face span {
        display: grid;
        place-items: center;
        width: min(36cqmin, 120px);
        height: min(36cqmin, 120px);
        border-radius: 50%;
        background: var(--fill);
        color: var(--text);
        font-size: min(13cqmin, 42px);
        font-weight: 600;
      }
      .name {
        position: absolute;
        left: 10px;
        bottom: 10px;
        display: flex;
        align-items: center;
        gap: 6px;
        max-width: calc(100% - 20px);
        padding: 3px 10px;
        border-radius: 9px;
        background: #11120fc7;
        color: #fff;
        font-size: 13px;
        font-weight: 550;
      }
      .name svg {
        color: #ffb4a8;
      }
      .ring {
        position: absolute;
        inset: 0;
        border: 3px solid #4fd39f;
        border-radius: inherit;
        opacity: 0;
        transition: opacity 120ms;
        pointer-events: none;
      }
      .ring.on {
        opacity: 1;
      }
      @container (max-width: 150px) {
        .name {
          left: 6px;
          bottom: 6px;
          padding: 2px 7px;
          font-size: 12px;
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
    /** @type {string} */
    this.user = given();
    this.seat = 0;
    this.audio = false;
    this.video = false;
    /** looks at the past */
    this.behind = false;
    /** @type {'camera' | 'screen'} */
    this.source = 'camera';
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
    const canvas = this.renderRoot.querySelector('canvas');
    const receiver = this.call.shown;
    const past = this.call.rewind.past.value ? 'past' : 'live';
    const key = canvas && receiver && this.seat ? `${this.call.id}/${this.seat}/${past}` : '';
    if (key === this.shown) return;
    this.showing?.abort();
    this.shown = key;
    if (!canvas || !receiver || !key) return;
    this.showing = new AbortController();
    this.call.show(this.seat, canvas, this.showing.signal, this.source === 'screen' ? 1 : 0);
  }

  render() {
    if (this.source === 'screen') return this.#screen();
    return this.user === this.app.world.value.me ? this.#self() : this.#other();
  }

  #screen() {
    const name = t('tile.screen', { name: this.app.person(this.user).name });
    const off = this.call.receiver?.person(this.seat).screen.off.value;
    return html`<canvas class="screen" role="img" aria-label=${name}></canvas>
      ${off ? html`<p class="why" role="status">${t('tile.off.line')}</p>` : ''} ${this.#name(name, false)}`;
  }

  #self() {
    const { devices } = this.call;
    const track = devices.camera.value;
    const muted = devices.muted.value || !devices.microphone.value;
    return html`${track ? html`<scaip-self-video .track=${track}></scaip-self-video>` : this.#face()}
    ${this.#name(t('person.self', { name: this.app.person(this.user).name }), muted)}
    <div class="ring ${devices.speaking.value && !muted ? 'on' : ''}"></div>`;
  }

  #other() {
    const person = this.call.shown?.person(this.seat);
    const video = this.video && (person?.hasVideo.value ?? false);
    const speaking = this.audio && (person?.speaking.value ?? false);
    const name = this.app.person(this.user).name;
    return html`<canvas ?hidden=${!video} role="img" aria-label=${t('tile.picture', { name })}></canvas>
      ${video ? '' : this.#face()} ${this.#name(name, !this.audio)}
      ${this.video && person && 'off' in person && person.off.value ? html`<p class="why" role="status">${t('tile.off.line')}</p>` : ''}
      <div class="ring ${speaking ? 'on' : ''}"></div>`;
  }

  #face() {
    const u = this.app.person(this.user);
    return html`<div class="face" aria-hidden="true" .style=${`--fill:${u.color};--text:${ink(u.color)}`}>
      <span>${initials(u.name)}</span>
    </div>`;
  }

  /** @param {string} name @param {boolean} muted */
  #name(name, muted) {
    return html`<div class="name">
      ${muted ? html`${icon('mic-off', 15)}<span class="hush">${t('tile.muted')}</span>` : ''}<span class="cut">${name}</span>
      ${this.behind ? html`${icon('behind', 15)}<span class="hush">${t('tile.behind')}</span>` : ''}
    </div>`;
  }
}

customElements.define('scaip-tile', Tile);
