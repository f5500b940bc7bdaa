// What people in a call show each other, and what an owner of the group may do: hands, reactions, muting, putting out.

import { Crowd, hands } from '../lib/hands.js';
import { t } from '../lib/words.js';
import { computed, signal } from '../vendor/signals-core.js';

/** @typedef {{id: number, user: string, emoji: string}} Reaction */

/** Those of event.CallEmoji in the daemon. */
export const EMOJI = ['👍', '👎', '👏', '❤️', '😂', '😮', '🎉', '🤔'];

const SHOWN = 4500; // ms of a reaction
const MOST = 24; // reactions at once
const TOGETHER = 900; // ms in which who comes and goes is said in one go

export class Signs {
  /** @param {import('./call.js').CallSession} call */
  constructor(call) {
    this.call = call;
    this.hands = computed(() => hands(call.people.value));
    this.reactions = signal(/** @type {Reaction[]} */ ([]));
    this.count = 0;
    /** whom one is about to put out */
    this.expelling = signal('');
    this.crowd = new Crowd();
    /** @type {Set<string>} who is in, as far as has been said */
    this.known = new Set();
    /** @type {Set<ReturnType<typeof setTimeout>>} */
    this.timers = new Set();
  }

  get #app() {
    return this.call.app;
  }

  /** One's own seat. */
  get me() {
    return this.call.info.value?.participants.find((p) => p.user === this.#app.world.value.me);
  }

  get handUp() {
    return Boolean(this.me?.hand);
  }

  /** Whether one may do things to others. */
  get owner() {
    return this.#app.world.value.groups.get(this.call.group.value)?.role === 'owner';
  }

  /** Whether one may end it for everybody. */
  get mayEnd() {
    return this.owner || this.call.info.value?.maker === this.#app.world.value.me;
  }

  /** Gives a command about this call; a refusal is shown. @param {string} name @param {object} [more] */
  async #say(name, more = {}) {
    await this.#app.command(`calls.${name}`, { call: this.call.id, ...more }).catch(() => undefined);
  }

  /** Ends the call for everybody. */
  end = () => this.#say('end');
  toggleHand = () => this.#say(this.handUp ? 'lower_hand' : 'raise_hand');
  /** @param {string} user */
  lower = (user) => this.#say('lower_hand', { user });
  /** @param {string} emoji */
  react = (emoji) => this.#say('react', { emoji });
  /** @param {string} user empty: everybody else */
  mute = (user) => this.#say('mute', user ? { user } : {});
  /** @param {string} user */
  expel = (user) => this.#say('expel', { user });
  /** @param {string} user */
  admit = (user) => this.#say('admit', { user });

  /** Mutes or unmutes oneself. Whom an owner has muted ends that first: until then the server takes nothing. */
  async toggleMicrophone() {
    if (this.call.devices.muted.value && this.me?.muted) await this.#say('unmute');
    await this.call.devices.toggleMicrophone();
  }

  /** Push to talk. @param {boolean} on */
  async hold(on) {
    if (on && this.me?.muted) await this.#say('unmute');
    this.call.devices.hold(on);
  }

  /** @param {import('../lib/socket.js').Event} event of this call, already part of the world */
  event({ type, body }) {
    if (this.call.stage.value !== 'in') return;
    const { me } = this.#app.world.value;
    const name = (/** @type {string} */ user) => this.#app.person(user).name;
    if (type === 'calls.joined' || type === 'calls.left') this.#moved(type === 'calls.joined', body.user);
    if (type === 'calls.reacted') this.#float(body);
    if (type === 'calls.hand_raised' && body.user !== me)
      this.#app.notices.show(t('hand.is.up', { name: name(body.user) }));
    if (type === 'calls.hand_lowered' && body.user === me && body.by && body.by !== me)
      this.#app.notices.show(t('hand.was.lowered', { name: name(body.by) }));
    if (type !== 'calls.muted' || body.user !== me) return;
    this.call.devices.mute();
    this.#app.notices.show(t('muted.by', { name: this.#who(body.by) }));
  }

  /** Who did it: an owner has a name, the daemon's administrator has none. @param {string} by */
  #who(by) {
    return this.#app.world.value.users.get(by)?.name ?? t('muted.admin');
  }

  /** @param {boolean} came @param {string} user */
  #moved(came, user) {
    if (user === this.#app.world.value.me || came === this.known.has(user)) return;
    if (came) this.known.add(user);
    else this.known.delete(user);
    if (this.crowd.add(came ? 'in' : 'out', this.#app.person(user).name))
      this.#later(TOGETHER, () => this.#tellCrowd());
  }

  #tellCrowd() {
    for (const { way, name, others } of this.crowd.take()) {
      const text = others ? t(`crowd.${way}.more`, { name, n: others }) : t(`crowd.${way}`, { name });
      this.#app.notices.show(text);
    }
  }

  /** @param {{user: string, emoji: string}} body */
  #float({ user, emoji }) {
    const id = ++this.count;
    this.reactions.value = [...this.reactions.value.slice(1 - MOST), { id, user, emoji }];
    this.#later(SHOWN, () => (this.reactions.value = this.reactions.value.filter((r) => r.id !== id)));
  }

  /** @param {number} ms @param {() => void} act */
  #later(ms, act) {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, ms);
    this.timers.add(timer);
  }

  /** One is in: who is there already has not just come. */
  entered() {
    this.known = new Set(this.call.people.value.map((p) => p.user));
  }

  close() {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.reactions.value = [];
  }
}
