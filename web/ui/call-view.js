// The page of a call: anteroom, then the participants with the bar below and a panel at the side, then the end.

import { CALL_KEYS } from '../lib/keys.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import './anteroom.js';
import { Element, given, idle } from './base.js';
import './call-bar.js';
import { listenToKeys } from './call-keys.js';
import './call-people.js';
import './call-stage.js';
import './chat-view.js';
import './dialog.js';
import './live-bar.js';
import { icon } from './icons.js';
import './keys-help.js';
import './less-kept.js';
import { buttons, look } from './look.js';
import './offline.js';
import './stats-panel.js';

export class CallView extends Element {
  static properties = { app: { attribute: false }, id: {}, help: { state: true }, ahead: { state: true } };

  static styles = [
    look,
    buttons,
    css`
      :host {
        position: relative;
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
      .call.ahead {
        position: absolute;
        inset: 0;
        visibility: hidden;
      }
      main {
        display: flex;
        flex-direction: column;
        flex: 1;
        min-width: 0;
      }
      .stage {
        flex: 1;
        min-height: 0;
        margin: 12px 12px 0;
      }
      .less {
        margin: 0 12px;
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
      .again {
        max-width: 44ch;
        color: var(--soft);
      }
      .warning {
        margin-bottom: 18px;
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
    /** the list of keys is open */
    this.help = false;
    /**
     * the one whose page has been drawn, unseen, while one looks at its anteroom: to draw it takes longer than to get a picture
     * @type {import('../app/call.js').CallSession | undefined}
     */
    this.ahead = undefined;
  }

  connectedCallback() {
    super.connectedCallback();
    const page = { help: () => (this.help = !this.help), full: () => this.#full() };
    listenToKeys(() => this.app.call.value, page, this.alive);
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
    const call = this.app.call.peek();
    if (call?.stage.peek() === 'anteroom' && call !== this.ahead) void idle().then(() => (this.ahead = call));
  }

  #full() {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void this.requestFullscreen?.().catch(() => undefined);
  }

  render() {
    const call = this.app.call.value;
    if (!call || call.id !== this.id) return '';
    switch (call.stage.value) {
      case 'over':
        return this.#over(call);
      case 'loading':
        return html`<div class="over"><p role="status">${t('start.wait')}</p></div>`;
      default:
        return this.#rooms(call);
    }
  }

  /** The anteroom, and the call behind it. @param {import('../app/call.js').CallSession} call */
  #rooms(call) {
    const inside = call.stage.value === 'in';
    return html`<scaip-offline .app=${this.app}></scaip-offline>
      ${inside ? '' : html`<scaip-anteroom .app=${this.app} .call=${call}></scaip-anteroom>`}
      ${inside || this.ahead === call ? this.#call(call, inside) : ''}`;
  }

  /** @param {import('../app/call.js').CallSession} call @param {boolean} inside or it is not seen yet */
  #call(call, inside) {
    const group = this.app.world.value.groups.get(call.group.value);
    return html`<div class="call ${inside ? '' : 'ahead'}">
        <main>
          <h1 class="hush">${call.info.value?.title || t('call.running')}</h1>
          <scaip-less-kept class="less" .app=${this.app} .group=${group} .call=${call.info.value}></scaip-less-kept>
          <scaip-call-stage class="stage" role="region" aria-label=${t('call.people')} .app=${this.app} .call=${call}></scaip-call-stage>
          <scaip-live-bar .app=${this.app} .call=${call}></scaip-live-bar>
          <scaip-call-bar
            .app=${this.app}
            .call=${call}
            @keys=${() => (this.help = true)}
            @full=${() => this.#full()}
          ></scaip-call-bar>
        </main>
        ${call.panel.value ? this.#panel(call) : ''}
      </div>
      ${this.help ? html`<scaip-keys-help .keys=${CALL_KEYS} @closed=${() => (this.help = false)}></scaip-keys-help>` : ''}
      ${call.room.signs.expelling.value ? this.#expel(call) : ''}`;
  }

  /** Whether to put somebody out. @param {import('../app/call.js').CallSession} call */
  #expel(call) {
    const { signs } = call.room;
    const user = signs.expelling.value;
    const { name } = this.app.person(user);
    const close = () => (signs.expelling.value = '');
    const go = () => {
      close();
      void signs.expel(user);
    };
    return html`<scaip-dialog heading=${t('owner.expel.title', { name })} @closed=${close}>
      <p class="warning">${t('owner.expel.text', { name })}</p>
      <div class="row">
        <button class="button bad" @click=${go}>${t('owner.expel.do')}</button>
        <button class="button" autofocus @click=${close}>${t('do.cancel')}</button>
      </div>
    </scaip-dialog>`;
  }

  /** @param {import('../app/call.js').CallSession} call */
  #panel(call) {
    const panel = call.panel.value;
    const body = {
      '': '',
      chat: html`<scaip-chat .app=${this.app} .id=${call.group.value} .call=${call.id} .until=${call.rewind.wall}></scaip-chat>`,
      people: html`<scaip-call-people .app=${this.app} .call=${call}></scaip-call-people>`,
      stats: html`<scaip-stats .app=${this.app} .call=${call}></scaip-stats>`,
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
    const barred = running && call.room.signs.me?.barred;
    const again = () => {
      this.app.call.value = undefined;
      this.app.enterCall(this.id);
    };
    const back = () => this.app.go(group ? { name: 'group', id: group, tab: 'chat' } : { name: 'home' });
    return html`<main class="over">
      <div role="status"><h1>${call.ending.value}</h1></div>
      ${barred ? html`<p class="again">${t('call.barred')}</p>` : ''}
      <div class="row">
        ${running && !barred && !call.unable ? html`<button class="button" @click=${again}>${t('call.again')}</button>` : ''}
        <button class="button main" @click=${back}>${group ? t('call.back') : t('do.home')}</button>
      </div>
    </main>`;
  }
}

customElements.define('scaip-call', CallView);
