// Groups at the side, one of them in the middle. On a phone it is one or the other.
import { shortWhen } from '../lib/format.js';
import { format } from '../lib/route.js';
import { t } from '../lib/words.js';
import { css, html, ifDefined, repeat } from '../vendor/lit.js';
import './avatar.js';
import { Element, given } from './base.js';
import './group-view.js';
import { icon, mark } from './icons.js';
import { buttons, look } from './look.js';
import './new-group.js';
import './offline.js';
import './profile-view.js';
import './recordings-view.js';

/** @typedef {import('../lib/world.js').Group} Group */

export class Shell extends Element {
  static properties = { app: { attribute: false }, making: { state: true } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        display: grid;
        grid-template: auto minmax(0, 1fr) / 308px minmax(0, 1fr);
        height: 100%;
      }
      scaip-offline {
        grid-column: 1 / -1;
      }
      aside {
        display: flex;
        flex-direction: column;
        min-height: 0;
        background: var(--side);
        border-inline-end: 1px solid var(--line);
      }
      .head {
        display: flex;
        align-items: center;
        gap: 10px;
        padding: 16px 12px 10px 20px;
        font-size: 18px;
        font-weight: 650;
        letter-spacing: -0.02em;
      }
      h1 {
        font-size: inherit;
        font-weight: inherit;
      }
      nav {
        flex: 1;
        min-height: 0;
        padding: 4px 10px 16px;
        overflow: auto;
      }
      .group {
        display: grid;
        grid-template-columns: 40px minmax(0, 1fr) auto;
        align-items: center;
        column-gap: 12px;
        min-height: 60px;
        padding: 8px 12px 8px 10px;
        border-radius: 12px;
        color: inherit;
        text-decoration: none;
        transition: background var(--ease);
      }
      .group:hover {
        background: var(--hover);
      }
      .group[aria-current] {
        background: var(--surface);
        box-shadow: var(--shadow);
      }
      .glyph {
        display: grid;
        place-items: center;
        width: 40px;
        height: 40px;
        border-radius: 12px;
        background: var(--accent-wash);
        color: var(--on-wash);
        font-weight: 600;
      }
      .line1 {
        display: block;
        line-height: 1.4;
      }
      .name {
        font-weight: 550;
      }
      .unread .name {
        font-weight: 700;
      }
      .live {
        color: var(--accent);
        font-weight: 550;
      }
      .live::before {
        content: '';
        display: inline-block;
        width: 7px;
        height: 7px;
        margin-inline-end: 6px;
        border-radius: 50%;
        background: currentColor;
        vertical-align: 1px;
      }
      .badge {
        display: inline-grid;
        place-items: center;
        min-width: 20px;
        height: 20px;
        padding: 0 6px;
        border-radius: 10px;
        background: var(--accent);
        color: var(--on-accent);
        font-size: 12px;
        font-weight: 650;
      }
      .badge.dot {
        min-width: 9px;
        width: 9px;
        height: 9px;
        padding: 0;
      }
      .meta {
        display: grid;
        justify-items: end;
        gap: 4px;
      }
      .me {
        display: flex;
        align-items: center;
        gap: 12px;
        margin: 0 10px 10px;
        padding: 10px;
        border-radius: 12px;
        color: inherit;
        text-decoration: none;
      }
      .me + .me {
        margin-top: 0;
      }
      .me[aria-current] {
        background: var(--surface);
        box-shadow: var(--shadow);
      }
      .sign {
        display: grid;
        place-items: center;
        width: 36px;
      }
      .me:hover {
        background: var(--hover);
      }
      .line {
        margin: 0 20px 8px;
        border-top: 1px solid var(--line);
      }
      .empty {
        padding: 8px 12px;
        color: var(--soft);
      }
      .nothing {
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 12px;
        height: 100%;
        padding: 32px;
        text-align: center;
      }
      .nothing h2 {
        font-size: 24px;
        letter-spacing: -0.02em;
      }
      .nothing p {
        max-width: 38ch;
        color: var(--soft);
        margin-bottom: 8px;
      }
      .middle {
        min-width: 0;
        min-height: 0;
        background: var(--surface);
      }
      @media (max-width: 760px) {
        :host {
          grid-template-columns: minmax(0, 1fr);
        }
        aside.deep {
          display: none;
        }
        .middle.top {
          display: none;
        }
        aside {
          border: 0;
        }
        .group {
          min-height: 66px;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    this.making = false;
  }

  render() {
    const { app } = this;
    const route = app.route.value;
    const deep = route.name === 'group' || route.name === 'profile' || this.#runs(route);
    return html`<scaip-offline .app=${app}></scaip-offline>
      <aside class=${deep ? 'deep' : ''}>
        <div class="head">
          ${mark(30)}
          <h1 class="grow">Scaip</h1>
          <button class="icon" aria-label=${t('group.new')} title=${t('group.new')} @click=${() => (this.making = true)}>
            ${icon('plus')}
          </button>
        </div>
        <nav aria-label=${t('groups')}>${this.#list()}</nav>
        <div class="line"></div>
        ${this.#recordings()} ${this.#me()}
      </aside>
      <main class="middle ${deep ? '' : 'top'}">${this.#middle(route)}</main>
      ${
        this.making ? html`<scaip-new-group .app=${app} @closed=${() => (this.making = false)}></scaip-new-group>` : ''
      }`;
  }

  #list() {
    const groups = this.app.groups.value;
    if (groups.length === 0) return html`<p class="empty">${t('groups.none')}</p>`;
    return html`<ul>
      ${repeat(
        groups,
        (g) => g.id,
        (g) => html`<li>${this.#group(g)}</li>`,
      )}
    </ul>`;
  }

  /** @param {Group} g */
  #group(g) {
    const route = this.app.route.value;
    const current = route.name === 'group' && route.id === g.id;
    const count = this.app.chat.unread.value.get(g.id) ?? 0;
    const unread = !current && this.app.chat.isUnread(g);
    const words = g.archived ? t('group.archived') : t('members.count', { n: g.members });
    return html`<a
      class="group ${unread ? 'unread' : ''}"
      href=${format({ name: 'group', id: g.id, tab: 'chat' })}
      aria-current=${ifDefined(current ? 'page' : undefined)}
    >
      <span class="glyph" aria-hidden="true">${[...g.name][0]?.toUpperCase()}</span>
      <span class="grow">
        <span class="name line1 cut">${g.name}</span>
        <span class="small line1 cut ${g.call ? 'live' : 'soft'}">${g.call ? t('call.running') : words}</span>
      </span>
      <span class="meta">
        <span class="small soft">${shortWhen(g.last)}</span>
        ${
          unread
            ? html`<span class="badge ${count ? '' : 'dot'}"
              >${count || ''}<span class="hush"> ${t('chat.unread')}</span></span
            >`
            : ''
        }
      </span>
    </a>`;
  }

  /** Whether somebody who runs the server is on its page. @param {import('../lib/route.js').Route} route */
  #runs(route) {
    return route.name === 'recordings' && this.app.me.value?.role === 'admin';
  }

  #recordings() {
    if (this.app.me.value?.role !== 'admin') return '';
    const current = this.app.route.value.name === 'recordings';
    return html`<a class="me" href=${format({ name: 'recordings' })} aria-current=${ifDefined(current ? 'page' : undefined)}>
      <span class="sign">${icon('archive')}</span><span class="grow">${t('space')}</span>
    </a>`;
  }

  #me() {
    const me = this.app.me.value;
    if (!me) return '';
    return html`<a class="me" href=${format({ name: 'profile' })}>
      <scaip-avatar .name=${me.name} .color=${me.color} .size=${36}></scaip-avatar>
      <span class="grow">
        <span class="line1 cut">${me.name}</span>
        <span class="line1 small soft">${me.login}</span>
      </span>
      ${icon('gear')}<span class="hush">${t('profile')}</span>
    </a>`;
  }

  /** @param {import('../lib/route.js').Route} route */
  #middle(route) {
    if (route.name === 'profile') return html`<scaip-profile .app=${this.app}></scaip-profile>`;
    if (this.#runs(route)) return html`<scaip-recordings .app=${this.app}></scaip-recordings>`;
    if (route.name === 'group') {
      return html`<scaip-group .app=${this.app} .id=${route.id} .tab=${route.tab}></scaip-group>`;
    }
    const none = this.app.groups.value.length === 0;
    return html`<div class="nothing">
      ${mark(56)}
      <h2>${none ? t('home.first.title') : t('home.title')}</h2>
      <p>${none ? t('home.first.text') : t('home.text')}</p>
      <button class="button main" @click=${() => (this.making = true)}>${icon('plus', 18)}${t('group.new')}</button>
    </div>`;
  }
}

customElements.define('scaip-shell', Shell);
