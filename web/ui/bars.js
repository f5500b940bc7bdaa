// Four bars: how good the line is, and whose side is weak.

import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';

/** @typedef {import('../lib/quality.js').Verdict} Verdict */

/** The words of a verdict. @param {Verdict} verdict @param {boolean} self */
export function lineWords({ bars, side }, self) {
  if (bars === 4) return t('line.good');
  if (self) return bars === 0 ? t('line.down') : t('line.self');
  return side === 'mine' ? t('line.mine') : t('line.theirs');
}

/** @param {Verdict} verdict @param {boolean} [self] */
export function lineBars(verdict, self = false) {
  const words = lineWords(verdict, self);
  return html`<span class="bars b${verdict.bars}" role="img" aria-label=${words} title=${words}
    ><i></i><i></i><i></i><i></i
  ></span>`;
}

/** For the sheet of the component that shows them; the colours are for dark ground. */
export const barsLook = css`
  .bars {
    display: inline-flex;
    align-items: flex-end;
    gap: 2px;
    height: 12px;
  }
  .bars i {
    width: 3px;
    border-radius: 1px;
    background: #ffffff5c;
  }
  .bars i:nth-child(1) {
    height: 4px;
  }
  .bars i:nth-child(2) {
    height: 6px;
  }
  .bars i:nth-child(3) {
    height: 9px;
  }
  .bars i:nth-child(4) {
    height: 12px;
  }
  .bars.b4 i,
  .bars.b3 i:nth-child(-n + 3) {
    background: #6fe0b4;
  }
  .bars.b2 i:nth-child(-n + 2) {
    background: #ffc46b;
  }
  .bars.b1 i:nth-child(1) {
    background: #ff8e80;
  }
`;
