// Which camera, microphone and loudspeaker, how loud one is, and what is wrong with them.

import { recall } from '../app/settings.js';
import { t } from '../lib/words.js';
import { canChoose, chime } from '../media/speaker.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, fields, look } from './look.js';

/** How far a meter goes, 0 to 1. @param {number} level −dBov */
export const loudness = (level) => Math.max(0, Math.min(1, (70 - level) / 55));

export class DeviceSettings extends Element {
  static properties = { devices: { attribute: false }, ringing: { state: true } };

  static styles = [
    look,
    buttons,
    fields,
    css`
      .all {
        display: grid;
        gap: 16px;
      }
      meter {
        width: 100%;
        height: 8px;
      }
      .meter {
        height: 6px;
        border-radius: 3px;
        background: var(--line);
        overflow: hidden;
      }
      .meter i {
        display: block;
        height: 100%;
        border-radius: 3px;
        background: var(--accent);
        transform-origin: left;
        transform: scaleX(var(--part));
        transition: transform 80ms linear;
      }
      .speaker {
        display: grid;
        gap: 10px;
        justify-items: start;
      }
      .speaker .field {
        width: 100%;
      }
      .wrong {
        display: grid;
        gap: 8px;
        justify-items: start;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/devices.js').Devices} */
    this.devices = given();
    /** the test sound is played */
    this.ringing = false;
  }

  render() {
    const { cameraTrouble, microphoneTrouble, lists, processing, level } = this.devices;
    const part = loudness(level.value);
    return html`<div class="all">
      ${this.#limits()} ${this.#trouble(microphoneTrouble.value, cameraTrouble.value)}
      ${this.#pick('camera', lists.value.cameras)}
      <div class="all">
        ${this.#pick('microphone', lists.value.microphones)}
        <div class="meter" role="meter" aria-label=${t('mic.level')} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(part * 100)}>
          <i .style=${`--part:${part}`}></i>
        </div>
      </div>
      <div class="speaker">
        ${canChoose() ? this.#pick('speaker', lists.value.speakers) : ''}
        <button class="button low" ?disabled=${this.ringing} @click=${this.#ring}>
          ${icon('sound', 18)}${this.ringing ? t('speaker.testing') : t('speaker.test')}
        </button>
      </div>
      <label class="check">
        <input
          type="checkbox"
          .checked=${processing.value}
          @change=${(/** @type {Event} */ e) =>
            this.devices.setProcessing(/** @type {HTMLInputElement} */ (e.target).checked)}
        />
        <span>${t('mic.processing')}<br /><span class="hint">${t('mic.processing.hint')}</span></span>
      </label>
    </div>`;
  }

  #ring = async () => {
    this.ringing = true;
    await chime(recall('speaker')).catch(() => undefined);
    this.ringing = false;
  };

  /** @param {'camera' | 'microphone' | 'speaker'} kind @param {MediaDeviceInfo[]} list */
  #pick(kind, list) {
    if (list.length === 0) return '';
    const chosen = recall(kind);
    return html`<label class="field">
      <span>${t(`device.${kind}`)}</span>
      <select @change=${(/** @type {Event} */ e) => this.devices.choose(kind, /** @type {HTMLSelectElement} */ (e.target).value)}>
        ${list.map(
          (d, i) =>
            html`<option value=${d.deviceId} ?selected=${d.deviceId === chosen}>
              ${d.label || t(`device.${kind}.n`, { n: i + 1 })}
            </option>`,
        )}
      </select>
    </label>`;
  }

  /** What of others this browser can't give. */
  #limits() {
    const { hear, see } = this.devices.can.value;
    return hear && see ? '' : html`<p role="alert">${t(see ? 'browser.deaf' : 'browser.blind')}</p>`;
  }

  /** @param {string} mic @param {string} cam */
  #trouble(mic, cam) {
    const same = mic && mic === cam;
    const texts = same
      ? [t(`trouble.both.${mic}`)]
      : [mic && t(`trouble.microphone.${mic}`), cam && t(`trouble.camera.${cam}`)];
    const said = texts.filter(Boolean);
    if (said.length === 0) return '';
    return html`<div class="wrong" role="alert">
      ${said.map((x) => html`<p>${x}</p>`)}
      ${[mic, cam].every((x) => !x || x === 'unsupported') ? '' : html`<button class="button low" @click=${() => this.devices.retry()}>${t('do.retry')}</button>`}
    </div>`;
  }
}

customElements.define('scaip-device-settings', DeviceSettings);
