// Downloads a call's recording: asks for the file, shows how far it is, then lets the browser fetch it.

import { post } from '../app/api.js';
import { size } from '../lib/format.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';

export class ReplayButton extends Element {
  static properties = {
    app: { attribute: false },
    id: {},
    span: { attribute: false },
    done: { state: true },
    bytes: { state: true },
  };

  static styles = [
    look,
    buttons,
    css`
      :host {
        display: inline-flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 10px;
      }
      .button {
        flex: 1;
      }
      progress {
        width: 90px;
        height: 6px;
        accent-color: var(--accent);
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {string} */
    this.id = given();
    /** only this is wanted @type {import('../lib/part.js').Part | undefined} */
    this.span = undefined;
    /** @type {number | undefined} 0 to 1 while it is being made */
    this.done = undefined;
    this.bytes = 0;
  }

  render() {
    if (this.done !== undefined) {
      return html`<label class="row small soft">
        ${t('replay.working')}<progress max="1" .value=${this.done}></progress>
      </label>`;
    }
    return html`${this.bytes ? html`<span class="small soft" role="status">${size(this.bytes)}</span>` : ''}
      <button class="button low" @click=${this.#download}>${icon('download', 16)}${t('replay.download')}</button>`;
  }

  #download = async () => {
    this.done = 0;
    try {
      let state = await this.#ask();
      while (state.state === 'working' && !this.alive.aborted) {
        this.done = state.done;
        await new Promise((resolve) => setTimeout(resolve, 400));
        state = await this.#ask();
      }
      if (state.state !== 'ready' || this.alive.aborted) return;
      this.bytes = state.bytes;
      const link = document.createElement('a');
      link.href = state.url;
      link.download = '';
      link.click();
    } catch (error) {
      this.app.notices.report(error);
    } finally {
      this.done = undefined;
    }
  };

  /** @returns {Promise<import('../app/api.js').ReplayState>} */
  #ask() {
    const { span } = this;
    return post(`/api/calls/${this.id}/replay`, span ? { from: span.from / 1e6, to: span.to / 1e6 } : {});
  }
}

customElements.define('scaip-replay-button', ReplayButton);
