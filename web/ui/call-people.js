// Who is in the call: hands in their order, how loud each is for oneself, and what an owner may do.

import { keepText } from '../lib/keep.js';
import { t } from '../lib/words.js';
import { css, html, repeat } from '../vendor/lit.js';
import './avatar.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';
import './menu.js';
import { menuItems } from './menu.js';

export class CallPeople extends Element {
  static properties = { app: { attribute: false }, call: { attribute: false } };

  static styles = [
    look,
    buttons,
    menuItems,
    css`
      :host {
        overflow: auto;
        padding: 4px 20px 20px;
      }
      h3 {
        margin: 12px 0 2px;
        color: var(--soft);
        font-size: 14px;
      }
      .person {
        display: grid;
        grid-template-columns: 36px minmax(0, 1fr) auto auto 34px;
        align-items: center;
        gap: 2px 10px;
        min-height: 52px;
        padding: 6px 0;
      }
      .hand {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 44px;
      }
      .place {
        min-width: 24px;
        padding: 1px 7px;
        border-radius: 11px;
        background: #ffd479;
        color: #2a1c00;
        font-size: 13px;
        font-weight: 650;
        text-align: center;
      }
      .kept {
        margin-top: 12px;
        color: var(--soft);
        font-size: 14px;
      }
      .off {
        color: var(--danger-ink);
      }
      .volume {
        grid-column: 2 / -1;
        display: flex;
        align-items: center;
        gap: 10px;
        color: var(--soft);
      }
      .volume input {
        flex: 1;
        min-width: 0;
        margin: 0;
        accent-color: var(--accent);
      }
      .volume output {
        min-width: 5ch;
        font-variant-numeric: tabular-nums;
        text-align: end;
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
    const { signs } = this.call.room;
    const barred = signs.owner ? (this.call.info.value?.participants ?? []).filter((p) => p.barred) : [];
    return html`${this.#hands()}
      <ul>
        ${repeat(
          this.call.rewind.people,
          (p) => p.user,
          (p) => this.#person(p),
        )}
      </ul>
      ${
        signs.owner && this.call.people.value.length > 1
          ? html`<button class="button low" @click=${() => signs.mute('')}>${icon('mic-off', 16)}${t('owner.mute.all')}</button>`
          : ''
      }
      ${barred.length ? this.#barred(barred) : ''}
      <p class="kept">${keepText(this.app.world.value.groups.get(this.call.group.value), this.call.info.value, this.app.full.value)}</p>`;
  }

  #hands() {
    const { signs } = this.call.room;
    const list = signs.hands.value;
    if (list.length === 0) return '';
    return html`<h3>${t('hands')}</h3>
      <ol>
        ${list.map((p, i) => {
          const { name } = this.app.person(p.user);
          const own = p.user === this.app.world.value.me;
          return html`<li class="hand">
            <span class="place">${i + 1}</span><span class="grow cut">${name}</span>
            ${
              own || signs.owner
                ? html`<button class="button low" aria-label=${t('hand.lower.of', { name })} @click=${() => (own ? signs.toggleHand() : signs.lower(p.user))}>
                  ${t('hand.lower')}
                </button>`
                : ''
            }
          </li>`;
        })}
      </ol>
      <h3>${t('call.people')}</h3>`;
  }

  /** @param {import('../lib/world.js').Participant[]} list who was put out */
  #barred(list) {
    return html`<h3>${t('owner.barred')}</h3>
      <ul>
        ${list.map((p) => {
          const { name } = this.app.person(p.user);
          return html`<li class="hand">
            <span class="grow cut">${name}</span>
            <button class="button low" aria-label=${t('owner.admit.of', { name })} @click=${() => this.call.room.signs.admit(p.user)}>
              ${t('owner.admit')}
            </button>
          </li>`;
        })}
      </ul>`;
  }

  /** @param {import('../lib/roster.js').Present & {muted?: boolean}} p */
  #person(p) {
    const u = this.app.person(p.user);
    const me = p.user === this.app.world.value.me;
    const { devices } = this.call;
    const audio = me ? !devices.muted.value && devices.microphone.value !== undefined : p.audio;
    const video = me ? devices.camera.value !== undefined : p.video;
    return html`<li class="person">
      <scaip-avatar .name=${u.name} .color=${u.color} .size=${36}></scaip-avatar>
      <span class="cut">${me ? t('person.self', { name: u.name }) : u.name}</span>
      <span class=${audio ? '' : 'off'}>
        ${icon(audio ? 'mic' : 'mic-off', 18)}<span class="hush">${audio ? t('mic.is.on') : t('tile.muted')}</span>
      </span>
      <span class=${video ? '' : 'off'}>
        ${icon(video ? 'camera' : 'camera-off', 18)}<span class="hush">${video ? t('camera.is.on') : t('camera.is.off')}</span>
      </span>
      ${me ? html`<span></span>` : html`${this.#menu(p, u.name)} ${this.#volume(p, u.name)}`}
    </li>`;
  }

  /** @param {import('../lib/roster.js').Present} p @param {string} name */
  #menu(p, name) {
    const { signs } = this.call.room;
    if (!signs.owner) return html`<span></span>`;
    return html`<scaip-menu label=${t('tile.more', { name })}>
      <button role="menuitem" ?disabled=${!p.audio} @click=${() => signs.mute(p.user)}>${icon('mic-off', 18)}${t('owner.mute')}</button>
      <button role="menuitem" class="bad" @click=${() => (signs.expelling.value = p.user)}>
        ${icon('hangup', 18)}${t('owner.expel')}
      </button>
    </scaip-menu>`;
  }

  /** @param {import('../lib/roster.js').Present} p @param {string} name */
  #volume({ seat }, name) {
    const now = Math.round((this.call.receiver?.person(seat).volume ?? 1) * 100);
    const change = (/** @type {Event} */ e) => {
      const to = Number(/** @type {HTMLInputElement} */ (e.target).value) / 100;
      this.call.receiver?.setVolume(seat, to);
      this.call.rewind.past.value?.setVolume(seat, to);
      this.requestUpdate();
    };
    return html`<label class="volume">
      ${icon(now ? 'sound' : 'sound-off', 18)}
      <input
        type="range"
        min="0"
        max="200"
        step="5"
        .value=${String(now)}
        aria-label=${t('volume', { name })}
        aria-valuetext="${now} %"
        @input=${change}
      />
      <output class="small">${now} %</output>
    </label>`;
  }
}

customElements.define('scaip-call-people', CallPeople);
