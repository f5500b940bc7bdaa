// The list of the keys of a page.

import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import './dialog.js';
import { look } from './look.js';

export class KeysHelp extends Element {
  static properties = { keys: { attribute: false } };

  static styles = [
    look,
    css`
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 8px 18px;
        align-items: center;
      }
      dt {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }
      kbd {
        display: inline-grid;
        place-items: center;
        min-width: 34px;
        min-height: 30px;
        padding: 0 9px;
        border: 1px solid var(--line-strong);
        border-bottom-width: 2px;
        border-radius: 8px;
        font: inherit;
        font-weight: 600;
      }
      p {
        margin-top: 18px;
        color: var(--soft);
        font-size: 14px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../lib/keys.js').KeyList} */
    this.keys = given();
  }

  render() {
    return html`<scaip-dialog heading=${t('keys')}>
      <dl>
        ${this.keys.map(
          ([keys, word]) =>
            html`<dt>${keys.map((k) => html`<kbd>${k === ' ' ? t('keys.space') : k}</kbd>`)}</dt>
              <dd>${t(word)}</dd>`,
        )}
      </dl>
      <p>${t('keys.note')}</p>
    </scaip-dialog>`;
  }
}

customElements.define('scaip-keys-help', KeysHelp);
