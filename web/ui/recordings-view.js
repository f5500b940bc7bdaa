// What recordings take, how long there is room for more, and which calls take most. For administrators.

import { get } from '../app/api.js';
import { dayName, duration, longWhen, size } from '../lib/format.js';
import { Refusal } from '../lib/refusal.js';
import { format } from '../lib/route.js';
import { space } from '../lib/space.js';
import { t } from '../lib/words.js';
import { html, repeat } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, fields, look } from './look.js';
import { recordingsLook } from './recordings-look.js';

/**
 * @typedef {import('../lib/space.js').Report} Report
 * @typedef {{call: string, group: string, name: string, title: string, start: string, seconds: number, bytes: number}} Recorded
 */

const AGAIN = 5000; // ms after which what is taken is looked at again
const GROUPS = 5; // that are named; the largest

export class RecordingsView extends Element {
  static properties = {
    app: { attribute: false },
    report: { state: true },
    calls: { state: true },
    more: { state: true },
    wrong: { state: true },
    busy: { state: true },
  };

  static styles = [look, buttons, fields, recordingsLook];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {Report | undefined} */
    this.report = undefined;
    /** @type {Recorded[] | undefined} */
    this.calls = undefined;
    this.more = false;
    this.wrong = '';
    this.busy = false;
  }

  connectedCallback() {
    super.connectedCallback();
    void this.#look();
    void this.#list();
    const timer = setInterval(() => void this.#look(), AGAIN);
    this.alive.addEventListener('abort', () => clearInterval(timer));
  }

  render() {
    return html`<div class="page">
      <header>
        <a class="icon back" href="#/" aria-label=${t('do.back')}>${icon('back')}</a>
        <h2>${t('space')}</h2>
      </header>
      ${this.wrong ? html`<p class="wrong" role="alert">${this.wrong}</p>` : ''}
      ${this.report ? this.#report(this.report) : this.#waiting()} ${this.calls ? this.#calls(this.calls) : ''}
    </div>`;
  }

  #waiting() {
    return this.wrong ? '' : html`<p class="soft" role="status">${t('start.wait')}</p>`;
  }

  /** @param {Report} report */
  #report(report) {
    const { taken, most, share, by, full } = space(report);
    const groups = report.groups ?? [];
    return html`<section>
        <p class="taken">
          <strong>${size(taken)}</strong>
          <span class="soft">${t(`space.of.${by}`, { most: size(most) })}</span>
        </p>
        <meter
          class=${share > 0.9 ? 'high' : ''}
          min="0"
          max="1"
          .value=${share}
          aria-label=${t('space.meter')}
          aria-valuetext=${t('space.share', { percent: Math.round(share * 100) })}
        ></meter>
        <p class="soft small">${this.#counts(report)}</p>
        <p class=${report.spent || report.left === 0 ? 'wrong' : 'forecast'}>${forecast(report, by, full)}</p>
      </section>
      ${
        groups.length > 0
          ? html`<section>
            <h3>${t('space.groups')}</h3>
            <ul>
              ${groups.slice(0, GROUPS).map((g) => this.#group(g, groups[0].bytes))}
            </ul>
          </section>`
          : ''
      }`;
  }

  /** @param {Report} report */
  #counts(report) {
    return [
      t('space.files', { n: report.files }),
      report.running > 0 ? t('space.running', { size: size(report.running) }) : '',
      report.waiting > 0 ? t('space.waiting', { n: report.waiting }) : '',
      t('space.disk', { size: size(report.disk) }),
    ]
      .filter(Boolean)
      .join(' · ');
  }

  /** @param {NonNullable<Report['groups']>[0]} g @param {number} largest bytes */
  #group(g, largest) {
    return html`<li>
      <span class="grow">
        <span class="line1 cut">${g.name || t('space.unknown')}</span>
        <span class="share" .style=${`--share:${(100 * g.bytes) / largest}%`}></span>
      </span>
      <span class="soft small">${t('space.calls.n', { n: g.calls })}</span>
      <span class="bytes">${size(g.bytes)}</span>
    </li>`;
  }

  /** @param {Recorded[]} calls */
  #calls(calls) {
    return html`<section>
      <h3>${t('space.calls')}</h3>
      ${calls.length === 0 ? html`<p class="soft">${t('space.none')}</p>` : ''}
      <ul>
        ${repeat(
          calls,
          (c) => c.call,
          (c) => this.#call(c),
        )}
      </ul>
      ${
        this.more
          ? html`<button class="button" ?disabled=${this.busy} @click=${() => this.#list()}>${t('space.more')}</button>`
          : ''
      }
    </section>`;
  }

  /** @param {Recorded} c */
  #call(c) {
    const title = c.title || c.name || t('space.unknown');
    const when = c.group ? longWhen(c.start) : '';
    const mine = this.app.world.value.groups.has(c.group);
    return html`<li>
      <span class="grow">
        <span class="line1 title cut">${mine ? html`<a href=${format({ name: 'replay', id: c.call })}>${title}</a>` : title}</span>
        <span class="line1 small soft cut">${[c.title ? c.name : '', when, duration(c.seconds * 1000)].filter(Boolean).join(' · ')}</span>
      </span>
      <span class="bytes">${size(c.bytes)}</span>
      <button class="icon" ?disabled=${this.busy} aria-label=${t('space.delete', { title, when })} title=${t('call.delete')} @click=${() => this.#delete(c)}>
        ${icon('trash', 18)}
      </button>
    </li>`;
  }

  async #look() {
    try {
      this.report = await get('/api/recordings');
      this.wrong = '';
    } catch (error) {
      this.wrong = error instanceof Refusal ? error.message : t('error.unreachable');
    }
  }

  /** The next page of calls. */
  async #list() {
    this.busy = true;
    const known = this.calls ?? [];
    try {
      const page = await get(`/api/recordings/calls?skip=${known.length}`);
      const fresh = page.calls.filter((/** @type {Recorded} */ c) => !known.some((k) => k.call === c.call));
      this.calls = [...known, ...fresh];
      this.more = page.more;
    } catch (error) {
      this.wrong = error instanceof Refusal ? error.message : t('error.unreachable');
    } finally {
      this.busy = false;
    }
  }

  /** @param {Recorded} c */
  async #delete(c) {
    if (!confirm(t('call.delete.ask'))) return;
    this.busy = true;
    try {
      await this.app.command('calls.delete', { call: c.call });
      this.calls = this.calls?.filter((other) => other !== c);
    } catch {
      // The refusal is shown already.
    } finally {
      this.busy = false;
    }
    await this.#look();
  }
}

/**
 * When there will be no room.
 * @param {Report} report
 * @param {'quota' | 'disk'} by
 * @param {Date | undefined} full
 */
function forecast(report, by, full) {
  if (report.spent) return t('space.spent');
  if (report.left === 0) return t('space.full');
  if (report.days_left < 0) return t('space.still');
  const pace = size(report.per_day);
  if (!full) return t('space.far', { pace });
  return t(`space.until.${by}`, { pace, n: Math.floor(report.days_left), day: dayName(full) });
}

customElements.define('scaip-recordings', RecordingsView);
