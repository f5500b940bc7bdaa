// Who is in a group; owners add, remove and raise.

import { t } from '../lib/words.js';
import { css, html, repeat } from '../vendor/lit.js';
import './avatar.js';
import { Element, given } from './base.js';
import './dialog.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';
import { menuItems } from './menu.js';
import './people-picker.js';

export class MembersView extends Element {
  static properties = {
    app: { attribute: false },
    id: {},
    adding: { state: true },
    chosen: { state: true },
    busy: { state: true },
  };

  static styles = [
    look,
    buttons,
    menuItems,
    css`
      :host {
        height: 100%;
        overflow: auto;
      }
      .page {
        max-width: 720px;
        padding: 16px 24px 32px;
      }
      .top {
        display: flex;
        justify-content: space-between;
        align-items: center;
        min-height: 40px;
        margin-bottom: 8px;
      }
      h3 {
        font-size: 14px;
        font-weight: 600;
        letter-spacing: 0;
        color: var(--soft);
      }
      li {
        display: flex;
        align-items: center;
        gap: 14px;
        min-height: 60px;
        border-bottom: 1px solid var(--line);
      }
      li:last-child {
        border: 0;
      }
      .line1 {
        display: block;
        line-height: 1.4;
      }
      .tag {
        padding: 2px 9px;
        border-radius: 10px;
        background: var(--accent-wash);
        color: var(--on-wash);
        font-size: 13px;
        font-weight: 550;
      }
      .form {
        display: grid;
        gap: 18px;
      }
      .space {
        width: 40px;
      }
      @media (max-width: 760px) {
        .page {
          padding-inline: 16px;
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
    this.adding = false;
    this.busy = false;
    /** @type {import('../lib/world.js').User[]} */
    this.chosen = [];
  }

  render() {
    const w = this.app.world.value;
    const group = w.groups.get(this.id);
    const members = w.members.get(this.id) ?? new Map();
    const rows = [...members]
      .map(([id, role]) => ({ user: this.app.person(id), role }))
      .sort((a, b) => a.user.name.localeCompare(b.user.name));
    const owner = group?.role === 'owner' && !group.archived;
    return html`<div class="page">
      <div class="top">
        <h3>${t('members.count', { n: rows.length })}</h3>
        ${
          owner
            ? html`<button class="button low" @click=${() => (this.adding = true)}>${icon('plus', 16)}${t('members.add')}</button>`
            : ''
        }
      </div>
      <ul>
        ${repeat(
          rows,
          (r) => r.user.id,
          (r) => this.#member(r.user, r.role, owner),
        )}
      </ul>
      ${this.adding ? this.#dialog(members) : ''}
    </div>`;
  }

  /** @param {import('../lib/world.js').User} u @param {string} role @param {boolean} owner */
  #member(u, role, owner) {
    const me = this.app.world.value.me === u.id;
    const online = this.app.online.value.has(u.id) || me;
    const words = [u.login, u.disabled ? t('person.disabled') : online ? t('person.online') : ''].filter(Boolean);
    const name = u.name;
    return html`<li>
      <scaip-avatar .name=${name} .color=${u.color} .size=${40} .online=${online && !u.disabled}></scaip-avatar>
      <span class="grow">
        <span class="line1 cut">${name}${me ? html` <span class="soft">${t('person.you')}</span>` : ''}</span>
        <span class="line1 cut small soft">${words.join(' · ')}</span>
      </span>
      ${role === 'owner' ? html`<span class="tag">${t('role.owner')}</span>` : ''}
      ${
        owner && !me
          ? html`<scaip-menu label=${t('members.more', { name })}>
            <button role="menuitem" @click=${() => this.#do('groups.set_role', u.id, { role: role === 'owner' ? 'member' : 'owner' })}>
              ${icon('people', 18)}${role === 'owner' ? t('role.lower') : t('role.raise')}
            </button>
            <button role="menuitem" class="bad" @click=${() => this.#do('groups.remove_member', u.id, {})}>
              ${icon('close', 18)}${t('members.remove')}
            </button>
          </scaip-menu>`
          : owner
            ? html`<span class="space"></span>`
            : ''
      }
    </li>`;
  }

  /** @param {ReadonlyMap<string, string>} members */
  #dialog(members) {
    const closed = () => {
      this.adding = false;
      this.chosen = [];
    };
    return html`<scaip-dialog heading=${t('members.add')} @closed=${closed}>
      <div class="form">
        <scaip-people-picker
          .app=${this.app}
          .chosen=${this.chosen}
          .except=${new Set(members.keys())}
          @chosen=${(/** @type {CustomEvent} */ e) => (this.chosen = e.detail)}
        ></scaip-people-picker>
        <button class="button main wide" ?disabled=${this.busy || this.chosen.length === 0} @click=${this.#add}>
          ${t('members.add.do')}
        </button>
      </div>
    </scaip-dialog>`;
  }

  #add = async () => {
    this.busy = true;
    for (const u of this.chosen) {
      if (await this.#do('groups.add_member', u.id, {})) this.chosen = this.chosen.filter((c) => c !== u);
    }
    this.busy = false;
    if (this.chosen.length === 0) /** @type {import('./dialog.js').Dialog} */ (this.need('scaip-dialog')).close();
  };

  /** @param {string} type @param {string} user @param {object} more */
  async #do(type, user, more) {
    return this.app.command(type, { group: this.id, user, ...more }).then(
      () => true,
      () => false,
    );
  }
}

customElements.define('scaip-members', MembersView);
