// One participant: the picture, or a face in its place; the name, whether muted, how good the line is; hand and menu; a ring while speaking.

import { ink } from '../lib/color.js';
import { initials } from '../lib/format.js';
import { t } from '../lib/words.js';
import { html } from '../vendor/lit.js';
import { barsLook, lineBars } from './bars.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { look } from './look.js';
import { menuItems } from './menu.js';
import './self-video.js';
import { tileLook } from './tile-look.js';

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
    place: {},
  };

  static styles = [look, tileLook, barsLook, menuItems];

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
    /** @type {import('../lib/arrange.js').Place['role']} */
    this.place = 'tile';
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
    if (key === this.shown || !this.isConnected) return;
    this.showing?.abort();
    this.shown = key;
    if (!canvas || !receiver || !key) return;
    this.showing = new AbortController();
    this.call.show(this.seat, canvas, this.showing.signal, this.source === 'screen' ? 1 : 0);
  }

  render() {
    this.toggleAttribute('role-self', this.place === 'self');
    if (this.source === 'screen') return this.#screen();
    return this.user === this.app.world.value.me ? this.#self() : this.#other();
  }

  #screen() {
    const name = t('tile.screen', { name: this.app.person(this.user).name });
    const off = !this.call.rewind.past.value && this.call.receiver?.person(this.seat).screen.off.value;
    return html`<canvas class="screen" role="img" aria-label=${name}></canvas>
      ${off ? this.#why() : ''} ${this.#name(name, false)} ${this.#menu(name)}`;
  }

  #self() {
    const { devices, room } = this.call;
    const track = devices.camera.value;
    const muted = devices.muted.value || !devices.microphone.value;
    const small = this.place === 'self' || this.place === 'strip';
    const name = small ? t('person.me') : t('person.self', { name: this.app.person(this.user).name });
    return html`${track ? html`<scaip-self-video .track=${track}></scaip-self-video>` : this.#face()}
    ${this.#name(name, muted && !devices.held.value, lineBars(room.lines.verdicts.value.own, true))} ${this.#hand()}
    <div class="ring ${devices.speaking.value && (!muted || devices.held.value) ? 'on' : ''}"></div>`;
  }

  #other() {
    const person = this.call.shown?.person(this.seat);
    const video = this.video && (person?.hasVideo.value ?? false);
    const speaking = this.audio && (person?.speaking.value ?? false);
    const name = this.app.person(this.user).name;
    const off = this.video && person && 'off' in person && person.off.value;
    const line = this.call.rewind.past.value ? '' : lineBars(this.call.room.lines.of(this.seat));
    return html`<canvas ?hidden=${!video} role="img" aria-label=${t('tile.picture', { name })}></canvas>
      ${video ? '' : this.#face()} ${this.#name(name, !this.audio, line)} ${off ? this.#why() : ''} ${this.#hand()}
      <div class="ring ${speaking ? 'on' : ''}"></div>
      ${this.#menu(name)}`;
  }

  /** Why no picture comes: the server does not send it, because of the line to here. */
  #why() {
    return html`<p class="why" role="status">${t('tile.off.line')}</p>`;
  }

  #hand() {
    const { hands } = this.call.room.signs;
    const at = hands.value.findIndex((p) => p.user === this.user);
    if (at < 0) return '';
    return html`<span class="hand" role="img" aria-label=${t('hand.place', { n: at + 1 })}>${icon('hand', 17)}${hands.value.length > 1 ? at + 1 : ''}</span>`;
  }

  /** @param {string} name */
  #menu(name) {
    const { view, signs } = this.call.room;
    const key = `${this.source === 'screen' ? 's' : 'c'}${this.seat}`;
    const large = this.place === 'large';
    const { user } = this;
    const others = this.source === 'camera' && signs.owner && this.seat !== 0;
    const up = signs.hands.value.some((p) => p.user === user);
    const item = (/** @type {string} */ glyph, /** @type {string} */ words, /** @type {() => void} */ act) =>
      html`<button role="menuitem" @click=${act}>${icon(glyph, 18)}${words}</button>`;
    return html`<scaip-menu class="menu" label=${t('tile.more', { name })}>
      <button slot="button" class="dots" aria-label=${t('tile.more', { name })} aria-haspopup="menu">${icon('more', 18)}</button>
      ${large ? item('unpin', t('tile.unpin'), () => view.unpin(key)) : item('pin', t('tile.pin'), () => view.pin(key))}
      ${others && this.audio ? item('mic-off', t('owner.mute'), () => signs.mute(user)) : ''}
      ${others && up ? item('hand', t('owner.lower'), () => signs.lower(user)) : ''}
      ${others ? item('hangup', t('owner.expel'), () => (signs.expelling.value = user)) : ''}
    </scaip-menu>`;
  }

  #face() {
    const u = this.app.person(this.user);
    return html`<div class="face" aria-hidden="true" .style=${`--fill:${u.color};--text:${ink(u.color)}`}>
      <span>${initials(u.name)}</span>
    </div>`;
  }

  /** @param {string} name @param {boolean} muted @param {unknown} [line] */
  #name(name, muted, line = '') {
    return html`<div class="name">
      ${muted ? html`<span class="no">${icon('mic-off', 15)}<span class="hush">${t('tile.muted')}</span></span>` : ''}
      <span class="cut">${name}</span>
      ${this.behind ? html`${icon('behind', 15)}<span class="hush">${t('tile.behind')}</span>` : ''} ${line}
    </div>`;
  }
}

customElements.define('scaip-tile', Tile);
