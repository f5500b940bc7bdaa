// What was written and who came and went, beside a replay, up to date with the moment shown: a click goes there.

import { stopwatch } from '../lib/format.js';
import { find, past } from '../lib/story.js';
import { t } from '../lib/words.js';
import { css, html, repeat } from '../vendor/lit.js';
import { Element, given, tell } from './base.js';
import { icon } from './icons.js';
import { buttons, fields, look } from './look.js';

/** @typedef {import('../lib/story.js').Moment} Moment */

export class ReplaySide extends Element {
  static properties = { replay: { attribute: false }, search: { state: true } };

  static styles = [
    look,
    buttons,
    fields,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        border: 1px solid var(--line);
        border-radius: var(--radius-big);
        background: var(--surface);
        overflow: hidden;
      }
      .find {
        display: flex;
        gap: 6px;
        padding: 10px 8px 10px 14px;
      }
      .find input[type='search'] {
        min-height: 40px;
      }
      ol {
        flex: 1;
        min-height: 0;
        padding: 0 8px 12px;
        overflow: auto;
      }
      li button {
        display: grid;
        grid-template-columns: 52px minmax(0, 1fr);
        gap: 2px 8px;
        width: 100%;
        padding: 7px 8px;
        border: 0;
        border-radius: 8px;
        background: none;
        text-align: start;
        cursor: pointer;
      }
      li button:hover {
        background: var(--hover);
      }
      li button:focus-visible {
        outline-offset: -2px;
      }
      .to-come .text,
      .to-come .name {
        color: var(--soft);
      }
      .latest button {
        background: var(--accent-wash);
        color: var(--on-wash);
      }
      .latest time {
        color: inherit;
      }
      time {
        color: var(--soft);
        font-size: 12px;
        line-height: 1.7;
        font-variant-numeric: tabular-nums;
      }
      .name {
        display: block;
        font-size: 13px;
        font-weight: 600;
      }
      .text {
        display: block;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .event .text {
        font-size: 13px;
      }
      .none {
        padding: 16px;
        color: var(--soft);
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/replay.js').Replay} */
    this.replay = given();
    this.search = '';
    this.followed = -1;
  }

  updated() {
    const latest = this.renderRoot.querySelector('.latest');
    const n = past(this.replay.moments.value, this.replay.past.time.value);
    if (n === this.followed || this.search) return;
    this.followed = n;
    const list = /** @type {HTMLElement} */ (this.renderRoot.querySelector('ol'));
    if (!latest || !list || list.matches(':hover')) return; // whoever reads is left alone
    const item = /** @type {HTMLElement} */ (latest);
    list.scrollTop = item.offsetTop - list.offsetTop - list.clientHeight * 0.6;
  }

  render() {
    const { replay } = this;
    const all = replay.moments.value;
    const now = past(all, replay.past.time.value);
    const list = find(all, this.search);
    const latest = all[now - 1];
    return html`<div class="find">
        <input
          type="search"
          class="grow"
          placeholder=${t('replay.search')}
          aria-label=${t('replay.search')}
          .value=${this.search}
          @input=${(/** @type {Event} */ e) => (this.search = /** @type {HTMLInputElement} */ (e.target).value)}
          @keydown=${this.#enter}
        />
        <button class="icon" aria-label=${t('do.close')} title=${t('do.close')} @click=${() => tell(this, 'chat')}>
          ${icon('close')}
        </button>
      </div>
      <p class="hush" role="status">${this.search ? t('replay.found', { n: list.length }) : ''}</p>
      ${list.length === 0 ? html`<p class="none">${t(this.search ? 'replay.found.none' : 'replay.quiet')}</p>` : ''}
      <ol aria-label=${t('replay.panel')}>
        ${repeat(
          list,
          (m, i) => `${m.t} ${i}`,
          (m) => this.#moment(m, m === latest, m.t > (latest?.t ?? -1)),
        )}
      </ol>`;
  }

  /** @param {Moment} m @param {boolean} latest @param {boolean} toCome */
  #moment(m, latest, toCome) {
    const { replay } = this;
    const name = replay.app.world.value.users.get(m.user)?.name || m.name || t('person.unknown');
    const said = m.kind === 'chat';
    return html`<li class="${said ? '' : 'event'} ${latest ? 'latest' : ''} ${toCome ? 'to-come' : ''}">
      <button aria-current=${latest ? 'true' : 'false'} @click=${() => replay.seek(m.t)}>
        <time>${stopwatch((m.t - replay.range.value.zero) / 1000)}</time>
        <span>
          ${said ? html`<span class="name cut">${name}</span>` : ''}
          <span class="text"
            >${said ? m.text : t(`replay.moment.${m.kind}`, { name, text: m.text })}</span
          >
        </span>
      </button>
    </li>`;
  }

  /** To the first that is found after the moment shown. @param {KeyboardEvent} event */
  #enter = (event) => {
    if (event.key !== 'Enter' || !this.search) return;
    const list = find(this.replay.moments.value, this.search);
    const now = this.replay.past.time.value + 200_000;
    const next = list.find((m) => m.t > now) ?? list[0];
    if (next) this.replay.seek(next.t);
  };
}

customElements.define('scaip-replay-side', ReplaySide);
