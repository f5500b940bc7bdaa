// The small button beside microphone and camera: which device, without opening the settings.

import { recall } from '../app/settings.js';
import { t } from '../lib/words.js';
import { canChoose } from '../media/speaker.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { look } from './look.js';
import './menu.js';
import { menuItems } from './menu.js';

export class DeviceCaret extends Element {
  static later = true;

  static properties = { devices: { attribute: false }, kind: {} };

  static styles = [
    look,
    menuItems,
    css`
      .caret {
        display: grid;
        place-items: center;
        width: 28px;
        height: 34px;
        margin-inline-start: -4px;
        padding: 0;
        border: 0;
        border-radius: 10px;
        background: none;
        color: var(--soft);
        cursor: pointer;
      }
      .caret:hover {
        background: var(--hover);
        color: var(--ink);
      }
      .caret svg {
        scale: 1 -1;
      }
      .title {
        padding: 8px 12px 4px;
        color: var(--soft);
        font-size: 13px;
      }
      .check {
        width: 18px;
      }
      [role^='menuitem'] {
        max-width: min(340px, 86vw);
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/devices.js').Devices} */
    this.devices = given();
    /** @type {'camera' | 'microphone'} */
    this.kind = 'camera';
  }

  render() {
    /** @type {{cameras: MediaDeviceInfo[], microphones: MediaDeviceInfo[], speakers: MediaDeviceInfo[]}} */
    const { cameras, microphones, speakers } = this.devices.lists.value;
    const mine = this.kind === 'camera' ? cameras : microphones;
    const label = t(`device.${this.kind}.choose`);
    const heard = this.kind === 'microphone' && canChoose() ? speakers : [];
    if (mine.length + heard.length === 0) return '';
    return html`<scaip-menu label=${label}>
      <button slot="button" class="caret" aria-label=${label} title=${label} aria-haspopup="menu">${icon('down', 16)}</button>
      ${this.#list(this.kind, mine)} ${this.#list('speaker', heard)}
    </scaip-menu>`;
  }

  /** @param {'camera' | 'microphone' | 'speaker'} kind @param {MediaDeviceInfo[]} list */
  #list(kind, list) {
    if (list.length === 0) return '';
    const known = recall(kind);
    const chosen = list.some((d) => d.deviceId === known) ? known : list[0].deviceId;
    const choose = async (/** @type {string} */ id) => {
      await this.devices.choose(kind, id);
      this.requestUpdate();
    };
    return html`<p class="title" role="presentation">${t(`device.${kind}`)}</p>
      ${list.map(
        (d, i) =>
          html`<button role="menuitemradio" aria-checked=${d.deviceId === chosen} @click=${() => choose(d.deviceId)}>
            <span class="check">${d.deviceId === chosen ? icon('check', 18) : ''}</span>
            <span class="cut">${d.label || t(`device.${kind}.n`, { n: i + 1 })}</span>
          </button>`,
      )}`;
  }
}

customElements.define('scaip-device-caret', DeviceCaret);
