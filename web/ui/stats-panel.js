// The numbers of a call, once a second.

import { stats } from '../app/stats.js';
import { t } from '../lib/words.js';
import { localNow } from '../media/local.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { look } from './look.js';

export class StatsPanel extends Element {
  static properties = { app: { attribute: false } };

  static styles = [
    look,
    css`
      :host {
        overflow: auto;
        padding: 4px 20px 20px;
      }
      h3 {
        margin: 16px 0 6px;
        font-size: 14px;
      }
      dl {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 4px 16px;
        font-size: 14px;
      }
      dt {
        color: var(--soft);
      }
      dd {
        font-variant-numeric: tabular-nums;
        text-align: end;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {Map<string, {at: number, value: number}>} */
    this.past = new Map();
  }

  connectedCallback() {
    super.connectedCallback();
    const timer = setInterval(() => this.requestUpdate(), 1000);
    this.alive.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** @param {string} key @param {number} value that only grows @param {number} now */
  #rate(key, value, now) {
    const before = this.past.get(key);
    this.past.set(key, { at: now, value });
    return before && now > before.at ? Math.round(((value - before.value) * 1000) / (now - before.at)) : 0;
  }

  render() {
    const now = localNow();
    const s = /** @type {any} */ (stats(this.app, now));
    if (!s) return '';
    const ms = (/** @type {number} */ n) => (Number.isFinite(n) && n >= 0 ? `${Math.round(n)} ms` : '–');
    const kbit = (/** @type {string} */ key, /** @type {number} */ bytes) =>
      `${Math.round((this.#rate(key, bytes, now) * 8) / 1000)} kbit/s`;
    const { audio, video } = s.sent;
    return html`<dl>
        ${this.#line(t('stats.rtt'), ms(s.clock.rtt))} ${this.#line(t('stats.output'), ms(s.latency))}
        ${this.#line(t('stats.up'), `${kbit('up.a', audio.bytesOut)} · ${kbit('up.v', video.bytesOut)}`)}
        ${this.#line(t('stats.down'), `${kbit('down.a', audio.bytesIn)} · ${kbit('down.v', video.bytesIn)}`)}
        ${this.#line(t('stats.sent'), `${this.#rate('sent.v', video.frames, now)} / s, ${t('stats.skipped', { n: video.skipped })}`)}
      </dl>
      ${s.people.filter((/** @type {any} */ p) => p.name).map((/** @type {any} */ p) => this.#person(p, now, ms))}`;
  }

  /** @param {any} p @param {number} now @param {(n: number) => string} ms */
  #person(p, now, ms) {
    return html`<h3>${p.name}</h3>
      <dl>
        ${this.#line(t('stats.delay'), ms(p.delay))}
        ${
          p.video
            ? html`${this.#line(t('stats.picture'), `${p.video.width}×${p.video.height}, ${this.#rate(`v${p.seat}`, p.video.drawn, now)} / s`)}
            ${this.#line(t('stats.age'), ms(p.video.age))} ${this.#line(t('stats.video.lost'), String(p.video.lost))}`
            : ''
        }
        ${
          p.audio
            ? html`${this.#line(t('stats.audio.lost'), String(p.audio.lost))}
            ${this.#line(t('stats.underruns'), String(p.audio.underruns ?? 0))}`
            : ''
        }
      </dl>`;
  }

  /** @param {string} name @param {string} value */
  #line(name, value) {
    return html`<dt>${name}</dt>
      <dd>${value}</dd>`;
  }
}

customElements.define('scaip-stats', StatsPanel);
