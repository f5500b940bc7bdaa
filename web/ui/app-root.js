// The whole page: the door, the shell, or a call; above all of them what is to be said.

import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { mark } from './icons.js';
import { look } from './look.js';
import './call-view.js';
import './door.js';
import './replay-view.js';
import './shell.js';
import './toasts.js';

/** @typedef {import('../app/app.js').App} App */

export class AppRoot extends Element {
  static properties = { app: { attribute: false } };

  static styles = [
    look,
    css`
      :host {
        position: fixed;
        inset: 0;
        height: 100dvh;
        overflow: hidden;
      }
      .wait {
        display: grid;
        place-items: center;
        place-content: center;
        gap: 16px;
        height: 100%;
        color: var(--soft);
        animation: in 400ms 300ms backwards;
      }
      @keyframes in {
        from {
          opacity: 0;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {App} */
    this.app = given();
  }

  render() {
    if (!this.app) return '';
    return html`${this.#place()}<scaip-toasts .app=${this.app}></scaip-toasts>`;
  }

  #place() {
    const { app } = this;
    if (app.session.value === undefined) {
      const lost = app.connection.value === 'waiting';
      return html`<main class="wait">${mark(48)}<p role="status">${lost ? t('start.unreachable') : t('start.wait')}</p></main>`;
    }
    if (app.session.value === null) return html`<scaip-door .app=${app}></scaip-door>`;
    if (app.route.value.name === 'call') return html`<scaip-call .app=${app} .id=${app.route.value.id}></scaip-call>`;
    if (app.route.value.name === 'replay') {
      const { id, at, to } = app.route.value;
      return html`<scaip-replay .app=${app} .id=${id} .at=${at} .to=${to}></scaip-replay>`;
    }
    return html`<scaip-shell .app=${app}></scaip-shell>`;
  }
}

customElements.define('scaip-app', AppRoot);
