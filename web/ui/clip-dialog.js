// Makes a clip: from, to, how long the link is good, and for whom; below it the clips there are, each of which its maker and owners can end.

import { get } from '../app/api.js';
import { newToken, rangeOf } from '../lib/clip.js';
import { longWhen, stopwatch } from '../lib/format.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import './dialog.js';
import { buttons, fields, look } from './look.js';

/** @typedef {{id: string, maker: string, from: number, to: number, title: string, expires: string, members: boolean}} Clip */

const DAY = 86_400_000;
const LIVES = [1, 7, 30, 365]; // days
const USUAL = 30_000_000; // µs of a clip that begins at the moment shown

export class ClipDialog extends Element {
  static properties = {
    app: { attribute: false },
    replay: { attribute: false },
    busy: { state: true },
    clips: { state: true },
    wrong: { state: true },
  };

  static styles = [
    look,
    buttons,
    fields,
    css`
      form {
        display: grid;
        gap: 14px;
      }
      .two {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 12px;
      }
      ul {
        display: grid;
        gap: 8px;
        margin: 18px 0 0;
        padding: 14px 0 0;
        border-top: 1px solid var(--line);
        list-style: none;
      }
      li {
        display: flex;
        align-items: center;
        gap: 10px;
      }
      li > span {
        flex: 1;
        min-width: 0;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {import('../app/replay.js').Replay} */
    this.replay = given();
    this.busy = false;
    this.wrong = '';
    /** @type {Clip[]} */
    this.clips = [];
  }

  connectedCallback() {
    super.connectedCallback();
    const { replay } = this;
    const { zero, end } = replay.range.value;
    const at = Math.min(Math.max(replay.past.time.value, zero), end);
    const part = replay.part.value ?? { from: at, to: Math.min(at + USUAL, end) };
    this.from = written(part.from - zero);
    this.to = written(part.to - zero);
    void this.#list();
  }

  async #list() {
    try {
      this.clips = (await get(`/api/calls/${this.replay.id}/clips`)).clips;
    } catch (error) {
      this.app.notices.report(error);
    }
  }

  render() {
    return html`<scaip-dialog heading=${t('clip.new')}>
      <form @submit=${this.#submit}>
        <div class="two">
          ${this.#moment('from', this.from ?? '')} ${this.#moment('to', this.to ?? '')}
        </div>
        <label class="field"><span>${t('clip.name')}</span><input name="title" maxlength="100" autocomplete="off" /></label>
        <label class="field">
          <span>${t('clip.lives')}</span>
          <select name="days">
            ${LIVES.map((n) => html`<option value=${n} ?selected=${n === 7}>${t('clip.days', { n })}</option>`)}
          </select>
        </label>
        <label class="row"><input type="checkbox" name="members" />${t('clip.members')}</label>
        ${this.wrong ? html`<p class="small" role="alert">${this.wrong}</p>` : ''}
        <p class="small soft">${t('clip.lead')}</p>
        <button class="button main wide" ?disabled=${this.busy}>${t('clip.make')}</button>
      </form>
      ${this.clips.length ? html`<ul aria-label=${t('clip.all')}>${this.clips.map((c) => this.#clip(c))}</ul>` : ''}
    </scaip-dialog>`;
  }

  /** @param {'from' | 'to'} name @param {string} value */
  #moment(name, value) {
    return html`<label class="field">
      <span>${t(name === 'from' ? 'clip.from' : 'clip.to')}</span>
      <input name=${name} .value=${value} required autocomplete="off" placeholder="1:02:03" pattern="[0-9:.]+" />
    </label>`;
  }

  /** @param {Clip} c */
  #clip(c) {
    const { zero } = this.replay.range.value;
    const span = `${stopwatch((c.from - zero) / 1000)}–${stopwatch((c.to - zero) / 1000)}`;
    return html`<li>
      <span class="small cut">${c.title || span}${c.title ? html` <span class="soft">${span}</span>` : ''}<br />
        <span class="soft">${t('clip.until', { when: longWhen(c.expires) })}</span></span>
      <button class="button low" @click=${() => this.#revoke(c)} aria-label=${t('clip.revoke.named', { name: c.title || span })}>${t('clip.revoke')}</button>
    </li>`;
  }

  /** @param {SubmitEvent} event */
  #submit = async (event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const part = rangeOf(String(data.get('from')), String(data.get('to')), this.replay.range.value);
    this.wrong = part ? '' : t('clip.wrong');
    if (!part) return;
    this.busy = true;
    try {
      const { token, hash } = await newToken();
      const expires = new Date(Date.now() + Number(data.get('days')) * DAY).toISOString();
      const title = String(data.get('title')).trim();
      await this.app.command('calls.make_clip', {
        call: this.replay.id,
        ...part,
        title,
        hash,
        expires,
        members: data.get('members') !== null,
      });
      await navigator.clipboard.writeText(`${location.origin}${location.pathname}#/clip/${token}`);
      this.app.notices.show(t('clip.made'));
      await this.#list();
    } catch (error) {
      this.app.notices.report(error);
    } finally {
      this.busy = false;
    }
  };

  /** @param {Clip} c */
  async #revoke(c) {
    try {
      await this.app.command('calls.revoke_clip', { call: this.replay.id, clip: c.id });
      this.clips = this.clips.filter((o) => o !== c);
    } catch (error) {
      this.app.notices.report(error);
    }
  }
}

/** A time as it is typed, to a tenth of a second. @param {number} us */
function written(us) {
  const tenths = Math.round(us / 1e5);
  return stopwatch(tenths * 100) + (tenths % 10 ? `.${tenths % 10}` : '');
}

customElements.define('scaip-clip-dialog', ClipDialog);
