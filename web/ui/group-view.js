// One group: its head, the running call, and chat, members or calls below.

import { Refusal } from '../lib/refusal.js';
import { format, TABS } from '../lib/route.js';
import { t } from '../lib/words.js';
import { css, html, ifDefined } from '../vendor/lit.js';
import './avatar.js';
import { Element, given } from './base.js';
import './calls-view.js';
import './chat-view.js';
import './group-menu.js';
import { icon } from './icons.js';
import './less-kept.js';
import { buttons, look } from './look.js';
import './members-view.js';

export class GroupView extends Element {
  static properties = { app: { attribute: false }, id: {}, tab: {}, error: { state: true } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        display: flex;
        flex-direction: column;
        height: 100%;
        min-height: 0;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 68px;
        padding: 10px 16px 6px 24px;
      }
      h2 {
        font-size: 20px;
        letter-spacing: -0.02em;
      }
      .tabs {
        display: flex;
        gap: 22px;
        padding: 0 24px;
        border-bottom: 1px solid var(--line);
      }
      .tabs a {
        padding: 8px 0 10px;
        margin-bottom: -1px;
        border-bottom: 2px solid transparent;
        color: var(--soft);
        font-weight: 550;
        text-decoration: none;
      }
      .tabs a:hover {
        color: var(--ink);
      }
      .tabs a[aria-current] {
        color: var(--ink);
        border-color: var(--accent);
      }
      .running {
        display: flex;
        align-items: center;
        gap: 14px;
        margin: 12px 24px 0;
        padding: 10px 12px 10px 16px;
        border-radius: 12px;
        background: var(--accent-wash);
        color: var(--on-wash);
      }
      scaip-less-kept {
        margin: 0 24px;
      }
      .faces {
        display: flex;
      }
      .faces scaip-avatar + scaip-avatar {
        margin-inline-start: -8px;
      }
      .faces scaip-avatar {
        border-radius: 50%;
        box-shadow: 0 0 0 2px var(--accent-wash);
      }
      .back {
        display: none;
        margin-inline-start: -12px;
      }
      .body {
        flex: 1;
        min-height: 0;
      }
      .gone {
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 16px;
        height: 100%;
        padding: 24px;
        text-align: center;
      }
      @media (max-width: 760px) {
        header {
          padding: 8px 8px 4px 16px;
          min-height: 60px;
        }
        .back {
          display: inline-grid;
        }
        .tabs {
          padding: 0 16px;
        }
        .running {
          margin: 10px 12px 0;
        }
        scaip-less-kept {
          margin: 0 12px;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {string} */
    this.id = given();
    this.tab = 'chat';
    this.error = '';
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('id')) void this.#open();
  }

  async #open() {
    const { id } = this;
    this.error = '';
    try {
      await this.app.openGroup(id);
    } catch (error) {
      if (id === this.id) this.error = error instanceof Refusal ? error.message : t('error.unreachable');
    }
  }

  render() {
    const group = this.app.world.value.groups.get(this.id);
    if (!group) return this.error ? this.#gone() : '';
    return html`<header>
        <a class="icon back" href="#/" aria-label=${t('do.back')}>${icon('back')}</a>
        <div class="grow">
          <h2 class="cut">${group.name}</h2>
          <p class="small soft">
            ${group.archived ? `${t('group.archived')} · ` : ''}${t('members.count', { n: group.members })}
          </p>
        </div>
        ${
          group.archived || group.call
            ? ''
            : html`<button class="button main" @click=${() => this.app.startCall(group.id).catch(() => undefined)}>
              ${icon('camera', 18)}${t('call.start')}
            </button>`
        }
        <scaip-group-menu .app=${this.app} .id=${this.id}></scaip-group-menu>
      </header>
      <nav class="tabs" aria-label=${t('group.parts')}>
        ${TABS.map(
          (tab) =>
            html`<a href=${format({ name: 'group', id: this.id, tab })} aria-current=${ifDefined(tab === this.tab ? 'page' : undefined)}
              >${t(`tab.${tab}`)}</a
            >`,
        )}
      </nav>
      ${
        group.archived
          ? ''
          : html`<scaip-less-kept .app=${this.app} .group=${group} .call=${this.app.world.value.calls.get(group.call)}></scaip-less-kept>`
      }
      ${this.#running(group.call)}
      <div class="body">${this.#body()}</div>`;
  }

  /** @param {string} id of the running call, or empty */
  #running(id) {
    if (!id) return '';
    const inside = this.app.world.value.calls.get(id)?.participants.filter((p) => p.in) ?? [];
    const names = inside.map((p) => this.app.person(p.user).name);
    return html`<section class="running" aria-label=${t('call.running')}>
      <span class="faces">
        ${inside.slice(0, 4).map((p) => {
          const u = this.app.person(p.user);
          return html`<scaip-avatar .name=${u.name} .color=${u.color} .size=${30}></scaip-avatar>`;
        })}
      </span>
      <span class="grow cut"><strong>${t('call.running')}</strong>${names.length ? html` · ${names.join(', ')}` : ''}</span>
      <a class="button main low" href=${format({ name: 'call', id })}>${t('call.join')}</a>
    </section>`;
  }

  #body() {
    switch (this.tab) {
      case 'members':
        return html`<scaip-members .app=${this.app} .id=${this.id}></scaip-members>`;
      case 'calls':
        return html`<scaip-calls .app=${this.app} .id=${this.id}></scaip-calls>`;
      default:
        return html`<scaip-chat .app=${this.app} .id=${this.id}></scaip-chat>`;
    }
  }

  #gone() {
    return html`<div class="gone">
      <p>${this.error}</p>
      <a class="button" href="#/">${t('do.home')}</a>
    </div>`;
  }
}

customElements.define('scaip-group', GroupView);
