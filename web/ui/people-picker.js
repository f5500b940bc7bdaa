// Finds people by name and keeps those chosen: says "chosen" with the new list.

import { get } from '../app/api.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import './avatar.js';
import { Element, given, tell } from './base.js';
import { icon } from './icons.js';
import { buttons, fields, look } from './look.js';

/** @typedef {import('../lib/world.js').User} User */

export class PeoplePicker extends Element {
  static properties = {
    app: { attribute: false },
    chosen: { attribute: false },
    except: { attribute: false },
    found: { state: true },
  };

  static styles = [
    look,
    buttons,
    fields,
    css`
      :host {
        display: grid;
        gap: 10px;
      }
      .chips {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }
      .chip {
        display: inline-flex;
        align-items: center;
        gap: 6px;
        padding: 4px 4px 4px 12px;
        border-radius: 18px;
        background: var(--accent-wash);
        color: var(--on-wash);
        font-size: 14px;
        font-weight: 550;
      }
      .chip .icon {
        width: 26px;
        height: 26px;
        border-radius: 50%;
        color: inherit;
      }
      .found {
        display: grid;
        max-height: 216px;
        overflow: auto;
      }
      .one {
        display: flex;
        align-items: center;
        gap: 12px;
        width: 100%;
        padding: 8px;
        border: 0;
        border-radius: 10px;
        background: none;
        text-align: start;
        cursor: pointer;
      }
      .one:hover {
        background: var(--hover);
      }
      .one:focus-visible {
        outline-offset: -2px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {User[]} */
    this.chosen = [];
    /** @type {ReadonlySet<string>} IDs that are not offered */
    this.except = new Set();
    /** @type {User[] | undefined} */
    this.found = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.asked = 0;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  render() {
    const out = (/** @type {User} */ u) => u.id === this.app.world.value.me || this.except.has(u.id) || u.disabled;
    const found = this.found?.filter((u) => !out(u) && !this.chosen.some((c) => c.id === u.id));
    return html`<label class="field">
        <span>${t('people.add')}</span>
        <input type="search" autocomplete="off" placeholder=${t('people.search')} @input=${this.#typed} />
      </label>
      ${
        this.chosen.length > 0
          ? html`<div class="chips">
            ${this.chosen.map(
              (u) => html`<span class="chip"
                >${u.name}<button
                  type="button"
                  class="icon"
                  aria-label=${t('people.remove', { name: u.name })}
                  @click=${() =>
                    tell(
                      this,
                      'chosen',
                      this.chosen.filter((c) => c !== u),
                    )}
                >
                  ${icon('close', 14)}
                </button></span
              >`,
            )}
          </div>`
          : ''
      }
      <div class="found" role="group" aria-label=${t('people.found')}>
        ${found?.map((u) => this.#one(u))} ${found?.length === 0 ? html`<p class="hint">${t('people.none')}</p>` : ''}
      </div>`;
  }

  /** @param {User} u */
  #one(u) {
    return html`<button type="button" class="one" @click=${() => this.#choose(u)}>
      <scaip-avatar .name=${u.name} .color=${u.color} .size=${32}></scaip-avatar>
      <span class="grow cut">${u.name} <span class="soft">${u.login}</span></span>
      ${icon('plus', 18)}
    </button>`;
  }

  /** @param {User} u */
  #choose(u) {
    const input = /** @type {HTMLInputElement} */ (this.need('input'));
    input.value = '';
    input.focus();
    this.found = undefined;
    tell(this, 'chosen', [...this.chosen, u]);
  }

  /** @param {InputEvent} event */
  #typed = (event) => {
    const text = /** @type {HTMLInputElement} */ (event.target).value.trim();
    clearTimeout(this.timer);
    if (!text) {
      this.found = undefined;
      return;
    }
    this.timer = setTimeout(() => void this.#search(text), 150);
  };

  /** @param {string} text */
  async #search(text) {
    const asked = ++this.asked;
    try {
      const { users } = await get(`/api/users?search=${encodeURIComponent(text)}&limit=20`);
      if (asked === this.asked) this.found = users;
    } catch (error) {
      this.app.notices.report(error);
    }
  }
}

customElements.define('scaip-people-picker', PeoplePicker);
