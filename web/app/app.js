// The program: who one is, where one is, what one knows, and the socket that keeps it current.

import { Refusal } from '../lib/refusal.js';
import { format, parse } from '../lib/route.js';
import { EventSocket } from '../lib/socket.js';
import { t } from '../lib/words.js';
import * as world from '../lib/world.js';
import { batch, computed, effect, signal } from '../vendor/signals-core.js';
import { get, post, socketURL } from './api.js';
import { CallSession } from './call.js';
import { Chat } from './chat.js';
import { Notices } from './notices.js';
import { Thumbs } from './thumbs.js';

/** @typedef {import('../lib/socket.js').Event} Event */
/** @typedef {import('../lib/route.js').Route} Route */
/** @typedef {import('./api.js').Session} Session */

export class App {
  constructor() {
    /** undefined: not known yet; null: nobody */
    this.session = signal(/** @type {Session | null | undefined} */ (undefined));
    this.registration = signal(/** @type {'open' | 'closed'} */ ('closed'));
    /** whether the daemon waits for its first administrator */
    this.setup = signal(false);
    this.route = signal(/** @type {Route} */ (parse(location.hash)));
    this.world = signal(world.nowhere());
    this.loaded = signal(false);
    this.connection = signal(/** @type {import('../lib/socket.js').State} */ ('idle'));
    /** why calls are not kept now: "disk", "quota" or empty */
    this.full = signal('');
    this.online = signal(/** @type {ReadonlySet<string>} */ (new Set()));
    this.notices = new Notices();
    this.call = signal(/** @type {CallSession | undefined} */ (undefined));
    /** the one that is looked at */
    this.replay = signal(/** @type {import('./replay.js').Replay | undefined} */ (undefined));
    this.notice = signal('');
    this.chat = new Chat(this);
    this.thumbs = new Thumbs();
    effect(() => this.thumbs.keep(this.world.value.calls));
    this.me = computed(() => this.world.value.users.get(this.world.value.me));
    this.groups = computed(() =>
      [...this.world.value.groups.values()].sort(
        (a, b) => b.last.localeCompare(a.last) || a.name.localeCompare(b.name),
      ),
    );
    /** @type {EventSocket | undefined} */
    this.socket = undefined;
    /** @type {Set<string>} groups being fetched */
    this.fetching = new Set();
  }

  /** @param {AbortSignal} alive ends the listeners */
  async start(alive) {
    addEventListener('hashchange', () => this.#moved(), { signal: alive });
    addEventListener('online', () => this.#nudge(), { signal: alive });
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.#nudge(), {
      signal: alive,
    });
    addEventListener('pagehide', () => this.call.value?.abandon(), { signal: alive });
    await this.#whoAmI();
  }

  async #whoAmI() {
    for (let wait = 500; ; wait = Math.min(8000, wait * 2)) {
      try {
        /** @type {import('./api.js').SessionAnswer} */
        const answer = await get('/api/auth/session');
        this.registration.value = answer.registration;
        this.setup.value = answer.setup;
        if (answer.session) await this.#enter(answer.session);
        else this.session.value = null;
        this.connection.value = this.session.value ? this.connection.value : 'idle';
        return;
      } catch {
        this.connection.value = 'waiting';
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  /**
   * Signs in, registers or sets up; rejects with what to show.
   * @param {'login' | 'register' | 'setup'} how
   * @param {object} body
   */
  async signIn(how, body) {
    const session = await post(`/api/auth/${how}`, body);
    this.notice.value = '';
    this.setup.value = false;
    if (how === 'setup') this.go({ name: 'home' }, true);
    await this.#enter(session);
  }

  /** @param {Session} session */
  async #enter(session) {
    const me = await get('/api/me');
    batch(() => {
      this.world.value = world.withMe(world.nowhere(), me);
      this.loaded.value = true;
      this.session.value = session;
    });
    this.socket = new EventSocket({
      connect: (cursor) => new WebSocket(socketURL(`/ws${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`)),
      alive: async () => (await get('/api/auth/session')).session !== null,
      event: (e) => this.#event(e),
      presence: (user, online) => this.#presence(user, online),
      full: (reason) => (this.full.value = reason),
      hello: (hello) => {
        this.online.value = new Set(hello.presence);
        this.full.value = hello.full;
      },
      reset: () => void this.#refetch(),
      state: (state, reason) => this.#connected(state, reason),
    });
    this.socket.start(me.cursor);
  }

  async signOut() {
    this.call.value?.leave();
    await post('/api/auth/logout', {}).catch(() => undefined);
    this.#forget('');
  }

  /** Back to the door. @param {string} notice why, if it was not one's own wish */
  #forget(notice) {
    const { socket } = this;
    this.socket = undefined;
    this.call.value?.close();
    batch(() => {
      this.call.value = undefined;
      this.session.value = null;
      this.world.value = world.nowhere();
      this.loaded.value = false;
      this.online.value = new Set();
      this.connection.value = 'idle';
      this.notice.value = notice;
    });
    this.chat.clear();
    socket?.stop();
  }

