// The keys of a replay, listed.

import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element } from './base.js';
import './dialog.js';
import { look } from './look.js';

/** @type {readonly (readonly [keys: readonly string[], what: string])[]} */
const LIST = [
  [['K', ' '], 'toggle'],
  [['J', 'L'], 'ten'],
  [['←', '→'], 'five'],
  [[',', '.'], 'step'],
  [['0 – 9'], 'tenth'],
  [['Home', 'End'], 'ends'],
  [['<', '>'], 'rate'],
  [['P', 'N'], 'speakers'],
  [['I', 'O'], 'mark'],
  [['M'], 'mute'],
  [['C'], 'chat'],
  [['F'], 'full'],
  [['Shift ←', 'Shift →'], 'peek'],
  [['?'], 'help'],
];

export class ReplayKeys extends Element {
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

  render() {
    return html`<scaip-dialog heading=${t('replay.keys')}>
      <dl>
        ${LIST.map(
          ([keys, what]) =>
            html`<dt>${keys.map((k) => html`<kbd>${k === ' ' ? t('replay.key.space') : k}</kbd>`)}</dt>
              <dd>${t(`replay.key.${what}`)}</dd>`,
        )}
      </dl>
      <p>${t('replay.keys.note')}</p>
    </scaip-dialog>`;
  }
}

customElements.define('scaip-replay-keys', ReplayKeys);
