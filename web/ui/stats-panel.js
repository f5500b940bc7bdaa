// The numbers of a call, once a second; as text by a button, for whoever helps.

import { stats } from '../app/stats.js';
import { layerText, report, skewText } from '../lib/report.js';
import { t } from '../lib/words.js';
import { localNow } from '../media/local.js';
import { css, html } from '../vendor/lit.js';
import { lineWords } from './bars.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';

export class StatsPanel extends Element {
  static properties = { app: { attribute: false }, call: { attribute: false } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        overflow: auto;
        padding: 4px 20px 20px;
      }
      h3 {
        margin: 18px 0 6px;
        font-size: 15px;
      }
      dl {
        display: grid;
        grid-template-columns: fit-content(60%) minmax(0, 1fr);
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
      .weak {
        color: var(--ember);
        font-weight: 600;
      }
      .button {
        width: 100%;
        margin-bottom: 14px;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {import('../app/call.js').CallSession} */
    this.call = given();
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
    const kbit = (/** @type {string} */ key, /** @type {number} */ bytes) =>
      `${Math.round((this.#rate(key, bytes, now) * 8) / 1000)} kbit/s`;
    const { audio, video } = s.sent;
    const { own } = this.call.room.lines.verdicts.value;
    return html`<button class="button low" @click=${this.#copy}>${icon('copy', 16)}${t('stats.copy')}</button>
      <dl>
        ${this.#line(t('stats.line'), lineWords(own, true), own.bars < 4)} ${this.#line(t('stats.rtt'), ms(s.clock.rtt))}
        ${this.#line(t('stats.output'), ms(s.latency))}
        ${this.#line(t('stats.up'), `${kbit('up.a', audio.bytesOut)} · ${kbit('up.v', video.bytesOut)}`)}
        ${this.#line(t('stats.down'), `${kbit('down.a', audio.bytesIn)} · ${kbit('down.v', video.bytesIn)}`)}
        ${this.#line(t('stats.sent'), `${this.#rate('sent.v', video.frames, now)} / s, ${t('stats.skipped', { n: video.skipped })}`)}
      </dl>
      ${s.people.filter((/** @type {any} */ p) => p.name).map((/** @type {any} */ p) => this.#person(p, now))}`;
  }

  /** @param {any} p @param {number} now */
  #person(p, now) {
    const verdict = this.call.room.lines.of(p.seat);
    return html`<h3>${p.name}</h3>
      <dl>
        ${this.#line(t('stats.line'), lineWords(verdict, false), verdict.bars < 4)} ${this.#line(t('stats.delay'), ms(p.delay))}
        ${this.#line(t('stats.skew'), skewText(p.skew))} ${p.audio ? this.#voice(p.audio) : ''}
        ${p.video ? this.#picture(t('stats.picture'), `v${p.seat}`, p.video, now) : ''}
        ${p.screen ? this.#picture(t('stats.screen'), `s${p.seat}`, p.screen, now) : ''}
      </dl>`;
  }

  /** @param {any} a */
  #voice(a) {
    return html`${this.#line(t('stats.jitter'), `${ms(a.jitter)} + ${ms(a.raised)}`)}
      ${this.#line(t('stats.audio.lost'), `${a.lost} · ${a.late}`)}
      ${this.#line(t('stats.concealed'), `${ms(a.concealed)} · ${a.underruns ?? 0}`)}`;
  }

  /** @param {string} name @param {string} key @param {any} v @param {number} now */
  #picture(name, key, v, now) {
    const coming = v.off ? t('tile.off.line') : `${layerText(v)}, ${this.#rate(key, v.drawn, now)} / s`;
    return html`${this.#line(name, coming, Boolean(v.off))} ${this.#line(t('stats.codec'), v.codec || '–')}
      ${this.#line(t('stats.age'), ms(v.age))} ${this.#line(t('stats.video.lost'), `${v.lost} · ${v.late}`)}`;
  }

  /** @param {string} name @param {string} value @param {boolean} [weak] */
  #line(name, value, weak = false) {
    return html`<dt>${name}</dt>
      <dd class=${weak ? 'weak' : ''}>${value}</dd>`;
  }

  #copy = async () => {
    const s = stats(this.app, localNow());
    if (!s) return;
    const text = report(s, this.call.room.lines.verdicts.value, {
      at: new Date().toISOString(),
      agent: navigator.userAgent,
    });
    try {
      await navigator.clipboard.writeText(text);
      this.app.notices.show(t('stats.copied'));
    } catch {
      this.app.notices.show(t('stats.copy.failed'), 'error');
    }
  };
}

/** @param {number} n */
const ms = (n) => (Number.isFinite(n) && n >= 0 ? `${Math.round(n)} ms` : '–');

customElements.define('scaip-stats', StatsPanel);
