// The calls of a group: to come, running, and past with their recordings.

import { duration, longWhen } from '../lib/format.js';
import { format } from '../lib/route.js';
import { t } from '../lib/words.js';
import { css, html, repeat } from '../vendor/lit.js';
import { Element, given } from './base.js';
import './call-thumb.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';
import { menuItems } from './menu.js';
import './replay-button.js';

/** @typedef {import('../lib/world.js').Call} Call */

export class CallsView extends Element {
  static properties = { app: { attribute: false }, id: {} };

  static styles = [
    look,
    buttons,
    menuItems,
    css`
      :host {
        height: 100%;
        overflow: auto;
      }
      .page {
        max-width: 760px;
        padding: 16px 24px 32px;
      }
      h3 {
        margin: 12px 0 4px;
        font-size: 14px;
        letter-spacing: 0;
        color: var(--soft);
      }
      li {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 14px;
        padding: 14px 0;
        border-bottom: 1px solid var(--line);
      }
      li:last-child {
        border: 0;
      }
      .what {
        flex: 1 1 240px;
        min-width: 0;
      }
      .line1 {
        display: block;
        line-height: 1.45;
      }
      .title {
        font-weight: 550;
      }
      .empty {
        padding: 24px 0;
        color: var(--soft);
      }
      @media (max-width: 760px) {
        .page {
          padding-inline: 16px;
        }
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {string} */
    this.id = given();
  }

  render() {
    const all = [...this.app.world.value.calls.values()].filter((c) => c.group === this.id);
    const by = (/** @type {Call['state']} */ state) => all.filter((c) => c.state === state);
    const coming = by('scheduled').sort((a, b) => a.start.localeCompare(b.start));
    const past = by('ended').sort((a, b) => b.start.localeCompare(a.start));
    return html`<div class="page">
      ${this.#part(t('calls.running'), by('running'))} ${this.#part(t('calls.coming'), coming)}
      ${this.#part(t('calls.past'), past)}
      ${all.every((c) => c.state === 'cancelled') ? html`<p class="empty">${t('calls.none')}</p>` : ''}
    </div>`;
  }

  /** @param {string} heading @param {Call[]} calls */
  #part(heading, calls) {
    if (calls.length === 0) return '';
    return html`<section>
      <h3>${heading}</h3>
      <ul>
        ${repeat(
          calls,
          (c) => c.id,
          (c) => this.#call(c),
        )}
      </ul>
    </section>`;
  }

  /** @param {Call} c */
  #call(c) {
    const names = c.participants.map((p) => this.app.world.value.users.get(p.user)?.name ?? p.name).filter(Boolean);
    const length = c.state === 'ended' && c.end ? duration(Date.parse(c.end) - Date.parse(c.start)) : '';
    const more = c.state === 'scheduled' ? t('call.by', { name: this.app.person(c.maker).name }) : names.join(', ');
    const seen = c.state === 'ended' && c.kept !== false;
    return html`<li>
      ${seen ? html`<scaip-call-thumb .app=${this.app} .call=${c}></scaip-call-thumb>` : ''}
      <div class="what">
        <span class="line1 title cut">${c.title || longWhen(c.start)}</span>
        <span class="line1 small soft cut">${[c.title ? longWhen(c.start) : '', length, kept(c), more].filter(Boolean).join(' · ')}</span>
      </div>
      ${this.#actions(c)}
    </li>`;
  }

  /** @param {Call} c */
  #actions(c) {
    const owner = this.app.world.value.groups.get(this.id)?.role === 'owner';
    const me = this.app.me.value;
    if (c.state === 'running') {
      return html`<a class="button main low" href=${format({ name: 'call', id: c.id })}>${t('call.join')}</a>`;
    }
    if (c.state === 'scheduled') {
      return owner || c.maker === me?.id
        ? html`<button class="button low" @click=${() => this.#do('calls.cancel', c.id)}>${t('call.cancel')}</button>`
        : '';
    }
    return html`${
      c.kept === false
        ? ''
        : html`<a class="button low" href=${format({ name: 'replay', id: c.id })}>${icon('play', 16)}${t('replay.watch')}</a>
            <scaip-replay-button .app=${this.app} .id=${c.id}></scaip-replay-button>`
    }
      ${
        owner || me?.role === 'admin'
          ? html`<scaip-menu label=${t('call.more')}>
            <button role="menuitem" class="bad" @click=${() => this.#delete(c)}>${icon('trash', 18)}${t('call.delete')}</button>
          </scaip-menu>`
          : ''
      }`;
  }

  /** @param {Call} c */
  #delete(c) {
    if (confirm(t('call.delete.ask'))) void this.#do('calls.delete', c.id);
  }

  /** @param {string} type @param {string} call */
  async #do(type, call) {
    await this.app.command(type, { call }).catch(() => undefined);
  }
}

/** What becomes of a past call's recording, if it is not simply kept. @param {Call} c */
function kept(c) {
  if (c.state !== 'ended') return '';
  if (c.kept === false) return t('keep.gone');
  return c.until ? t('keep.until', { date: longWhen(c.until) }) : '';
}

customElements.define('scaip-calls', CallsView);
