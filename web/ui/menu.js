// A button with a menu. Items are buttons the parent puts into the slot with role="menuitem".

import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';

export class Menu extends Element {
  static properties = { label: {}, glyph: {}, up: { type: Boolean }, start: { type: Boolean }, open: { state: true } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        position: relative;
        display: inline-block;
      }
      .items {
        position: absolute;
        z-index: 20;
        top: calc(100% + 6px);
        right: 0;
        display: grid;
        min-width: 210px;
        padding: 6px;
        border: 1px solid var(--line);
        border-radius: 12px;
        background: var(--raised);
        box-shadow: var(--shadow-high);
      }
      :host([start]) .items {
        right: auto;
        left: 0;
      }
      :host([up]) .items {
        top: auto;
        bottom: calc(100% + 10px);
      }
    `,
  ];

  constructor() {
    super();
    /** @type {string} */
    this.label = given();
    this.glyph = 'more';
    this.up = false;
    this.start = false;
    this.open = false;
  }

  render() {
    return html`<slot name="button" @click=${this.#toggle} @keydown=${this.#keydown}>
        <button class="icon" aria-label=${this.label} aria-haspopup="menu" aria-expanded=${this.open} title=${this.label}>
          ${icon(this.glyph)}
        </button>
      </slot>
      <div class="items" role="menu" aria-label=${this.label} ?hidden=${!this.open} @click=${this.#chosen} @keydown=${this.#keydown}>
        <slot></slot>
      </div>`;
  }

  #toggle = () => {
    this.open = !this.open;
    if (!this.open) return;
    const closing = new AbortController();
    const signal = AbortSignal.any([closing.signal, this.alive]);
    const outside = (/** @type {Event} */ e) => {
      if (e.composedPath().includes(this)) return;
      closing.abort();
      this.open = false;
    };
    document.addEventListener('pointerdown', outside, { signal });
    document.addEventListener('focusin', outside, { signal });
    void this.updateComplete.then(() => this.#items()[0]?.focus());
  };

  #items() {
    const slot = /** @type {HTMLSlotElement} */ (this.need('.items slot'));
    return /** @type {HTMLElement[]} */ (slot.assignedElements().filter((e) => e.matches('[role^=menuitem]')));
  }

  #chosen = () => {
    this.open = false;
  };

  /** @param {KeyboardEvent} event */
  #keydown = (event) => {
    const items = this.#items();
    const at = items.indexOf(/** @type {HTMLElement} */ (event.target));
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[event.key];
    if (event.key === 'Escape' && this.open) {
      this.open = false;
      const button = this.querySelector('[slot=button]') ?? this.renderRoot.querySelector('button');
      /** @type {HTMLElement | null} */ (button)?.focus();
    } else if (to !== undefined && this.open && items.length > 0) {
      items[to % items.length].focus();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
}

customElements.define('scaip-menu', Menu);

/** How the items of a menu look; for the sheet of the component that makes them. */
export const menuItems = css`
  [role^='menuitem'] {
    display: flex;
    align-items: center;
    gap: 10px;
    min-height: 38px;
    padding: 0 12px;
    border: 0;
    border-radius: 8px;
    background: none;
    color: var(--ink);
    text-align: start;
    white-space: nowrap;
    cursor: pointer;
  }
  [role^='menuitem']:hover,
  [role^='menuitem']:focus-visible {
    background: var(--hover);
    outline-offset: -2px;
  }
  [role^='menuitem'].bad {
    color: var(--danger-ink);
  }
`;
