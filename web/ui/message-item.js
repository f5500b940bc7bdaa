// One message with what can be done to it.

import { clockTime, longWhen } from '../lib/format.js';
import { split } from '../lib/links.js';
import { t } from '../lib/words.js';
import { html } from '../vendor/lit.js';
import './avatar.js';
import { Element, given, tell } from './base.js';
import { icon } from './icons.js';
import { buttons, fields, look } from './look.js';
import { menuItems } from './menu.js';
import { messageLook } from './message-look.js';

const EMOJI = ['👍', '❤️', '😂', '🎉', '😮', '🙏', '👀', '✅'];

export class MessageItem extends Element {
  static properties = {
    app: { attribute: false },
    message: { attribute: false },
    follows: { attribute: false },
    frozen: { attribute: false },
    editing: { attribute: false },
    narrow: { type: Boolean, reflect: true },
  };

  static styles = [look, buttons, fields, menuItems, messageLook];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {import('../lib/timeline.js').Message} */
    this.message = given();
    this.follows = false;
    this.frozen = false;
    this.editing = false;
    this.narrow = false;
  }

  get #own() {
    return this.message.author === this.app.world.value.me;
  }

  render() {
    const m = this.message;
    const author = this.app.person(m.author);
    return html`<article class="${this.follows ? 'follows' : ''} ${m.state ?? ''}">
      ${
        this.follows
          ? html`<time class="small soft" datetime=${m.at} title=${longWhen(m.at)}>${clockTime(m.at)}</time>`
          : html`<scaip-avatar .name=${author.name} .color=${author.color} .size=${36}></scaip-avatar>`
      }
      <div class="main">
        ${
          this.follows
            ? html`<span class="hush">${author.name}</span>`
            : html`<header>
              <strong>${author.name}</strong>
              <time class="small soft" datetime=${m.at} title=${longWhen(m.at)}>${clockTime(m.at)}</time>
            </header>`
        }
        ${this.editing ? this.#editor() : this.#text()} ${this.#reactions()} ${this.#failure()}
      </div>
      ${this.#tools()}
    </article>`;
  }

  #text() {
    const m = this.message;
    if (m.deleted) return html`<p class="soft"><em>${t('message.deleted')}</em></p>`;
    const parts = split(m.text).map((p) =>
      p.url ? html`<a href=${p.url} target="_blank" rel="noopener noreferrer">${p.text}</a>` : p.text,
    );
    return html`<p class="text">${parts}${m.edited ? html` <span class="small soft">${t('message.edited')}</span>` : ''}</p>`;
  }

  #editor() {
    return html`<form class="edit" @submit=${this.#save}>
      <textarea aria-label=${t('message.edit')} .value=${this.message.text} maxlength="4000" @keydown=${this.#keydown}></textarea>
      <div class="row">
        <button class="button main low">${t('do.save')}</button>
        <button type="button" class="button low" @click=${() => tell(this, 'edited')}>${t('do.cancel')}</button>
      </div>
    </form>`;
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (!changed.has('editing') || !this.editing) return;
    const box = /** @type {HTMLTextAreaElement} */ (this.need('textarea'));
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }

  #reactions() {
    const { reactions } = this.message;
    if (reactions.length === 0) return '';
    const { me } = this.app.world.value;
    return html`<ul class="reactions" aria-label=${t('message.reactions')}>
      ${reactions.map((r) => {
        const mine = r.users.includes(me);
        const names = r.users.map((u) => this.app.person(u).name).join(', ');
        return html`<li>
          <button
            aria-pressed=${mine}
            aria-label="${r.emoji} ${r.users.length}, ${names}"
            title=${names}
            ?disabled=${this.frozen}
            @click=${() => this.#react(r.emoji, !mine)}
          >
            ${r.emoji} <span>${r.users.length}</span>
          </button>
        </li>`;
      })}
    </ul>`;
  }

  #failure() {
    const m = this.message;
    if (m.state !== 'failed') return '';
    return html`<p class="failure small" role="alert">
      ${m.error}
      <button @click=${() => this.app.chat.retry(m)}>${t('do.retry')}</button>
      <button @click=${() => this.app.chat.discard(m)}>${t('do.discard')}</button>
    </p>`;
  }

  #tools() {
    const m = this.message;
    if (m.deleted || m.state || this.frozen || this.editing) return '';
    const owner = this.app.world.value.groups.get(m.group)?.role === 'owner';
    return html`<div class="tools">
      <scaip-menu class="emoji" row glyph="smile" label=${t('message.react')}>
        ${EMOJI.map((e) => html`<button role="menuitem" aria-label=${e} @click=${() => this.#react(e, true)}>${e}</button>`)}
      </scaip-menu>
      ${
        this.#own || owner
          ? html`<scaip-menu label=${t('message.more')}>
            ${
              this.#own
                ? html`<button role="menuitem" @click=${() => tell(this, 'edit')}>${icon('edit', 18)}${t('message.edit')}</button>`
                : ''
            }
            <button role="menuitem" class="bad" @click=${this.#delete}>${icon('trash', 18)}${t('message.delete')}</button>
          </scaip-menu>`
          : ''
      }
    </div>`;
  }

  /** @param {KeyboardEvent} event */
  #keydown = (event) => {
    if (event.key === 'Escape') tell(this, 'edited');
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    void this.#save(event);
  };

  /** @param {Event} event */
  #save = async (event) => {
    event.preventDefault();
    const text = /** @type {HTMLTextAreaElement} */ (this.need('textarea')).value.trim();
    tell(this, 'edited');
    if (!text || text === this.message.text) return;
    await this.app.command('messaging.edit', { message: this.message.id, text }).catch(() => undefined);
  };

  #delete = async () => {
    await this.app.command('messaging.delete', { message: this.message.id }).catch(() => undefined);
  };

  /** @param {string} emoji @param {boolean} on */
  async #react(emoji, on) {
    await this.app.command('messaging.react', { message: this.message.id, emoji, on }).catch(() => undefined);
  }
}

customElements.define('scaip-message', MessageItem);
