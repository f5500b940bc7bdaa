// The messages of a group, newest at the bottom, older ones as one scrolls up; and where one writes.

import { dayName } from '../lib/format.js';
import { blocks } from '../lib/timeline.js';
import { t } from '../lib/words.js';
import { css, html, repeat } from '../vendor/lit.js';
import { Element, given } from './base.js';
import './composer.js';
import { buttons, look } from './look.js';
import './message-item.js';

export class ChatView extends Element {
  static properties = {
    app: { attribute: false },
    id: {},
    call: {},
    until: { type: Number },
    editing: { state: true },
    away: { state: true },
  };

  static styles = [
    look,
    buttons,
    css`
      :host {
        position: relative;
        display: flex;
        flex-direction: column;
        height: 100%;
        min-height: 0;
      }
      .scroll {
        flex: 1;
        min-height: 0;
        overflow-y: auto;
        overscroll-behavior: contain;
        display: flex;
        flex-direction: column;
        padding: 12px 0 4px;
      }
      .scroll > :first-child {
        margin-top: auto;
      }
      .day {
        display: flex;
        align-items: center;
        gap: 14px;
        margin: 18px 24px 8px;
        color: var(--soft);
        font-size: 13px;
        font-weight: 550;
      }
      .day::before,
      .day::after {
        content: '';
        flex: 1;
        border-top: 1px solid var(--line);
      }
      .empty {
        margin: auto;
        padding: 24px;
        color: var(--soft);
        text-align: center;
      }
      .newest {
        position: absolute;
        bottom: 84px;
        left: 50%;
        translate: -50%;
        background: var(--raised);
        box-shadow: var(--shadow);
      }
      .newest:hover {
        background: var(--raised);
      }
      .frozen {
        padding: 16px 24px;
        color: var(--soft);
        border-top: 1px solid var(--line);
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {string} */
    this.id = given();
    /** the call one writes in, or empty */
    this.call = '';
    /** ms since 1970: what was written later is not shown */
    this.until = Infinity;
    this.editing = '';
    /** scrolled up, away from the newest */
    this.away = false;
    this.bottom = true;
    this.height = 0;
    this.last = '';
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has('id')) {
      this.bottom = true;
      this.away = false;
      this.editing = '';
      void this.app.chat.open(this.id);
      this.app.chat.read(this.id);
    }
    const scroll = this.renderRoot?.querySelector('.scroll');
    if (scroll) this.height = scroll.scrollHeight - scroll.scrollTop;
  }

  firstUpdated() {
    const scroll = /** @type {HTMLElement} */ (this.need('.scroll'));
    const watcher = new ResizeObserver(() => this.bottom && this.#toBottom());
    watcher.observe(scroll);
    this.alive.addEventListener('abort', () => watcher.disconnect(), { once: true });
  }

  updated() {
    const scroll = /** @type {HTMLElement} */ (this.need('.scroll'));
    const { messages, more } = this.app.chat.of(this.id);
    const last = messages[messages.length - 1];
    const mine = last !== undefined && last.id !== this.last && last.author === this.app.world.value.me;
    this.last = last?.id ?? '';
    if (this.bottom || mine) this.#toBottom();
    // Older messages came in above: what one was reading stays where it was.
    else scroll.scrollTop = scroll.scrollHeight - this.height;
    if (more && scroll.scrollHeight <= scroll.clientHeight) void this.app.chat.older(this.id);
  }

  #toBottom() {
    const scroll = /** @type {HTMLElement} */ (this.need('.scroll'));
    scroll.scrollTop = scroll.scrollHeight;
  }

  #scrolled = () => {
    const scroll = /** @type {HTMLElement} */ (this.need('.scroll'));
    const below = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight;
    this.bottom = below < 40;
    this.away = below > 400;
    if (this.bottom) this.app.chat.read(this.id);
    if (scroll.scrollTop < 300) void this.app.chat.older(this.id);
  };

  render() {
    const { messages: all, loaded } = this.app.chat.of(this.id);
    const messages = all.filter((m) => m.number === 0 || Date.parse(m.at) <= this.until);
    const group = this.app.world.value.groups.get(this.id);
    // Messages by people who have left are drawn with a name once the group's members are known.
    return html`<div class="scroll" role="log" aria-label=${t('tab.chat')} tabindex="0" @scroll=${this.#scrolled}>
        ${loaded && messages.length === 0 ? html`<p class="empty">${t('chat.none')}</p>` : ''}
        ${repeat(
          blocks(messages, (d) => dayName(d)),
          (b) => b.message.id,
          (b) => html`<div>
            ${b.day ? html`<div class="day">${b.day}</div>` : ''}
            <scaip-message
              .app=${this.app}
              .message=${b.message}
              .follows=${b.follows}
              .frozen=${group?.archived ?? true}
              .editing=${this.editing === b.message.id}
              .narrow=${this.call !== ''}
              @edit=${() => (this.editing = b.message.id)}
              @edited=${() => (this.editing = '')}
            ></scaip-message>
          </div>`,
        )}
      </div>
      ${this.away ? html`<button class="button low newest" @click=${this.#toBottom}>${t('chat.newest')}</button>` : ''}
      ${
        group?.archived
          ? html`<p class="frozen">${t('chat.frozen')}</p>`
          : html`<scaip-composer
            .app=${this.app}
            .group=${this.id}
            .call=${this.call}
            @last=${this.#editLast}
          ></scaip-composer>`
      }`;
  }

  /** Arrow up in the empty composer. */
  #editLast = () => {
    const { me } = this.app.world.value;
    const own = this.app.chat.of(this.id).messages.filter((m) => m.author === me && !m.deleted && m.number > 0);
    if (own.length > 0) this.editing = own[own.length - 1].id;
  };
}

customElements.define('scaip-chat', ChatView);
