// A person as a coloured disc with initials.

import { ink } from '../lib/color.js';
import { initials } from '../lib/format.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { look } from './look.js';

export class Avatar extends Element {
  static properties = { name: {}, color: {}, online: { type: Boolean }, size: { type: Number } };

  static styles = [
    look,
    css`
      :host {
        display: inline-block;
        position: relative;
        flex: none;
      }
      .disc {
        display: grid;
        place-items: center;
        border-radius: 50%;
        font-weight: 600;
        letter-spacing: 0;
        user-select: none;
        width: var(--size);
        height: var(--size);
        font-size: calc(var(--size) * 0.38);
        background: var(--fill);
        color: var(--text);
        line-height: 1;
      }
      .dot {
        position: absolute;
        right: -1px;
        bottom: -1px;
        width: 11px;
        height: 11px;
        border-radius: 50%;
        border: 2px solid var(--surface);
        background: #2e9e6b;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {string} */
    this.name = given();
    /** @type {string} */
    this.color = given();
    this.online = false;
    this.size = 36;
  }

  render() {
    const fill = this.color || '#8a8578';
    return html`<div class="disc" aria-hidden="true" .style=${`--size:${this.size}px;--fill:${fill};--text:${ink(fill)}`}>
        ${initials(this.name ?? '')}
      </div>
      ${this.online ? html`<span class="dot"></span>` : ''}`;
  }
}

customElements.define('scaip-avatar', Avatar);
