// A line that says that calls are not kept for want of room, where one starts, joins and is in one; nothing while there is room.

import { lessText } from '../lib/keep.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { look } from './look.js';

export class LessKept extends Element {
  static properties = { app: { attribute: false }, group: { attribute: false }, call: { attribute: false } };

  static styles = [
    look,
    css`
      :host {
        display: block;
      }
      p {
        display: flex;
        align-items: center;
        gap: 10px;
        margin-top: 12px;
        padding: 8px 14px;
        border-radius: var(--radius);
        background: var(--danger-wash);
        color: var(--on-danger-wash);
        font-size: 14px;
      }
      svg {
        flex: none;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {import('../lib/world.js').Group | undefined} */
    this.group = undefined;
    /** @type {import('../lib/world.js').Call | undefined} none: of one to come */
    this.call = undefined;
  }

  render() {
    const text = lessText(this.group, this.call, this.app.full.value);
    return html`<div role="status">${text ? html`<p>${icon('warn', 18)}<span>${text}</span></p>` : ''}</div>`;
  }
}

customElements.define('scaip-less-kept', LessKept);
