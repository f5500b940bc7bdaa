// The timelines of the groups, and what of them has not been read.

import { newID } from '../lib/ids.js';
import { Refusal } from '../lib/refusal.js';
import * as timeline from '../lib/timeline.js';
import { t } from '../lib/words.js';
import { signal } from '../vendor/signals-core.js';
import { get } from './api.js';
import { recall, remember } from './settings.js';

/** @typedef {import('./app.js').App} App */
/** @typedef {import('../lib/timeline.js').Timeline} Timeline */

export class Chat {
  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.timelines = signal(/** @type {ReadonlyMap<string, Timeline>} */ (new Map()));
    /** unread messages by group, as far as this page has seen them come */
    this.unread = signal(/** @type {ReadonlyMap<string, number>} */ (new Map()));
    /** @type {Map<string, import('../lib/socket.js').Event[]>} groups whose page is under way, with what came meanwhile */
    this.loading = new Map();
  }

  clear() {
    this.timelines.value = new Map();
  }

  /** @param {string} group */
  of(group) {
    return this.timelines.value.get(group) ?? timeline.empty();
  }

  /** @param {string} group @param {(t: Timeline) => Timeline} step */
  #change(group, step) {
    this.timelines.value = new Map(this.timelines.value).set(group, step(this.of(group)));
  }

  /** @param {import('../lib/socket.js').Event} event */
  event(event) {
    const { group, author } = event.body;
    if (!event.type.startsWith('messaging.') || !group) return;
    // What comes before the page that was asked for may not be in that page, and is gone through again on top of it.
    this.loading.get(group)?.push(event);
    if (this.timelines.value.has(group) || this.loading.has(group))
      this.#change(group, (x) => timeline.withEvent(x, event));
    else if (this.#watched(group)) void this.open(group); // its page could not be had before
    if (event.type !== 'messaging.posted') return;
    if (author === this.app.world.value.me || this.#watched(group)) this.read(group);
    else this.unread.value = new Map(this.unread.value).set(group, (this.unread.value.get(group) ?? 0) + 1);
  }

  /** Whether the group's chat is before the user's eyes. @param {string} group */
  #watched(group) {
    if (document.visibilityState !== 'visible') return false;
    const route = this.app.route.value;
    if (route.name === 'group') return route.id === group && route.tab === 'chat';
    const call = this.app.call.value;
    return route.name === 'call' && call?.panel.value === 'chat' && call.group.value === group;
  }

  /** All of the group is read. @param {string} group */
  read(group) {
    const last = this.app.world.value.groups.get(group)?.last;
    if (last) remember(`read.${group}`, last);
    if (!this.unread.value.has(group)) return;
    const next = new Map(this.unread.value);
    next.delete(group);
    this.unread.value = next;
  }

  /**
   * Whether something happened since the group was last looked at, in this browser.
   * @param {import('../lib/world.js').Group} group
   */
  isUnread(group) {
    if (this.unread.value.has(group.id)) return true;
    const read = recall(`read.${group.id}`);
    return read !== '' && group.last > read;
  }

  /** The newest page, unless it is there. @param {string} group */
  async open(group) {
    if (!this.of(group).loaded) await this.#page(group, '', true);
  }

  /** The page above the oldest message that is there. @param {string} group */
  async older(group) {
    const { messages, more, loaded } = this.of(group);
    const first = messages.find((m) => m.number > 0);
    if (loaded && more && first) await this.#page(group, `&before=${first.number}`, false);
  }

  /** @param {string} group @param {string} before @param {boolean} newest */
  async #page(group, before, newest) {
    if (this.loading.has(group)) return;
    /** @type {import('../lib/socket.js').Event[]} */
    const meanwhile = [];
    this.loading.set(group, meanwhile);
    try {
      const page = await get(`/api/groups/${group}/messages?limit=50${before}`);
      this.#change(group, (x) => meanwhile.reduce(timeline.withEvent, timeline.withPage(x, page, newest)));
    } catch (error) {
      this.app.notices.report(error);
    } finally {
      this.loading.delete(group);
    }
  }

  /**
   * Writes; what can't be written stays in the timeline with the reason.
   * @param {string} group
   * @param {string} text
   * @param {string} call the call one is in, or empty
   */
  async post(group, text, call) {
    const id = newID();
    const { me } = this.app.world.value;
    const at = new Date().toISOString();
    const base = { id, group, number: 0, author: me, text, call, at, edited: null, deleted: false, reactions: [] };
    this.#change(group, (x) => timeline.withSending(x, base));
    try {
      await this.app.socket?.send('messaging.post', { group, text, ...(call ? { call } : {}) });
      this.#change(group, (x) => timeline.sent(x, id));
    } catch (error) {
      const reason = error instanceof Refusal ? error.message : t('error.unreachable');
      this.#change(group, (x) => timeline.sent(x, id, reason));
    }
  }

  /** One's own that failed, once more. @param {import('../lib/timeline.js').Message} message */
  async retry(message) {
    this.#change(message.group, (x) => timeline.sent(x, message.id));
    await this.post(message.group, message.text, message.call);
  }

  /** One's own that failed, away. @param {import('../lib/timeline.js').Message} message */
  discard(message) {
    this.#change(message.group, (x) => timeline.sent(x, message.id));
  }
}
