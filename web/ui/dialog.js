// A modal dialogue: the browser's own, with a title. It closes by Escape, its button, or a click outside; then it says
// "closed".

import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given, tell } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';

export class Dialog extends Element {
  static properties = { heading: {} };

  static styles = [
    look,
    buttons,
    css`
      dialog {
        width: min(460px, calc(100vw - 32px));
        max-height: calc(100dvh - 48px);
        padding: 0;
        border: 1px solid var(--line);
        border-radius: var(--radius-big);
        background: var(--surface);
        color: var(--ink);
        box-shadow: var(--shadow-high);
        overflow: auto;
      }
      dialog::backdrop {
        background: #0b0c0a80;
      }
      .inner {
        padding: 22px 24px 24px;
      }
      .head {
        display: flex;
        align-items: center;
        justify-content: space-between;
        margin: -4px -10px 16px 0;
      }
      h2 {
        font-size: 20px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {string} */
    this.heading = given();
  }

  firstUpdated() {
    this.#box.showModal();
    const first = /** @type {HTMLElement | null} */ (this.querySelector('[autofocus]'));
    first?.focus();
  }

  /** @returns {HTMLDialogElement} */
  get #box() {
    return this.need('dialog');
  }

  /** Closes it from outside. */
  close() {
    this.#box.close();
  }

  render() {
    const outside = (/** @type {Event} */ e) => e.target === this.#box && this.close();
    return html`<dialog aria-labelledby="heading" @close=${() => tell(this, 'closed')} @pointerdown=${outside}>
      <div class="inner">
        <div class="head">
          <h2 id="heading">${this.heading}</h2>
          <button class="icon" aria-label=${t('do.close')} @click=${this.close}>${icon('close')}</button>
        </div>
        <slot></slot>
      </div>
    </dialog>`;
  }
}

customElements.define('scaip-dialog', Dialog);
