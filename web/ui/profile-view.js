// One's own name, colour and password; and the way out.

import { post } from '../app/api.js';
import { COLORS } from '../lib/color.js';
import { Refusal } from '../lib/refusal.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import './avatar.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, fields, look } from './look.js';

export class ProfileView extends Element {
  static properties = {
    app: { attribute: false },
    color: { state: true },
    name: { state: true },
    wrong: { state: true },
    busy: { state: true },
  };

  static styles = [
    look,
    buttons,
    fields,
    css`
      :host {
        height: 100%;
        overflow: auto;
      }
      .page {
        max-width: 520px;
        padding: 24px 24px 48px;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 44px;
        margin-bottom: 20px;
      }
      h2 {
        font-size: 24px;
        letter-spacing: -0.02em;
      }
      h3 {
        margin-bottom: 16px;
        font-size: 17px;
      }
      section {
        padding: 24px 0;
        border-top: 1px solid var(--line);
      }
      form {
        display: grid;
        gap: 18px;
        justify-items: start;
      }
      .field {
        width: 100%;
      }
      .who {
        display: flex;
        align-items: center;
        gap: 16px;
        margin-bottom: 22px;
      }
      .who p:first-child {
        font-size: 18px;
        font-weight: 600;
      }
      fieldset {
        margin: 0;
        padding: 0;
        border: 0;
      }
      legend {
        padding: 0;
        margin-bottom: 10px;
      }
      .colors {
        display: flex;
        flex-wrap: wrap;
        gap: 10px;
      }
      .colors input {
        appearance: none;
        width: 34px;
        height: 34px;
        min-height: 0;
        padding: 0;
        margin: 0;
        border: 0;
        border-radius: 50%;
        background: var(--fill);
        cursor: pointer;
      }
      .colors input:checked {
        outline: 2px solid var(--ink);
        outline-offset: 3px;
      }
      .colors input:focus-visible {
        outline: 3px solid var(--accent);
        outline-offset: 3px;
      }
      .back {
        display: none;
        margin-inline-start: -10px;
      }
      @media (max-width: 760px) {
        .page {
          padding: 12px 16px 48px;
        }
        .back {
          display: inline-grid;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {string | undefined} chosen, not saved yet */
    this.color = undefined;
    /** @type {string | undefined} */
    this.name = undefined;
    this.wrong = '';
    this.busy = false;
  }

  render() {
    const me = this.app.me.value;
    if (!me) return '';
    const name = this.name ?? me.name;
    const color = this.color ?? me.color;
    const changed = name.trim() !== me.name || color !== me.color;
    const colors = COLORS.includes(me.color) ? COLORS : [me.color, ...COLORS];
    return html`<div class="page">
      <header>
        <a class="icon back" href="#/" aria-label=${t('do.back')}>${icon('back')}</a>
        <h2>${t('profile')}</h2>
      </header>
      <div class="who">
        <scaip-avatar .name=${name} .color=${color} .size=${64}></scaip-avatar>
        <div>
          <p>${name}</p>
          <p class="soft small">${me.login}${me.role === 'admin' ? ` · ${t('role.admin')}` : ''}</p>
        </div>
      </div>
      <section>
        <form @submit=${this.#save}>
          <label class="field">
            <span>${t('field.name')}</span>
            <input name="name" maxlength="64" required autocomplete="name" .value=${me.name} @input=${this.#typed} />
          </label>
          <fieldset>
            <legend class="label">${t('field.color')}</legend>
            <div class="colors">
              ${colors.map(
                (c, i) =>
                  html`<input
                    type="radio"
                    name="color"
                    value=${c}
                    aria-label=${t('field.color.n', { n: i + 1 })}
                    .style=${`--fill:${c}`}
                    .checked=${c === color}
                    @change=${() => (this.color = c)}
                  />`,
              )}
            </div>
          </fieldset>
          <button class="button main" ?disabled=${!changed || !name.trim() || this.busy}>${t('do.save')}</button>
        </form>
      </section>
      ${this.#password(me.login)}
      <section>
        <button class="button" @click=${() => this.app.signOut()}>${icon('logout', 18)}${t('door.out')}</button>
      </section>
    </div>`;
  }

  /** @param {string} login */
  #password(login) {
    return html`<section>
      <h3>${t('password.change')}</h3>
      <form @submit=${this.#changePassword}>
        <input class="hush" name="username" autocomplete="username" tabindex="-1" aria-hidden="true" .value=${login} />
        <label class="field">
          <span>${t('password.old')}</span>
          <input name="old" type="password" autocomplete="current-password" required />
        </label>
        <label class="field">
          <span>${t('password.new')}</span>
          <input name="new" type="password" autocomplete="new-password" minlength="8" maxlength="256" required />
          <span class="hint">${t('password.hint')}</span>
        </label>
        ${this.wrong ? html`<p class="wrong" role="alert">${this.wrong}</p>` : ''}
        <button class="button" ?disabled=${this.busy}>${t('password.do')}</button>
      </form>
    </section>`;
  }

  /** @param {InputEvent} event */
  #typed = (event) => {
    this.name = /** @type {HTMLInputElement} */ (event.target).value;
  };

  /** @param {SubmitEvent} event */
  #save = async (event) => {
    event.preventDefault();
    const me = this.app.me.value;
    if (!me) return;
    const body = { name: (this.name ?? me.name).trim(), color: this.color ?? me.color };
    this.busy = true;
    try {
      await this.app.command('users.update_profile', body);
      this.name = this.color = undefined;
      this.app.notices.show(t('profile.saved'));
    } catch {
      // The refusal is shown already.
    } finally {
      this.busy = false;
    }
  };

  /** @param {SubmitEvent} event */
  #changePassword = async (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const data = new FormData(form);
    this.busy = true;
    this.wrong = '';
    try {
      await post('/api/auth/password', { old: String(data.get('old')), new: String(data.get('new')) });
      form.reset();
      this.app.notices.show(t('password.changed'));
    } catch (error) {
      this.wrong = error instanceof Refusal ? error.message : t('error.unreachable');
    } finally {
      this.busy = false;
    }
  };
}

customElements.define('scaip-profile', ProfileView);
