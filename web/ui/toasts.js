// Short notes at the edge of the page; errors stay longer and can be sent away.

import { t } from '../lib/words.js';
import { css, html, repeat } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';

export class Toasts extends Element {
  static properties = { app: { attribute: false } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        position: fixed;
        z-index: 50;
        inset: auto 16px 24px;
        pointer-events: none;
      }
      :host([in-call]) {
        inset: auto 16px 148px;
      }
      ul {
        display: grid;
        justify-items: center;
        gap: 8px;
      }
      li {
        display: flex;
        align-items: center;
        gap: 8px;
        max-width: min(520px, 100%);
        padding: 6px 6px 6px 16px;
        border-radius: 12px;
        background: var(--ink);
        color: var(--ground);
        box-shadow: var(--shadow-high);
        pointer-events: auto;
        animation: rise 200ms cubic-bezier(0.2, 0.7, 0.3, 1);
      }
      .icon {
        color: inherit;
        width: 34px;
        height: 34px;
      }
      .icon:hover {
        color: inherit;
        background: #8883;
      }
      @keyframes rise {
        from {
          opacity: 0;
          transform: translateY(8px);
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
  }

  render() {
    // Above the bars of a call, which are to be reached at any time.
    this.toggleAttribute('in-call', this.app.call.value?.stage.value === 'in');
    return html`<div role="status"><ul>
      ${repeat(
        this.app.notices.list.value,
        (x) => x.id,
        (x) => html`<li>
          <span class="grow">${x.text}</span>
          <button class="icon" aria-label=${t('do.dismiss')} @click=${() => this.app.notices.dismiss(x.id)}>${icon('close', 16)}</button>
        </li>`,
      )}
    </ul></div>`;
  }
}

customElements.define('scaip-toasts', Toasts);
