// A button with a menu. Items are buttons the parent puts into the slot with role="menuitem". The menu lies above everything,
// below its button where there is room and else above it.

import { place } from '../lib/place.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';

export class Menu extends Element {
  static later = true;

  static properties = { label: {}, glyph: {}, row: { type: Boolean, reflect: true }, open: { state: true } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        position: relative;
        display: inline-block;
      }
      .items {
        position: fixed;
        inset: auto;
        margin: 0;
        min-width: 210px;
        padding: 6px;
        border: 1px solid var(--line);
        border-radius: 12px;
        background: var(--raised);
        color: var(--ink);
        box-shadow: var(--shadow-high);
      }
      .items:popover-open {
        display: grid;
      }
      :host([row]) .items {
        grid-auto-flow: column;
        min-width: 0;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {string} */
    this.label = given();
    this.glyph = 'more';
    /** items side by side */
    this.row = false;
    this.open = false;
    /** @type {AbortController | undefined} */
    this.closing = undefined;
  }

  render() {
    return html`<slot name="button" @click=${this.#toggle} @keydown=${this.#keydown}>
        <button class="icon" aria-label=${this.label} aria-haspopup="menu" aria-expanded=${this.open} title=${this.label}>
          ${icon(this.glyph)}
        </button>
      </slot>
      <div
        class="items"
        role="menu"
        popover="manual"
        aria-label=${this.label}
        @click=${() => this.#close()}
        @keydown=${this.#keydown}
      >
        <slot></slot>
      </div>`;
  }

  #toggle = () => {
    if (this.open) return this.#close();
    this.open = true;
    /** @type {HTMLElement} */ (this.need('.items')).showPopover();
    this.#place();
    this.closing = new AbortController();
    const signal = AbortSignal.any([this.closing.signal, this.alive]);
    const outside = (/** @type {Event} */ e) => e.composedPath().includes(this) || this.#close();
    document.addEventListener('pointerdown', outside, { signal });
    document.addEventListener('focusin', outside, { signal });
    addEventListener('resize', () => this.#place(), { signal });
    // It does not move with what is scrolled below it.
    document.addEventListener('wheel', outside, { signal, passive: true });
    this.#items()[0]?.focus();
  };

  #place() {
    const items = /** @type {HTMLElement} */ (this.need('.items'));
    const screen = { width: innerWidth, height: innerHeight };
    const { left, top } = place(this.getBoundingClientRect(), items.getBoundingClientRect(), screen);
    items.style.left = `${left}px`;
    items.style.top = `${top}px`;
  }

  #close() {
    this.closing?.abort();
    this.open = false;
    /** @type {HTMLElement} */ (this.need('.items')).hidePopover();
  }

  #items() {
    const slot = /** @type {HTMLSlotElement} */ (this.need('.items slot'));
    return /** @type {HTMLElement[]} */ (slot.assignedElements().filter((e) => e.matches('[role^=menuitem]')));
  }

  /** @param {KeyboardEvent} event */
  #keydown = (event) => {
    const items = this.#items();
    const at = items.indexOf(/** @type {HTMLElement} */ (event.target));
    const [next, before] = [at + 1, at - 1 + items.length];
    const keys = {
      ArrowDown: next,
      ArrowRight: next,
      ArrowUp: before,
      ArrowLeft: before,
      Home: 0,
      End: items.length - 1,
    };
    const to = /** @type {Record<string, number>} */ (keys)[event.key];
    if (event.key === 'Escape' && this.open) {
      this.#close();
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
