// Sign in, register, or make the first administrator.

import { Refusal } from '../lib/refusal.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { mark } from './icons.js';
import { buttons, fields, look } from './look.js';

export class Door extends Element {
  static properties = {
    app: { attribute: false },
    how: { state: true },
    busy: { state: true },
    error: { state: true },
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
      main {
        display: grid;
        align-content: safe center;
        justify-content: center;
        min-height: 100%;
        padding: 32px 20px;
        background:
          radial-gradient(60rem 36rem at 85% -10%, var(--accent-wash), transparent 70%),
          var(--ground);
      }
      .card {
        width: min(400px, calc(100vw - 40px));
      }
      .brand {
        display: flex;
        align-items: center;
        gap: 12px;
        margin-bottom: 40px;
        font-size: 20px;
        font-weight: 650;
        letter-spacing: -0.02em;
      }
      h1 {
        font-size: 30px;
        letter-spacing: -0.028em;
      }
      .lead {
        margin: 8px 0 28px;
        color: var(--soft);
      }
      form {
        display: grid;
        gap: 18px;
      }
      .note {
        margin-bottom: 20px;
        padding: 10px 12px;
        border-radius: var(--radius);
        background: var(--accent-wash);
        color: var(--on-wash);
        font-size: 14px;
      }
      .other {
        margin-top: 24px;
        color: var(--soft);
      }
      .other button {
        padding: 4px;
        border: 0;
        background: none;
        color: var(--accent);
        font-weight: 550;
        text-decoration: underline;
        text-underline-offset: 3px;
        cursor: pointer;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {'login' | 'register'} */
    this.how = 'login';
    this.busy = false;
    this.error = '';
  }

  render() {
    const { route } = this.app;
    const setup = route.value.name === 'setup';
    const how = setup ? 'setup' : this.how;
    const notice = this.app.notice.value;
    const lead = !setup && this.app.setup.value ? 'door.unset' : `door.${how}.lead`;
    return html`<main>
      <div class="card">
        <div class="brand">${mark(36)}<span>Scaip</span></div>
        ${notice ? html`<p class="note" role="status">${notice}</p>` : ''}
        <h1>${t(`door.${how}.title`)}</h1>
        <p class="lead">${t(lead)}</p>
        <form @submit=${this.#submit} novalidate>
          ${how === 'login' ? '' : this.#field('name', 'text', 'name', t('field.name'), t('field.name.hint'))}
          ${this.#field('login', 'text', 'username', t('field.login'), how === 'login' ? '' : t('field.login.hint'))}
          ${this.#field(
            'password',
            'password',
            how === 'login' ? 'current-password' : 'new-password',
            t('field.password'),
            how === 'login' ? '' : t('field.password.hint'),
          )}
          ${this.error ? html`<p class="wrong" role="alert">${this.error}</p>` : ''}
          <button class="button main wide" ?disabled=${this.busy}>${t(`door.${how}.do`)}</button>
        </form>
        ${setup ? '' : this.#other()}
      </div>
    </main>`;
  }

  /** @param {string} name @param {string} type @param {string} fill @param {string} label @param {string} hint */
  #field(name, type, fill, label, hint) {
    return html`<label class="field">
      <span>${label}</span>
      <input
        name=${name}
        type=${type}
        autocomplete=${/** @type {any} */ (fill)}
        autocapitalize="none"
        spellcheck="false"
        required
        aria-describedby=${hint ? `${name}-hint` : ''}
      />
      ${hint ? html`<span class="hint" id="${name}-hint">${hint}</span>` : ''}
    </label>`;
  }

  #other() {
    if (this.how === 'login' && this.app.registration.value !== 'open') return '';
    const other = this.how === 'login' ? 'register' : 'login';
    const turn = () => {
      this.how = other;
      this.error = '';
    };
    return html`<p class="other">${t(`door.to.${other}.ask`)} <button @click=${turn}>${t(`door.to.${other}`)}</button></p>`;
  }

  /** @param {SubmitEvent} event */
  #submit = async (event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const text = (/** @type {string} */ k) => String(data.get(k) ?? '');
    const account = { login: text('login').trim(), password: text('password') };
    const route = this.app.route.value;
    this.busy = true;
    this.error = '';
    try {
      if (route.name === 'setup') {
        await this.app.signIn('setup', { ...account, name: text('name').trim(), token: route.token });
      } else if (this.how === 'register') {
        await this.app.signIn('register', { ...account, name: text('name').trim() });
      } else {
        await this.app.signIn('login', account);
      }
    } catch (error) {
      this.error = error instanceof Refusal ? error.message : t('error.unreachable');
      await this.updateComplete;
      /** @type {HTMLInputElement} */ (this.need('input')).focus();
    } finally {
      this.busy = false;
    }
  };
}

customElements.define('scaip-door', Door);
