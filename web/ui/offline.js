// A line at the top while the daemon can't be reached.

import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { look } from './look.js';

export class Offline extends Element {
  static properties = { app: { attribute: false }, lasting: { state: true } };

  static styles = [
    look,
    css`
      p {
        padding: 7px 16px;
        background: var(--ember);
        color: var(--ground);
        font-size: 14px;
        font-weight: 550;
        text-align: center;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** a hiccup of half a second is nobody's business */
    this.lasting = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  render() {
    const lost = ['waiting', 'connecting'].includes(this.app.connection.value);
    if (!lost) {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.lasting = false;
    } else {
      this.timer ??= setTimeout(() => (this.lasting = true), 700);
    }
    return html`<div role="status">${lost && this.lasting ? html`<p>${t('connection.lost')}</p>` : ''}</div>`;
  }
}

customElements.define('scaip-offline', Offline);
