// The page of a call: anteroom, then the grid of participants with the bar below and a panel at the side, then the end.

import { grid } from '../lib/layout.js';
import { t } from '../lib/words.js';
import { css, html, repeat } from '../vendor/lit.js';
import './anteroom.js';
import { Element, given } from './base.js';
import './call-bar.js';
import './call-people.js';
import './chat-view.js';
import './live-bar.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';
import './offline.js';
import './stats-panel.js';
import './tile.js';

const GAP = 10;

export class CallView extends Element {
  static properties = { app: { attribute: false }, id: {}, box: { state: true } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        display: flex;
        flex-direction: column;
        height: 100%;
        background: var(--stage);
      }
      .call {
        display: flex;
        flex: 1;
        min-height: 0;
      }
      main {
        display: flex;
        flex-direction: column;
        flex: 1;
        min-width: 0;
      }
      .stage {
        position: relative;
        flex: 1;
        min-height: 0;
        margin: 12px 12px 0;
      }
      .tiles {
        display: flex;
        flex-wrap: wrap;
        place-content: center;
        gap: 10px;
        height: 100%;
      }
      .panel {
        display: flex;
        flex-direction: column;
        width: 360px;
        margin: 12px 12px 12px 0;
        border: 1px solid var(--line);
        border-radius: var(--radius-big);
        background: var(--surface);
        overflow: hidden;
      }
      .panel header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        padding: 10px 8px 6px 20px;
      }
      .panel h2 {
        font-size: 17px;
      }
      .panel > :last-child {
        flex: 1;
        min-height: 0;
      }
      .over {
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 20px;
        height: 100%;
        padding: 24px;
        text-align: center;
      }
      .over h1 {
        font-size: 26px;
        letter-spacing: -0.02em;
      }
      .alone {
        position: absolute;
        inset: auto 0 16px;
        display: flex;
        justify-content: center;
        pointer-events: none;
      }
      .alone p {
        display: flex;
        align-items: center;
        gap: 10px;
        padding: 6px 8px 6px 16px;
        border-radius: 12px;
        background: var(--raised);
        box-shadow: var(--shadow);
        pointer-events: auto;
      }
      @media (max-width: 760px) {
        .stage {
          margin: 8px 8px 0;
        }
        .panel {
          position: fixed;
          z-index: 10;
          inset: 0;
          width: auto;
          margin: 0;
          border: 0;
          border-radius: 0;
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
    this.box = { width: 0, height: 0 };
    /** @type {ResizeObserver | undefined} */
    this.watcher = undefined;
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener('keydown', this.#key, { signal: this.alive });
    this.alive.addEventListener('abort', () => this.watcher?.disconnect(), { once: true });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    const { call } = this.app;
    // Going elsewhere hangs up: a call one does not see is one that one forgets.
    const mine = call.value;
    if (mine?.id === this.id) {
      mine.leave();
      call.value = undefined;
    }
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (changed.has('id')) queueMicrotask(() => this.app.enterCall(this.id));
    const stage = this.renderRoot.querySelector('.stage');
    if (!stage || this.watcher) return;
    this.watcher = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      this.box = { width, height };
    });
    this.watcher.observe(stage);
  }

  render() {
    const call = this.app.call.value;
    if (!call || call.id !== this.id) return '';
    switch (call.stage.value) {
      case 'in':
        return this.#in(call);
      case 'over':
        return this.#over(call);
      case 'loading':
        return html`<div class="over"><p role="status">${t('start.wait')}</p></div>`;
      default:
        return html`<scaip-offline .app=${this.app}></scaip-offline
          ><scaip-anteroom .app=${this.app} .call=${call}></scaip-anteroom>`;
    }
  }

  /** @param {import('../app/call.js').CallSession} call */
  #in(call) {
    const people = call.rewind.people;
    const { me } = this.app.world.value;
    const seats = people.some((p) => p.user === me)
      ? people
      : [{ user: me, seat: 0, audio: false, video: false }, ...people];
    const screens = people.filter((p) => p.user !== me && call.receiver?.person(p.seat).screen.shared.value);
    const { width, height } = grid(seats.length + screens.length, { ...this.box, gap: GAP });
    const tile = (/** @type {any} */ p, /** @type {'camera' | 'screen'} */ source) => html`<scaip-tile
      .app=${this.app}
      .call=${call}
      .user=${p.user}
      .seat=${p.seat}
      .audio=${p.audio}
      .video=${p.video}
      .behind=${p.behind ?? false}
      .source=${source}
      .style=${`width:${width}px;height:${height}px`}
    ></scaip-tile>`;
    return html`<scaip-offline .app=${this.app}></scaip-offline>
      <div class="call">
        <main>
          <h1 class="hush">${call.info.value?.title || t('call.running')}</h1>
          <section class="stage" aria-label=${t('call.people')}>
            <div class="tiles">
              ${repeat(
                screens,
                (p) => p.user,
                (p) => tile(p, 'screen'),
              )}
              ${repeat(
                seats,
                (p) => p.user,
                (p) => tile(p, 'camera'),
              )}
            </div>
            ${seats.length === 1 ? this.#alone() : ''}
          </section>
          <scaip-live-bar .app=${this.app} .call=${call}></scaip-live-bar>
          <scaip-call-bar .app=${this.app} .call=${call}></scaip-call-bar>
        </main>
        ${call.panel.value ? this.#panel(call) : ''}
      </div>`;
  }

  #alone() {
    const copy = async () => {
      await navigator.clipboard.writeText(location.href).catch(() => undefined);
      this.app.notices.show(t('link.copied'));
    };
    return html`<div class="alone">
      <p>${t('call.alone')}<button class="button low" @click=${copy}>${icon('link', 16)}${t('link.copy')}</button></p>
    </div>`;
  }

  /** @param {import('../app/call.js').CallSession} call */
  #panel(call) {
    const panel = call.panel.value;
    const body = {
      '': '',
      chat: html`<scaip-chat .app=${this.app} .id=${call.group.value} .call=${call.id} .until=${call.rewind.wall}></scaip-chat>`,
      people: html`<scaip-call-people .app=${this.app} .call=${call}></scaip-call-people>`,
      stats: html`<scaip-stats .app=${this.app}></scaip-stats>`,
    }[panel];
    const title = t(`panel.${panel}`);
    return html`<aside class="panel" aria-label=${title}>
      <header>
        <h2>${title}</h2>
        <button class="icon" aria-label=${t('do.close')} @click=${() => (call.panel.value = '')}>${icon('close')}</button>
      </header>
      ${body}
    </aside>`;
  }

  /** @param {import('../app/call.js').CallSession} call */
  #over(call) {
    const group = call.group.value;
    const running = call.info.value?.state === 'running';
    const again = () => {
      this.app.call.value = undefined;
      this.app.enterCall(this.id);
    };
    const back = () => this.app.go(group ? { name: 'group', id: group, tab: 'chat' } : { name: 'home' });
    return html`<main class="over">
      <div role="status"><h1>${call.ending.value}</h1></div>
      <div class="row">
        ${running ? html`<button class="button" @click=${again}>${t('call.again')}</button>` : ''}
        <button class="button main" @click=${back}>${group ? t('call.back') : t('do.home')}</button>
      </div>
    </main>`;
  }

  /** @param {KeyboardEvent} event */
  #key = (event) => {
    const call = this.app.call.value;
    const typing = event
      .composedPath()
      .some((e) => e instanceof HTMLElement && e.matches('input, textarea, select, [role=menuitem]'));
    if (call?.stage.value !== 'in' || typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const act = {
      m: () => call.devices.toggleMicrophone(),
      v: () => call.devices.toggleCamera(),
      c: () => call.toggle('chat'),
      k: () => call.rewind.toggle(),
      j: () => call.rewind.skip(-10e6),
    }[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    void act();
  };
}

customElements.define('scaip-call', CallView);
