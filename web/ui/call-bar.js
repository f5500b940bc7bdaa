// The bar of a call: microphone, camera, chat, people, more, leave.

import { stopwatch } from '../lib/format.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import './dialog.js';
import './device-settings.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';
import { menuItems } from './menu.js';

export class CallBar extends Element {
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
    css`
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
      .round {
        position: relative;
        display: grid;
        place-items: center;
        width: 50px;
        height: 50px;
        padding: 0;
        border: 1px solid var(--line);
        border-radius: 25px;
        background: var(--raised);
        color: var(--ink);
        cursor: pointer;
        transition: background var(--ease);
      }
      .round:hover {
        background: color-mix(in srgb, var(--raised), var(--ink) 8%);
      }
      .round.off {
        border-color: transparent;
        background: var(--danger-wash);
        color: var(--on-danger-wash);
      }
      .round[aria-pressed='true'].panel {
        background: var(--accent-wash);
        color: var(--on-wash);
      }
      .round.leave {
        width: 68px;
        border-color: transparent;
        background: var(--danger);
        color: var(--on-danger);
      }
      .round.leave:hover {
        background: var(--danger-deep);
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
        .bar {
          grid-template-columns: auto 1fr;
          gap: 8px;
          padding: 10px 10px max(12px, env(safe-area-inset-bottom));
        }
        .title {
          display: none;
        }
        .round {
          width: 46px;
          height: 46px;
        }
        .round.leave {
          width: 54px;
        }
        .middle,
        .side {
          gap: 6px;
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
        <div class="middle">${this.#microphone()} ${this.#camera()} ${this.#share()} ${this.#more()} ${this.#leave()}</div>
        <div class="side">
          ${this.#panel('people', 'people', call.people.value.length)} ${this.#panel('chat', 'chat', call.unread.value)}
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
    const { devices } = this.call;
    const off = devices.muted.value || !devices.microphone.value;
    const label = off ? t('mic.on') : t('mic.off');
    return html`<button
      class="round ${off ? 'off' : ''}"
      aria-label=${label}
      title="${label} (M)"
      @click=${() => devices.toggleMicrophone()}
    >
      ${icon(off ? 'mic-off' : 'mic', 22)}
      ${devices.microphoneTrouble.value ? html`<span class="trouble">${icon('warn', 13)}</span>` : ''}
    </button>`;
  }

  #camera() {
    const { devices } = this.call;
    const off = !devices.camera.value;
    const label = off ? t('camera.on') : t('camera.off');
    return html`<button
      class="round ${off ? 'off' : ''}"
      aria-label=${label}
      title="${label} (V)"
      @click=${() => (devices.cameraTrouble.value ? devices.retry() : devices.toggleCamera())}
    >
      ${icon(off ? 'camera-off' : 'camera', 22)}
      ${devices.cameraTrouble.value ? html`<span class="trouble">${icon('warn', 13)}</span>` : ''}
    </button>`;
  }

  #share() {
    const { call } = this;
    if (!call.share.possible) return '';
    const on = call.share.track.value !== undefined;
    const label = on ? t('share.stop') : t('share.start');
    return html`<button
      class="round"
      aria-label=${label}
      title=${label}
      aria-pressed=${on}
      @click=${() => (on ? call.stopShare() : call.startShare())}
    >
      ${icon('screen', 22)}
    </button>`;
  }

  /** @param {'people' | 'chat'} panel @param {string} glyph @param {number} count */
  #panel(panel, glyph, count) {
    const label = t(`panel.${panel}`);
    return html`<button
      class="round panel"
      aria-pressed=${this.call.panel.value === panel}
      title=${label}
      @click=${() => this.call.toggle(panel)}
    >
      ${icon(glyph, 22)}<span class="hush">${label}</span>${count ? html` <span class="count">${count}</span>` : ''}
    </button>`;
  }

  #more() {
    return html`<scaip-menu label=${t('call.more')}>
      <button slot="button" class="round" aria-label=${t('call.more')} title=${t('call.more')} aria-haspopup="menu">
        ${icon('more', 22)}
      </button>
      <button role="menuitem" @click=${() => (this.settings = true)}>${icon('gear', 18)}${t('devices')}</button>
      <button role="menuitem" @click=${this.#copy}>${icon('link', 18)}${t('link.copy')}</button>
      <button role="menuitem" @click=${() => this.call.toggle('stats')}>${icon('stats', 18)}${t('panel.stats')}</button>
      ${
        this.call.mayEnd
          ? html`<button role="menuitem" class="bad" @click=${() => this.call.end().catch(() => undefined)}>
            ${icon('hangup', 18)}${t('call.end')}
          </button>`
          : ''
      }
    </scaip-menu>`;
  }

  #leave() {
    return html`<button class="round leave" aria-label=${t('call.leave')} title=${t('call.leave')} @click=${() => this.call.leave()}>
      ${icon('hangup', 26)}
    </button>`;
  }

  #copy = async () => {
    await navigator.clipboard.writeText(location.href).catch(() => undefined);
    this.app.notices.show(t('link.copied'));
  };
}

customElements.define('scaip-call-bar', CallBar);
