// Who is in the call, and how loud each is for oneself.

import { keepText } from '../lib/keep.js';
import { t } from '../lib/words.js';
import { css, html, repeat } from '../vendor/lit.js';
import './avatar.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { look } from './look.js';

export class CallPeople extends Element {
  static properties = { app: { attribute: false }, call: { attribute: false } };

  static styles = [
    look,
    css`
      :host {
        overflow: auto;
        padding: 4px 20px 20px;
      }
      li {
        display: grid;
        grid-template-columns: 36px minmax(0, 1fr) auto auto;
        align-items: center;
        gap: 2px 12px;
        padding: 8px 0;
      }
      .kept {
        margin-top: 12px;
        color: var(--soft);
        font-size: 14px;
      }
      .off {
        color: var(--danger-ink);
      }
      input {
        grid-column: 2 / -1;
        width: 100%;
        margin: 0;
        accent-color: var(--accent);
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {import('../app/call.js').CallSession} */
    this.call = given();
  }

  render() {
    return html`<ul>
      ${repeat(
        this.call.rewind.people,
        (p) => p.user,
        (p) => this.#person(p),
      )}
    </ul>
    <p class="kept">${keepText(this.app.world.value.groups.get(this.call.group.value), this.call.info.value)}</p>`;
  }

  /** @param {import('../lib/roster.js').Present} p */
  #person(p) {
    const u = this.app.person(p.user);
    const me = p.user === this.app.world.value.me;
    const { devices } = this.call;
    const audio = me ? !devices.muted.value && devices.microphone.value !== undefined : p.audio;
    const video = me ? devices.camera.value !== undefined : p.video;
    const volume = (/** @type {InputEvent} */ e) => {
      const to = Number(/** @type {HTMLInputElement} */ (e.target).value) / 100;
      this.call.sound?.setVolume(p.seat << 2, to);
      this.call.rewind.past.value?.setVolume(p.seat, to);
    };
    return html`<li>
      <scaip-avatar .name=${u.name} .color=${u.color} .size=${36}></scaip-avatar>
      <span class="cut">${me ? t('person.self', { name: u.name }) : u.name}</span>
      <span class=${audio ? '' : 'off'}>
        ${icon(audio ? 'mic' : 'mic-off', 18)}<span class="hush">${audio ? t('mic.is.on') : t('tile.muted')}</span>
      </span>
      <span class=${video ? '' : 'off'}>
        ${icon(video ? 'camera' : 'camera-off', 18)}<span class="hush">${video ? t('camera.is.on') : t('camera.is.off')}</span>
      </span>
      ${me ? '' : html`<input type="range" min="0" max="200" value="100" aria-label=${t('volume', { name: u.name })} @input=${volume} />`}
    </li>`;
  }
}

customElements.define('scaip-call-people', CallPeople);
