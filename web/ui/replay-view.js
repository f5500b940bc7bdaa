// The page of a replay: pictures above, controls, the timeline below, chat and events at the side.

import { get } from '../app/api.js';
import { Replay } from '../app/replay.js';
import { longWhen } from '../lib/format.js';
import { REPLAY_KEYS } from '../lib/keys.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { buttons, look } from './look.js';
import './clip-dialog.js';
import './keys-help.js';
import './replay-bar.js';
import './replay-button.js';
import './replay-lanes.js';
import './replay-part.js';
import './replay-side.js';
import './replay-stage.js';

const WIDE = 900; // px from which chat is shown at first

export class ReplayView extends Element {
  static properties = {
    app: { attribute: false },
    id: {},
    at: { type: Number },
    to: { type: Number },
    file: { type: Boolean },
    clip: { type: Boolean },
    clipping: { state: true },
    chat: { state: true },
    help: { state: true },
    replay: { state: true },
    group: { state: true },
  };

  static styles = [
    look,
    buttons,
    css`
      :host {
        display: grid;
        grid-template: auto minmax(0, 1fr) auto auto auto / minmax(0, 1fr) auto;
        height: 100%;
        background: var(--stage);
      }
      header {
        grid-column: 1 / -1;
        display: flex;
        align-items: center;
        gap: 10px;
        padding: 10px 16px 4px 8px;
      }
      h1 {
        font-size: 17px;
      }
      .take {
        display: flex;
        align-items: center;
        gap: 10px;
      }
      scaip-replay-stage {
        margin: 6px 12px;
      }
      scaip-replay-side {
        grid-column: 2;
        grid-row: 2 / 6;
        width: 340px;
        margin: 6px 12px 12px 0;
      }
      scaip-replay-bar,
      scaip-replay-part,
      scaip-replay-lanes {
        grid-column: 1;
      }
      .all {
        display: contents;
      }
      .over {
        grid-row: 2;
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 20px;
        padding: 24px;
        text-align: center;
      }
      .over h2 {
        font-size: 22px;
      }
      @media (max-width: 760px) {
        /* What one may take along stands below the title where both have no room. */
        header {
          flex-wrap: wrap;
          justify-content: flex-end;
          padding-inline: 4px 8px;
        }
        .grow {
          flex: 1 1 150px;
        }
        scaip-replay-stage {
          margin: 4px 8px;
        }
        scaip-replay-side {
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
    /** @type {number | undefined} s */
    this.at = undefined;
    /** s where it stops @type {number | undefined} */
    this.to = undefined;
    /** it plays a file: there is no group to go back to, and nothing to download */
    this.file = false;
    /** the ID is the token of a clip */
    this.clip = false;
    /** a clip is being made */
    this.clipping = false;
    this.chat = innerWidth >= WIDE;
    /** the list of keys is open */
    this.help = false;
    this.group = '';
    /** @type {Replay | undefined} */
    this.replay = undefined;
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener('keydown', this.#key, { signal: this.alive });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#close();
  }

  #close() {
    this.replay?.close();
    this.replay = undefined;
    this.app.replay.value = undefined;
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (changed.has('id') || !this.replay) queueMicrotask(() => this.#enter());
    else if (changed.has('at') && this.at !== undefined) this.replay.seek(this.at * 1e6);
  }

  #enter() {
    if (!this.isConnected || this.replay?.id === this.id) return;
    this.#close();
    this.replay = new Replay(this.app, this.id, this.clip);
    this.app.replay.value = this.replay;
    void this.replay.open(this.at, this.to);
    if (!this.file) void this.#names();
  }

  /** Names and colours are those of the group's members now. */
  async #names() {
    try {
      const { call } = await get(`/api/calls/${this.id}`);
      this.group = call.group;
      await this.app.openGroup(call.group);
    } catch {
      // the recording has names too
    }
  }

  render() {
    const { replay } = this;
    if (!replay) return '';
    const story = replay.story.value;
    const failed = replay.failed.value || (replay.past.reason.value && t('replay.gone'));
    const title = story?.title || t('calls.past');
    return html`<header>
        ${
          this.file
            ? html`<span></span>`
            : html`<button class="icon" aria-label=${t('do.back')} title=${t('do.back')} @click=${this.#back}>${icon('back')}</button>`
        }
        <div class="grow">
          <h1 class="cut">${title}</h1>
          <p class="small soft cut">${story ? longWhen(story.start) : ''}</p>
        </div>
        ${this.file || !story ? '' : this.#take(replay)}
      </header>
      ${failed ? this.#over(failed) : this.#player(replay)}
      ${this.clipping ? html`<scaip-clip-dialog .app=${this.app} .replay=${replay} @closed=${this.#clipping}></scaip-clip-dialog>` : ''}
      ${this.help ? html`<scaip-keys-help .keys=${REPLAY_KEYS} @closed=${() => (this.help = false)}></scaip-keys-help>` : ''}`;
  }

  /** What one may take along. @param {Replay} replay */
  #take(replay) {
    const over = !replay.past.live.value;
    return html`<div class="take">
      ${over ? html`<button class="button low" @click=${this.#clipping}>${t('clip.do')}</button>` : ''}
      <scaip-replay-button .app=${this.app} .id=${this.id}></scaip-replay-button>
    </div>`;
  }

  #clipping = () => {
    this.clipping = !this.clipping;
  };

  /** @param {Replay} replay */
  #player(replay) {
    if (!replay.story.value) return html`<main class="over"><p role="status">${t('start.wait')}</p></main>`;
    return html`<main class="all"><scaip-replay-stage role="group" aria-label=${t('call.people')} .replay=${replay}></scaip-replay-stage>
      <scaip-replay-bar
        role="toolbar"
        aria-label=${t('call.bar')}
        .replay=${replay}
        .chat=${this.chat}
        @copy=${this.#copy}
        @full=${this.#full}
        @keys=${() => (this.help = true)}
        @chat=${this.#toggle}
      ></scaip-replay-bar>
      ${replay.part.value ? html`<scaip-replay-part role="group" aria-label=${t('replay.part')} .replay=${replay} .file=${this.file} @copy=${this.#copy} @clip=${this.#clipping}></scaip-replay-part>` : ''}
      <scaip-replay-lanes role="region" aria-label=${t('replay.place')} .replay=${replay}></scaip-replay-lanes></main>
      ${
        this.chat
          ? html`<scaip-replay-side role="complementary" aria-label=${t('replay.panel')} .replay=${replay} @chat=${this.#toggle}></scaip-replay-side>`
          : ''
      }`;
  }

  /** @param {string} why */
  #over(why) {
    return html`<main class="over">
      <div role="status"><h2>${why}</h2></div>
      ${this.file ? '' : html`<button class="button main" @click=${this.#back}>${t(this.group ? 'call.back' : 'do.home')}</button>`}
    </main>`;
  }

  #back = () => this.app.go(this.group ? { name: 'group', id: this.group, tab: 'calls' } : { name: 'home' });

  #toggle = () => {
    this.chat = !this.chat;
  };

  #copy = async () => {
    await navigator.clipboard.writeText(this.replay?.link() ?? '').catch(() => undefined);
    this.app.notices.show(t('link.copied'));
  };

  #full = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void this.requestFullscreen().catch(() => undefined);
  };

  /** @param {KeyboardEvent} event */
  #key = (event) => {
    const { replay } = this;
    if (!replay?.story.value || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const path = event.composedPath().filter((e) => e instanceof HTMLElement);
    if (path.some((e) => e.matches('input:not([type=range]), textarea, select, dialog, [role=menuitem]'))) return;
    if (event.key === ' ' && path.some((e) => e.matches('button, a'))) return;
    if (/^(Arrow|Home|End)/.test(event.key) && path.some((e) => e.matches('input'))) return; // it moves a volume
    const act = replay.key(event.key);
    if (!act) return;
    event.preventDefault();
    if (act.do === 'full') this.#full();
    if (act.do === 'chat') this.#toggle();
    if (act.do === 'help') this.help = true;
  };
}

customElements.define('scaip-replay', ReplayView);
