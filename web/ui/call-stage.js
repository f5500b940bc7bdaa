// The pictures of a call: arranged, on pages if there are many; hands and reactions over them, and what one should know.

import { arrange, largeOf } from '../lib/arrange.js';
import { t } from '../lib/words.js';
import { css, html, repeat } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';
import './reactions.js';
import './tile.js';

export class CallStage extends Element {
  static properties = { app: { attribute: false }, call: { attribute: false }, box: { state: true } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        position: relative;
        overflow: hidden;
      }
      scaip-tile {
        position: absolute;
        transition:
          left var(--ease),
          top var(--ease),
          width var(--ease),
          height var(--ease);
      }
      scaip-tile[data-place='self'] {
        z-index: 2;
      }
      .notes {
        position: absolute;
        z-index: 3;
        inset: 12px 12px auto;
        display: grid;
        justify-items: center;
        gap: 8px;
        pointer-events: none;
      }
      .alone {
        position: absolute;
        z-index: 3;
        inset: auto 12px 16px;
        display: flex;
        justify-content: center;
        pointer-events: none;
      }
      .note {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 40px;
        padding: 6px 8px 6px 16px;
        border-radius: 12px;
        background: var(--raised);
        box-shadow: var(--shadow);
        pointer-events: auto;
      }
      .note.bare {
        padding-inline: 16px;
      }
      .pages {
        position: absolute;
        z-index: 3;
        left: 50%;
        bottom: 8px;
        display: flex;
        align-items: center;
        border-radius: 12px;
        background: var(--raised);
        box-shadow: var(--shadow);
        translate: -50%;
        font-variant-numeric: tabular-nums;
      }
      .pages .icon.right {
        scale: -1 1;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {import('../app/call.js').CallSession} */
    this.call = given();
    this.box = { width: 0, height: 0 };
  }

  connectedCallback() {
    super.connectedCallback();
    const watcher = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      this.box = { width, height };
    });
    watcher.observe(this);
    this.alive.addEventListener('abort', () => watcher.disconnect(), { once: true });
  }

  render() {
    const { call } = this;
    const { view } = call.room;
    const items = view.items.value;
    const large = largeOf(items, {
      mode: view.mode.value,
      pinned: view.pinned.value,
      lowered: view.lowered.value,
      order: view.order,
      speaker: call.receiver?.onStage.value ?? 0,
    });
    const { places, page, pages } = arrange(items, this.box, { large, page: view.page.value });
    const byKey = new Map(items.map((i) => [i.key, i]));
    // In the order of the keys, so that no tile is moved in the page, and its picture goes on.
    const drawn = [...places].sort((a, b) => (a.key < b.key ? -1 : 1));
    return html`${repeat(
      drawn,
      (p) => p.key,
      (p) => this.#tile(/** @type {import('../lib/arrange.js').Item} */ (byKey.get(p.key)), p),
    )}
      <scaip-reactions .app=${this.app} .call=${call}></scaip-reactions>
      <div class="notes">${this.#sharing()} ${this.#stopped()} ${this.#muted()}</div>
      ${items.length === 1 ? this.#alone() : ''} ${pages > 1 ? this.#pages(page, pages) : ''}`;
  }

  /** @param {import('../lib/arrange.js').Item} item @param {import('../lib/arrange.js').Place} place */
  #tile({ user, seat, source }, { role, left, top, width, height }) {
    const p = this.call.rewind.people.find((x) => x.user === user);
    return html`<scaip-tile
      .app=${this.app}
      .call=${this.call}
      .user=${user}
      .seat=${seat}
      .audio=${p?.audio ?? false}
      .video=${p?.video ?? false}
      .behind=${p?.behind ?? false}
      .source=${source}
      .place=${role}
      data-place=${role}
      .style=${`left:${left}px;top:${top}px;width:${width}px;height:${height}px`}
    ></scaip-tile>`;
  }

  #sharing() {
    if (!this.call.share.track.value) return '';
    return html`<p class="note">
      ${t('share.on')}<button class="button low" @click=${() => this.call.stopShare()}>${t('share.stop')}</button>
    </p>`;
  }

  #stopped() {
    const { call } = this;
    if (!call.soundStopped.value) return '';
    return html`<p class="note" role="alert">
      ${t('sound.stopped')}<button class="button low" @click=${() => call.sound?.context.resume()}>${t('sound.go')}</button>
    </p>`;
  }

  /** The hint to who talks, but is muted. */
  #muted() {
    const { devices } = this.call;
    return html`<div role="status">
      ${devices.talkingMuted.value ? html`<p class="note bare">${icon('mic-off', 18)}${t('mic.talking.muted')}</p>` : ''}
    </div>`;
  }

  #alone() {
    const copy = async () => {
      await navigator.clipboard.writeText(location.href).catch(() => undefined);
      this.app.notices.show(t('link.copied'));
    };
    return html`<div class="alone">
      <p class="note">${t('call.alone')}<button class="button low" @click=${copy}>${icon('link', 16)}${t('link.copy')}</button></p>
    </div>`;
  }

  /** @param {number} page @param {number} pages */
  #pages(page, pages) {
    const { view } = this.call.room;
    const go = (/** @type {number} */ to) => () => (view.page.value = to);
    return html`<div class="pages" role="group" aria-label=${t('pages')}>
      <button class="icon" aria-label=${t('pages.before')} ?disabled=${page === 0} @click=${go(page - 1)}>${icon('back', 18)}</button>
      <span class="small" role="status">${page + 1} / ${pages}</span>
      <button class="icon right" aria-label=${t('pages.next')} ?disabled=${page === pages - 1} @click=${go(page + 1)}>${icon('back', 18)}</button>
    </div>`;
  }
}

customElements.define('scaip-call-stage', CallStage);
