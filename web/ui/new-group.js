// Makes a group, with whom one likes.

import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import './dialog.js';
import { buttons, fields, look } from './look.js';
import './people-picker.js';

export class NewGroup extends Element {
  static properties = { app: { attribute: false }, busy: { state: true }, chosen: { state: true } };

  static styles = [
    look,
    buttons,
    fields,
    css`
      form {
        display: grid;
        gap: 18px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    this.busy = false;
    /** @type {import('../lib/world.js').User[]} */
    this.chosen = [];
  }

  render() {
    return html`<scaip-dialog heading=${t('group.new')}>
      <form @submit=${this.#submit}>
        <label class="field">
          <span>${t('group.name')}</span>
          <input name="name" maxlength="64" required autofocus autocomplete="off" placeholder=${t('group.name.example')} />
        </label>
        <scaip-people-picker
          .app=${this.app}
          .chosen=${this.chosen}
          @chosen=${(/** @type {CustomEvent} */ e) => (this.chosen = e.detail)}
        ></scaip-people-picker>
        <button class="button main wide" ?disabled=${this.busy}>${t('group.make')}</button>
      </form>
    </scaip-dialog>`;
  }

  /** @param {SubmitEvent} event */
  #submit = async (event) => {
    event.preventDefault();
    const name = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get('name')).trim();
    if (!name) return;
    this.busy = true;
    try {
      const made = await this.app.command('groups.create', { name, members: this.chosen.map((u) => u.id) });
      /** @type {import('./dialog.js').Dialog} */ (this.need('scaip-dialog')).close();
      if (made.body.group) this.app.go({ name: 'group', id: made.body.group, tab: 'chat' });
    } catch {
      // The refusal is shown already.
    } finally {
      this.busy = false;
    }
  };
}

customElements.define('scaip-new-group', NewGroup);
