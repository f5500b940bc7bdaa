// A part of a replay that is marked: its edges, to play it, to show it to others as a link or as a file.

import { stopwatch } from '../lib/format.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given, tell } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';
import './replay-button.js';

export class ReplayPart extends Element {
  static properties = { replay: { attribute: false }, file: { type: Boolean } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 8px;
        margin: 0 20px 6px;
        padding: 6px 8px 6px 14px;
        border-radius: 12px;
        background: var(--accent-wash);
        color: var(--on-wash);
      }
      .time {
        min-width: max-content;
        font-variant-numeric: tabular-nums;
        font-weight: 600;
        white-space: nowrap;
      }
      .button {
        border-color: color-mix(in srgb, currentColor 45%, transparent);
        color: inherit;
      }
      @media (max-width: 760px) {
        :host {
          display: grid;
          grid-template-columns: repeat(auto-fill, minmax(136px, 1fr));
          margin-inline: 12px;
        }
        .time {
          grid-column: 1 / -2;
        }
        .icon {
          grid-area: 1 / -2;
          justify-self: end;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/replay.js').Replay} */
    this.replay = given();
    /** it plays a file: there is nothing to download */
    this.file = false;
  }

  render() {
    const { replay } = this;
    const part = replay.part.value;
    if (!part) return '';
    const { zero } = replay.range.value;
    const time = (/** @type {number} */ at) => stopwatch((at - zero) / 1000);
    const edge = (/** @type {'from' | 'to'} */ which) =>
      html`<button class="button low" title="${t(`replay.part.${which}`)} (${which === 'from' ? 'I' : 'O'})" @click=${() => replay.mark(which)}>
        ${t(`replay.part.${which}`)}
      </button>`;
    return html`<span class="grow time" role="status">${t('replay.part.is', { from: time(part.from), to: time(part.to) })}</span>
      ${edge('from')} ${edge('to')}
      <button class="button low" @click=${() => replay.playPart()}>${icon('play', 16)}${t('replay.part.play')}</button>
      ${
        this.file
          ? ''
          : html`<button class="button low" @click=${() => tell(this, 'copy')}>${icon('link', 16)}${t('link.copy')}</button>
            <button class="button low" @click=${() => tell(this, 'clip')}>${t('clip.do')}</button>
            <scaip-replay-button .app=${replay.app} .id=${replay.id} .span=${part}></scaip-replay-button>`
      }
      <button class="icon" aria-label=${t('replay.part.off')} title=${t('replay.part.off')} @click=${() => replay.cut()}>${icon('close')}</button>`;
  }
}

customElements.define('scaip-replay-part', ReplayPart);
