// Where one writes. Enter sends, Shift+Enter makes a line; a draft is kept for each group as long as the page stands.

import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given, tell } from './base.js';
import { icon } from './icons.js';
import { buttons, fields, look } from './look.js';

const MOST = 4000;
/** @type {Map<string, string>} */
const drafts = new Map();

export class Composer extends Element {
  static properties = { app: { attribute: false }, group: {}, call: {}, length: { state: true } };

  static styles = [
    look,
    buttons,
    fields,
    css`
      form {
        display: flex;
        align-items: flex-end;
        gap: 8px;
        margin: 8px 20px 20px;
        padding: 4px 4px 4px 6px;
        border: 1px solid var(--line-strong);
        border-radius: 14px;
        background: var(--raised);
      }
      form:focus-within {
        border-color: var(--accent);
        box-shadow: 0 0 0 1px var(--accent);
      }
      textarea {
        flex: 1;
        min-height: 40px;
        max-height: 180px;
        padding: 8px;
        border: 0;
        background: none;
        resize: none;
        field-sizing: content;
        outline: none !important;
      }
      .send {
        background: var(--accent);
        color: var(--on-accent);
      }
      .send:hover {
        background: var(--accent-deep);
        color: var(--on-accent);
      }
      .send[disabled] {
        background: transparent;
        color: var(--soft);
        cursor: default;
      }
      .count {
        padding: 0 22px 8px;
        margin-top: -12px;
        text-align: end;
      }
      .count.over {
        color: var(--danger-ink);
      }
      @media (max-width: 760px) {
        form {
          margin: 6px 12px max(12px, env(safe-area-inset-bottom));
        }
        textarea {
          font-size: 16px;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {string} */
    this.group = given();
    this.call = '';
    this.length = 0;
  }

  /** @returns {HTMLTextAreaElement} */
  get #box() {
    return this.need('textarea');
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (!changed.has('group')) return;
    this.#set(drafts.get(this.group) ?? '');
    if (matchMedia('(hover: hover)').matches && !this.call) this.#box.focus();
  }

  /** @param {string} text */
  #set(text) {
    this.#box.value = text;
    this.length = [...text.trim()].length;
    drafts.set(this.group, text);
  }

  render() {
    const over = this.length > MOST;
    return html`<form @submit=${this.#send}>
        <textarea
          rows="1"
          aria-label=${t('chat.write')}
          placeholder=${t('chat.write')}
          @input=${() => this.#set(this.#box.value)}
          @keydown=${this.#keydown}
        ></textarea>
        <button class="icon send" aria-label=${t('chat.send')} title=${t('chat.send')} ?disabled=${this.length === 0 || over}>
          ${icon('send')}
        </button>
      </form>
      ${
        this.length > MOST - 200
          ? html`<p class="count small ${over ? 'over' : 'soft'}" role="status">${this.length} / ${MOST}</p>`
          : ''
      }`;
  }

  /** @param {KeyboardEvent} event */
  #keydown(event) {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#box.form?.requestSubmit();
    } else if (event.key === 'ArrowUp' && this.length === 0) {
      event.preventDefault();
      tell(this, 'last');
    }
  }

  /** @param {SubmitEvent} event */
  #send(event) {
    event.preventDefault();
    const text = this.#box.value.trim();
    if (this.length === 0 || this.length > MOST) return;
    this.#set('');
    void this.app.chat.post(this.group, text, this.call);
  }
}

customElements.define('scaip-composer', Composer);
