// Reactions rise over the pictures for some seconds, with the name of who sent them.

import { t } from '../lib/words.js';
import { css, html, repeat } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { look } from './look.js';

export class Reactions extends Element {
  static later = true;

  static properties = { app: { attribute: false }, call: { attribute: false } };

  static styles = [
    look,
    css`
      :host {
        position: absolute;
        z-index: 4;
        inset: 0;
        overflow: hidden;
        pointer-events: none;
      }
      li {
        position: absolute;
        left: calc(4% + var(--lane) * 9%);
        bottom: 20px;
        display: grid;
        justify-items: center;
        gap: 4px;
        animation: rise 4.4s ease-out forwards;
      }
      .emoji {
        font-size: 40px;
        line-height: 1.1;
      }
      .from {
        max-width: 120px;
        padding: 1px 8px;
        border-radius: 8px;
        background: #11120fc7;
        color: #fff;
        font-size: 12px;
      }
      @keyframes rise {
        from {
          opacity: 0;
          translate: 0 20px;
          scale: 0.6;
        }
        8% {
          opacity: 1;
          translate: 0 0;
          scale: 1;
        }
        75% {
          opacity: 1;
        }
        to {
          opacity: 0;
          translate: 0 -42vh;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        li {
          animation: none;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {import('../app/call.js').CallSession} */
    this.call = given();
  }

  render() {
    const list = this.call.rewind.past.value ? [] : this.call.room.signs.reactions.value;
    const last = list.at(-1);
    return html`<ul aria-hidden="true">
        ${repeat(
          list,
          (r) => r.id,
          (r) => html`<li .style=${`--lane:${r.id % 6}`}>
            <span class="emoji">${r.emoji}</span><span class="from cut">${this.app.person(r.user).name}</span>
          </li>`,
        )}
      </ul>
      <p class="hush" role="status">${last ? t('react.said', { name: this.app.person(last.user).name, emoji: last.emoji }) : ''}</p>`;
  }
}

customElements.define('scaip-reactions', Reactions);
