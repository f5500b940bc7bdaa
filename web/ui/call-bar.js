// The bar of a call: microphone, camera, share, hand, reactions, more, leave; people and chat at its side.

import { EMOJI } from '../app/signs.js';
import { stopwatch } from '../lib/format.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import './call-more.js';
import './device-caret.js';
import './device-settings.js';
import './dialog.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';
import './menu.js';
import { menuItems } from './menu.js';
import { roundLook } from './round-look.js';

export class CallBar extends Element {
  static later = true;

  static properties = {
    app: { attribute: false },
    call: { attribute: false },
    now: { state: true },
    settings: { state: true },
  };

  static styles = [
    look,
    buttons,
    menuItems,
    roundLook,
    css`
      /* The place is there before the bar is. */
      :host {
        min-height: 76px;
      }
      .bar {
        display: grid;
        grid-template-columns: 1fr auto 1fr;
        align-items: center;
        padding: 12px 16px 14px;
      }
      .title {
        min-width: 0;
        padding-inline-start: 4px;
      }
      .title p {
        line-height: 1.35;
      }
      .time {
        font-variant-numeric: tabular-nums;
      }
      .middle,
      .side {
        display: flex;
        gap: 8px;
      }
      .side {
        justify-content: flex-end;
      }
      .pair {
        display: flex;
        align-items: center;
      }
      .emoji {
        min-width: 44px;
        min-height: 44px;
        justify-content: center;
        padding: 0;
        font-size: 24px;
      }
      .count {
        position: absolute;
        top: -3px;
        right: -3px;
        min-width: 20px;
        height: 20px;
        padding: 0 6px;
        border-radius: 10px;
        background: var(--accent);
        color: var(--on-accent);
        font-size: 12px;
        font-weight: 650;
        line-height: 20px;
      }
      .trouble {
        position: absolute;
        top: -4px;
        right: -4px;
        display: grid;
        place-items: center;
        width: 20px;
        height: 20px;
        border-radius: 50%;
        background: var(--ember);
        color: var(--ground);
      }
      @media (max-width: 760px) {
        :host {
          min-height: 68px;
        }
        .bar {
          grid-template-columns: auto auto;
          justify-content: space-between;
          gap: 6px;
          padding: 10px 10px max(12px, env(safe-area-inset-bottom));
        }
        .title {
          display: none;
        }
        .middle,
        .side {
          gap: 6px;
        }
        .desk {
          display: none;
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
    this.now = Date.now();
    this.settings = false;
  }

  connectedCallback() {
    super.connectedCallback();
    const timer = setInterval(() => (this.now = Date.now()), 1000);
    this.alive.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  render() {
    const { call } = this;
    const info = call.info.value;
    const group = this.app.world.value.groups.get(call.group.value);
    return html`<div class="bar" role="toolbar" aria-label=${t('call.bar')}>
        <div class="title">
          <p class="cut"><strong>${info?.title || group?.name}</strong></p>
          <p class="small soft time">${info ? stopwatch(this.now - Date.parse(info.start)) : ''}${this.#link()}</p>
        </div>
        <div class="middle">
          ${this.#microphone()} ${this.#camera()} ${this.#share()} ${this.#hand()} ${this.#react()}
          <scaip-call-more .app=${this.app} .call=${call} @devices=${() => (this.settings = true)}></scaip-call-more>
          ${this.#leave()}
        </div>
        <div class="side">
          ${this.#panel('people', 'people', call.people.value.length, 'desk')} ${this.#panel('chat', 'chat', call.unread.value)}
        </div>
      </div>
      ${
        this.settings
          ? html`<scaip-dialog heading=${t('devices')} @closed=${() => (this.settings = false)}>
            <scaip-device-settings .devices=${call.devices}></scaip-device-settings>
          </scaip-dialog>`
          : ''
      }`;
  }

  /** While a media socket is down. */
  #link() {
    const down = Object.values(this.call.links.value).some((s) => s !== 'open');
    return down ? html` · <span role="status">${t('call.reconnecting')}</span>` : '';
  }

  #microphone() {
    const { devices, room } = this.call;
    const talks = devices.held.value && devices.muted.value;
    const off = (devices.muted.value || !devices.microphone.value) && !talks;
    const label = off ? t('mic.on') : t('mic.off');
    return html`<span class="pair"><button
        class="round ${talks ? 'talk' : off ? 'off' : ''}"
        aria-label=${label}
        title="${label} (M)"
        @click=${() => room.signs.toggleMicrophone()}
      >
        ${icon(off ? 'mic-off' : 'mic', 22)}
        ${devices.microphoneTrouble.value ? html`<span class="trouble">${icon('warn', 13)}</span>` : ''}
      </button>
      <scaip-device-caret class="desk" kind="microphone" .devices=${devices}></scaip-device-caret></span>`;
  }

  #camera() {
    const { devices } = this.call;
    const off = !devices.camera.value;
    const label = off ? t('camera.on') : t('camera.off');
    return html`<span class="pair"><button
        class="round ${off ? 'off' : ''}"
        aria-label=${label}
        title="${label} (V)"
        @click=${() => (devices.cameraTrouble.value ? devices.retry() : devices.toggleCamera())}
      >
        ${icon(off ? 'camera-off' : 'camera', 22)}
        ${devices.cameraTrouble.value ? html`<span class="trouble">${icon('warn', 13)}</span>` : ''}
      </button>
      <scaip-device-caret class="desk" kind="camera" .devices=${devices}></scaip-device-caret></span>`;
  }

  #share() {
    const { call } = this;
    if (!call.share.possible) return '';
    const on = call.share.track.value !== undefined;
    const label = on ? t('share.stop') : t('share.start');
    return html`<button
      class="round desk"
      aria-label=${label}
      title="${label} (S)"
      aria-pressed=${on}
      @click=${() => (on ? call.stopShare() : call.startShare())}
    >
      ${icon('screen', 22)}
    </button>`;
  }

  #hand() {
    const { signs } = this.call.room;
    const up = signs.handUp;
    const label = up ? t('hand.lower') : t('hand.raise');
    return html`<button class="round" aria-label=${label} title="${label} (H)" aria-pressed=${up} @click=${() => signs.toggleHand()}>
      ${icon('hand', 22)}
    </button>`;
  }

  #react() {
    const { signs } = this.call.room;
    return html`<scaip-menu row label=${t('react')}>
      <button slot="button" class="round" aria-label=${t('react')} title=${t('react')} aria-haspopup="menu">${icon('smile', 22)}</button>
      ${EMOJI.map((e) => html`<button role="menuitem" class="emoji" aria-label=${e} @click=${() => signs.react(e)}>${e}</button>`)}
    </scaip-menu>`;
  }

  /** @param {'people' | 'chat'} panel @param {string} glyph @param {number} count @param {string} [kind] */
  #panel(panel, glyph, count, kind = '') {
    const label = t(`panel.${panel}`);
    return html`<button
      class="round ${kind}"
      aria-pressed=${this.call.panel.value === panel}
      title="${label} (${panel === 'chat' ? 'C' : 'P'})"
      @click=${() => this.call.toggle(panel)}
    >
      ${icon(glyph, 22)}<span class="hush">${label}</span>${count ? html` <span class="count">${count}</span>` : ''}
    </button>`;
  }

  #leave() {
    return html`<button class="round leave" aria-label=${t('call.leave')} title=${t('call.leave')} @click=${() => this.call.leave()}>
      ${icon('hangup', 26)}
    </button>`;
  }
}

customElements.define('scaip-call-bar', CallBar);
