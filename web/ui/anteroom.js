// Before a call: how one looks and sounds, who is inside, and the way in. Without any device one may still go in.

import { keepText, lessText } from '../lib/keep.js';
import { format } from '../lib/route.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import './avatar.js';
import { Element, given } from './base.js';
import { loudness } from './device-settings.js';
import { icon } from './icons.js';
import './less-kept.js';
import { buttons, look } from './look.js';
import './self-video.js';

export class Anteroom extends Element {
  static properties = { app: { attribute: false }, call: { attribute: false } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        flex: 1;
        min-height: 0;
        overflow: auto;
        background: var(--ground);
      }
      .page {
        display: grid;
        grid-template-columns: minmax(0, 620px) minmax(0, 360px);
        gap: 48px;
        align-items: center;
        align-content: safe center;
        justify-content: center;
        min-height: 100%;
        padding: 24px 32px 48px;
      }
      .top {
        padding: 12px 16px 0;
      }
      .view {
        position: relative;
        aspect-ratio: 4 / 3;
        border-radius: 20px;
        background: var(--tile);
        color: var(--on-tile);
        overflow: hidden;
        box-shadow: var(--shadow);
      }
      .view scaip-self-video {
        position: absolute;
        inset: 0;
      }
      .view .none {
        position: absolute;
        inset: 0;
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 16px;
        padding: 24px 24px 72px;
        text-align: center;
      }
      .switches {
        position: absolute;
        inset: auto 0 18px;
        display: flex;
        justify-content: center;
        gap: 12px;
      }
      .round {
        display: grid;
        place-items: center;
        width: 54px;
        height: 54px;
        border: 0;
        border-radius: 27px;
        background: #f5f3eee6;
        color: #1d1e1a;
        cursor: pointer;
      }
      .level {
        position: absolute;
        inset: auto 0 0;
        height: 5px;
        background: #ffffff24;
      }
      .level i {
        display: block;
        height: 100%;
        background: #4fd39f;
        transform-origin: left;
        transform: scaleX(var(--part));
        transition: transform 80ms linear;
      }
      .round:hover {
        background: #fff;
      }
      .round.off {
        background: #b3271e;
        color: #fff;
      }
      .round:focus-visible {
        outline-color: #fff;
      }
      .way {
        display: grid;
        gap: 20px;
      }
      h1 {
        font-size: 28px;
        letter-spacing: -0.025em;
      }
      .inside {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 32px;
        color: var(--soft);
      }
      .faces {
        display: flex;
      }
      .faces scaip-avatar + scaip-avatar {
        margin-inline-start: -8px;
      }
      details summary {
        color: var(--soft);
        font-weight: 550;
        cursor: pointer;
      }
      details[open] summary {
        margin-bottom: 14px;
      }
      .barred {
        padding: 10px 12px;
        border-radius: var(--radius);
        background: var(--danger-wash);
        color: var(--on-danger-wash);
      }
      .kept {
        display: flex;
        gap: 10px;
        color: var(--soft);
        font-size: 14px;
      }
      @media (max-width: 900px) {
        .page {
          grid-template-columns: minmax(0, 560px);
          gap: 24px;
          padding: 12px 16px 32px;
          align-content: start;
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
  }

  render() {
    const { call, app } = this;
    const group = app.world.value.groups.get(call.group.value);
    const { devices } = call;
    const { hear, see } = devices.can.value;
    const trouble = devices.cameraTrouble.value || devices.microphoneTrouble.value || (hear && see ? '' : 'limits');
    const busy = call.stage.value === 'joining';
    const info = call.info.value;
    const barred = call.room.signs.me?.barred;
    return html`<nav class="top">
        <a class="button plain low" href=${format({ name: 'group', id: call.group.value, tab: 'chat' })}>
          ${icon('back', 18)}${group?.name ?? t('do.back')}
        </a>
      </nav>
      <main class="page">
        ${this.#view()}
        <div class="way">
          <div>
            <h1>${info?.title || group?.name}</h1>
            ${this.#inside()}
            <scaip-less-kept .app=${app} .group=${group} .call=${info}></scaip-less-kept>
          </div>
          ${barred ? html`<p class="barred" role="status">${t('call.barred')}</p>` : ''}
          <button class="button main wide" ?disabled=${busy || barred} @click=${() => call.join()}>
            ${busy ? t('call.joining') : devices.camera.value || devices.microphone.value ? t('call.join.now') : t('call.join.bare')}
          </button>
          <details ?open=${trouble !== ''}>
            <summary>${t('devices')}</summary>
            <scaip-device-settings .devices=${devices}></scaip-device-settings>
          </details>
          ${
            lessText(group, info, app.full.value)
              ? ''
              : html`<p class="kept">${icon('archive', 18)}<span>${keepText(group, info, '')}</span></p>`
          }
        </div>
      </main>`;
  }

  #view() {
    const { devices } = this.call;
    const track = devices.camera.value;
    const me = this.app.person(this.app.world.value.me);
    const muted = devices.muted.value || !devices.microphone.value;
    const why = devices.asking.value ? t('devices.asking') : track ? '' : t('camera.is.off');
    return html`<div class="view">
      ${
        track
          ? html`<scaip-self-video .track=${track}></scaip-self-video>`
          : html`<div class="none">
            <scaip-avatar .name=${me.name} .color=${me.color} .size=${96}></scaip-avatar>
            <p role="status">${why}</p>
          </div>`
      }
      <div class="switches">
        <button class="round ${muted ? 'off' : ''}" aria-label=${muted ? t('mic.on') : t('mic.off')} @click=${() => devices.toggleMicrophone()}>
          ${icon(muted ? 'mic-off' : 'mic', 22)}
        </button>
        <button class="round ${track ? '' : 'off'}" aria-label=${track ? t('camera.off') : t('camera.on')} @click=${() => devices.toggleCamera()}>
          ${icon(track ? 'camera' : 'camera-off', 22)}
        </button>
      </div>
      ${muted ? '' : html`<div class="level" aria-hidden="true"><i .style=${`--part:${loudness(devices.level.value)}`}></i></div>`}
    </div>`;
  }

  #inside() {
    const people = this.call.people.value.map((p) => this.app.person(p.user));
    if (people.length === 0) return html`<p class="inside">${t('call.nobody')}</p>`;
    return html`<div class="inside">
      <span class="faces">
        ${people.slice(0, 5).map((u) => html`<scaip-avatar .name=${u.name} .color=${u.color} .size=${28}></scaip-avatar>`)}
      </span>
      <span class="cut">${t('call.inside', { names: people.map((u) => u.name).join(', ') })}</span>
    </div>`;
  }
}

customElements.define('scaip-anteroom', Anteroom);
