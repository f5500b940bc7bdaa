// What is not needed all the time in a call; on a phone also what has no room in the bar.

import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given, tell } from './base.js';
import { icon } from './icons.js';
import { look } from './look.js';
import './menu.js';
import { menuItems } from './menu.js';
import { roundLook } from './round-look.js';

export class CallMore extends Element {
  static later = true;

  static properties = { app: { attribute: false }, call: { attribute: false } };

  static styles = [
    look,
    menuItems,
    roundLook,
    css`
      kbd {
        margin-inline-start: auto;
        padding-inline-start: 24px;
        color: var(--soft);
        font: inherit;
        font-size: 13px;
      }
      .phone {
        display: none;
      }
      @media (max-width: 760px) {
        .phone {
          display: flex;
        }
        kbd {
          display: none;
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
    const { call } = this;
    const { view, signs } = call.room;
    const grid = view.mode.value === 'grid';
    const sharing = call.share.track.value !== undefined;
    return html`<scaip-menu label=${t('call.more')}>
      <button slot="button" class="round" aria-label=${t('call.more')} title=${t('call.more')} aria-haspopup="menu">
        ${icon('more', 22)}
      </button>
      ${
        call.share.possible
          ? this.#item(
              'screen',
              sharing ? t('share.stop') : t('share.start'),
              () => (sharing ? call.stopShare() : call.startShare()),
              '',
              'phone',
            )
          : ''
      }
      ${this.#item('people', t('panel.people'), () => call.toggle('people'), '', 'phone')}
      ${this.#item(grid ? 'layout' : 'tiles', grid ? t('view.speaker') : t('view.grid'), () => view.toggle(), 'G')}
      ${this.#item('full', t('view.full'), () => tell(this, 'full'), 'F')}
      ${this.#item('gear', t('devices'), () => tell(this, 'devices'))} ${this.#item('link', t('link.copy'), this.#copy)}
      ${this.#item('stats', t('panel.stats'), () => call.toggle('stats'))} ${this.#item('keys', t('keys'), () => tell(this, 'keys'), '?')}
      ${signs.mayEnd ? this.#item('hangup', t('call.end'), signs.end, '', 'bad') : ''}
    </scaip-menu>`;
  }

  /** @param {string} glyph @param {string} words @param {() => unknown} act @param {string} [key] @param {string} [kind] */
  #item(glyph, words, act, key = '', kind = '') {
    return html`<button role="menuitem" class=${kind} @click=${act}>
      ${icon(glyph, 18)}${words}${key ? html`<kbd aria-hidden="true">${key}</kbd>` : ''}
    </button>`;
  }

  #copy = async () => {
    await navigator.clipboard.writeText(location.href).catch(() => undefined);
    this.app.notices.show(t('link.copied'));
  };
}

customElements.define('scaip-call-more', CallMore);