  /**
   * @param {import('../lib/socket.js').State} state
   * @param {string} reason
   */
  #connected(state, reason) {
    if (!this.socket) return;
    this.connection.value = state;
    if (state === 'ended' && this.session.value) {
      const known = ['disabled', 'password', 'expired', 'logout'].includes(reason) ? reason : 'expired';
      this.#forget(t(`ended.${known}`));
    }
  }

  /** Events were missed. */
  async #refetch() {
    try {
      const me = await get('/api/me');
      this.world.value = { ...world.withMe(this.world.value, me), members: new Map() };
      this.chat.clear();
      const route = this.route.value;
      if (route.name === 'group') await this.openGroup(route.id);
      await this.call.value?.refetch();
    } catch (error) {
      this.notices.report(error);
    }
  }

  /** @param {Event} event */
  #event(event) {
    const before = this.world.value;
    batch(() => {
      this.world.value = world.reduce(before, event);
      this.chat.event(event);
    });
    this.#complete(event);
    this.call.value?.event(event);
  }

  /** What an event names but does not describe is fetched. @param {Event} event */
  #complete(event) {
    const { group, user } = event.body;
    if (event.type !== 'groups.member_added') return;
    const w = this.world.value;
    if (user === w.me ? !w.groups.get(group)?.name : w.members.has(group) && !w.users.has(user)) {
      void this.#fetchGroup(group);
    }
  }

  /** @param {string} id */
  async #fetchGroup(id) {
    if (this.fetching.has(id)) return;
    this.fetching.add(id);
    try {
      // The view follows the event by some milliseconds: not found may mean not yet.
      for (let tries = 0; ; tries++) {
        try {
          this.world.value = world.withGroup(this.world.value, await get(`/api/groups/${id}`));
          return;
        } catch (error) {
          if (tries === 4 || !(error instanceof Refusal && error.code === 'not_found')) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** tries));
        }
      }
    } finally {
      this.fetching.delete(id);
    }
  }

  /** Members, the running call and past calls of a group. @param {string} id */
  async openGroup(id) {
    await this.#fetchGroup(id);
    const { calls } = await get(`/api/groups/${id}/calls?limit=100`);
    this.world.value = world.withCalls(this.world.value, calls);
  }

  /** @param {string} user @param {boolean} online */
  #presence(user, online) {
    const next = new Set(this.online.value);
    if (online) next.add(user);
    else next.delete(user);
    this.online.value = next;
  }

  #nudge() {
    this.socket?.nudge();
    this.call.value?.nudge();
  }

  /**
   * Sends a command; what is refused is shown and thrown.
   * @param {string} type
   * @param {object} body
   * @returns {Promise<Event>}
   */
  async command(type, body) {
    try {
      if (!this.socket) throw new Error('not signed in');
      return await this.socket.send(type, body);
    } catch (error) {
      this.notices.report(error);
      throw error;
    }
  }

  /**
   * @param {Route} route
   * @param {boolean} [replace] leave no step in the history
   */
  go(route, replace = false) {
    const hash = format(route);
    if (replace) history.replaceState(null, '', hash);
    else if (location.hash !== hash) history.pushState(null, '', hash);
    this.#moved();
  }

  #moved() {
    this.route.value = parse(location.hash);
  }

  /** Makes the call of the route ready to be joined. @param {string} id */
  enterCall(id) {
    if (this.call.value?.id === id) return;
    this.call.value?.leave();
    this.call.value = new CallSession(this, id);
    void this.call.value.prepare();
  }

  /** Starts a call, or goes to the one that runs. @param {string} group */
  async startCall(group) {
    const running = this.world.value.groups.get(group)?.call;
    if (running) return this.go({ name: 'call', id: running });
    const event = await this.command('calls.start', { group, title: '' });
    const id = event.body.call ?? this.world.value.groups.get(group)?.call;
    if (id) this.go({ name: 'call', id });
  }

  /** @param {string} id @returns {import('../lib/world.js').User} somebody unknown has a name too */
  person(id) {
    return (
      this.world.value.users.get(id) ?? {
        id,
        login: '',
        name: t('person.unknown'),
        color: '#8a8578',
        role: 'user',
        disabled: false,
      }
    );
  }
}
