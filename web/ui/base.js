// What every component is made of.

import { LitElement } from '../vendor/lit.js';
import { effect } from '../vendor/signals-core.js';

/**
 * A lit element that renders again when a signal it read has changed, and whose `alive` ends with its stay in the page:
 * every listener it adds by hand takes that signal.
 */
export class Element extends LitElement {
  /** whether its first rendering waits until the page has nothing more urgent to do: bars and menus beside a picture that is awaited */
  static later = false;

  constructor() {
    super();
    this.life = new AbortController();
    /** @type {(() => void) | undefined} */
    this.unwatch = undefined;
  }

  /** @returns {AbortSignal} */
  get alive() {
    return this.life.signal;
  }

  connectedCallback() {
    if (this.life.signal.aborted) this.life = new AbortController();
    super.connectedCallback();
    if (this.hasUpdated) this.requestUpdate();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.life.abort();
    this.unwatch?.();
    this.unwatch = undefined;
  }

  async scheduleUpdate() {
    if (!this.hasUpdated && /** @type {typeof Element} */ (this.constructor).later) await idle();
    super.scheduleUpdate();
    if (!this.isConnected) this.disconnectedCallback(); // it was taken out while it waited
  }

  performUpdate() {
    if (!this.isUpdatePending) return;
    this.unwatch?.();
    let rendering = true;
    this.unwatch = effect(() => {
      if (rendering) {
        rendering = false;
        super.performUpdate();
      } else {
        this.requestUpdate();
      }
    });
  }

  /**
   * @template {globalThis.Element} T
   * @param {string} selector
   * @returns {T}
   */
  need(selector) {
    const found = this.renderRoot.querySelector(selector);
    if (!found) throw new Error(`${this.localName} has no ${selector}`);
    return /** @type {T} */ (found);
  }
}

const PATIENCE = 300; // ms

/** The page's next idle moment; not every browser tells. @returns {Promise<unknown>} */
export function idle() {
  return new Promise((then) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(then, { timeout: PATIENCE });
    else setTimeout(then, PATIENCE / 6);
  });
}

/**
 * The value of a property that the parent sets before the first rendering.
 * @returns {any}
 */
export const given = () => undefined;

/**
 * Tells the parent something.
 * @param {HTMLElement} from
 * @param {string} name
 * @param {unknown} [detail]
 */
export function tell(from, name, detail) {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
}
