// What can be done with a group: rename, schedule a call, archive, leave.

import { keepChoice } from '../lib/keep.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import './dialog.js';
import { icon } from './icons.js';
import { buttons, fields, look } from './look.js';
import { menuItems } from './menu.js';

export class GroupMenu extends Element {
  static properties = { app: { attribute: false }, id: {}, asking: { state: true }, busy: { state: true } };

  static styles = [
    look,
    buttons,
    fields,
    menuItems,
    css`
      form {
        display: grid;
        gap: 18px;
      }
      .choices {
        display: flex;
        justify-content: flex-end;
        gap: 8px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {string} */
    this.id = given();
    /** @type {'' | 'rename' | 'keep' | 'schedule' | 'archive' | 'leave'} */
    this.asking = '';
    this.busy = false;
  }

  render() {
    const group = this.app.world.value.groups.get(this.id);
    if (!group) return '';
    const owner = group.role === 'owner' && !group.archived;
    return html`<scaip-menu label=${t('group.more')}>
        ${owner ? this.#item('rename', 'edit') : ''} ${group.archived ? '' : this.#item('schedule', 'calendar')}
        ${owner ? this.#item('keep', 'download') : ''} ${owner ? this.#item('archive', 'archive') : ''} ${this.#item('leave', 'logout')}
      </scaip-menu>
      ${this.asking ? this.#dialog(group) : ''}`;
  }

  /** @param {GroupMenu['asking']} what @param {string} glyph */
  #item(what, glyph) {
    return html`<button role="menuitem" class=${what === 'leave' ? 'bad' : ''} @click=${() => (this.asking = what)}>
      ${icon(glyph, 18)}${t(`group.${what}`)}
    </button>`;
  }

  /** @param {import('../lib/world.js').Group} group */
  #dialog(group) {
    return html`<scaip-dialog heading=${t(`group.${this.asking}`)} @closed=${() => (this.asking = '')}>
      <form @submit=${this.#submit}>
        ${this.#question(group)}
        <div class="choices">
          <button class="button ${this.asking === 'leave' || this.asking === 'archive' ? 'bad' : 'main'}" ?disabled=${this.busy}>
            ${t(`group.${this.asking}.do`)}
          </button>
        </div>
      </form>
    </scaip-dialog>`;
  }

  /** @param {import('../lib/world.js').Group} group */
  #question(group) {
    if (this.asking === 'rename') {
      return html`<label class="field">
        <span>${t('group.name')}</span>
        <input name="name" maxlength="64" required autofocus autocomplete="off" .value=${group.name} />
      </label>`;
    }
    if (this.asking === 'schedule') {
      return html`<label class="field">
          <span>${t('call.title')}</span>
          <input name="title" maxlength="100" autofocus autocomplete="off" placeholder=${t('call.title.example')} />
        </label>
        <label class="field">
          <span>${t('call.when')}</span>
          <input name="start" type="datetime-local" required .value=${nextHour()} />
        </label>`;
    }
    if (this.asking === 'keep') return this.#keep(group);
    return html`<p>${t(`group.${this.asking}.ask`, { name: group.name })}</p>`;
  }

  /** @param {import('../lib/world.js').Group} group */
  #keep(group) {
    const now = group.keep === 'days' ? String(group.days) : group.keep || 'forever';
    const choices = [...new Set(['forever', '7', '30', '365', now, 'none'])];
    const text = (/** @type {string} */ c) =>
      c === 'forever' || c === 'none' ? t(`keep.choice.${c}`) : t('keep.choice.days', { days: c });
    return html`<label class="field">
        <span>${t('keep.choice')}</span>
        <select name="keep">
          ${choices.map((c) => html`<option value=${c} ?selected=${c === now}>${text(c)}</option>`)}
        </select>
      </label>
      <p>${t('keep.choice.note')}</p>`;
  }

  /** @param {SubmitEvent} event */
  #submit = async (event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const group = this.id;
    this.busy = true;
    try {
      await this.#do(this.asking, group, data);
      /** @type {import('./dialog.js').Dialog} */ (this.need('scaip-dialog')).close();
    } catch {
      // The refusal is shown already.
    } finally {
      this.busy = false;
    }
  };

  /** @param {GroupMenu['asking']} what @param {string} group @param {FormData} data */
  async #do(what, group, data) {
    if (what === 'rename') await this.app.command('groups.rename', { group, name: String(data.get('name')).trim() });
    if (what === 'keep') await this.app.command('groups.set_keep', { group, ...keepChoice(String(data.get('keep'))) });
    if (what === 'archive') await this.app.command('groups.archive', { group });
    if (what === 'schedule') {
      const start = new Date(String(data.get('start'))).toISOString();
      await this.app.command('calls.schedule', { group, title: String(data.get('title')).trim(), start });
      this.app.go({ name: 'group', id: group, tab: 'calls' });
    }
    if (what === 'leave') {
      await this.app.command('groups.leave', { group });
      this.app.go({ name: 'home' });
    }
  }
}

/** The next full hour, as an input of type datetime-local wants it. */
function nextHour() {
  const d = new Date(Date.now() + 3_600_000);
  d.setMinutes(0, 0, 0);
  return new Date(d.getTime() - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

customElements.define('scaip-group-menu', GroupMenu);
