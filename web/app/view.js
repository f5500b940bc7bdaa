// How one looks at a call: tiles alike or the speaker large, what is pinned, which page.

import { computed, signal } from '../vendor/signals-core.js';
import { recall, remember } from './settings.js';

/** @typedef {import('../lib/arrange.js').Item} Item */

export class View {
  /** @param {import('./call.js').CallSession} call */
  constructor(call) {
    this.call = call;
    this.mode = signal(/** @type {'grid' | 'speaker'} */ (recall('layout') === 'speaker' ? 'speaker' : 'grid'));
    /** key of what is large because one wants it */
    this.pinned = signal('');
    /** screens that are not to be large @type {import('../vendor/signals-core.js').Signal<ReadonlySet<string>>} */
    this.lowered = signal(/** @type {ReadonlySet<string>} */ (new Set()));
    this.page = signal(0);
    /** keys of screens, the newest last @type {string[]} */
    this.order = [];
    this.items = computed(() => this.#items());
  }

  /** All that can be seen at the moment shown: screens first, oneself last. @returns {Item[]} */
  #items() {
    const { call } = this;
    const { me } = call.app.world.value;
    const people = call.rewind.people;
    const past = call.rewind.past.value;
    void past?.count.value; // whoever is in the past becomes known as he comes
    // Of the past one's own screen is shown too: it was there to be seen.
    const shared = (/** @type {{user: string, seat: number}} */ { user, seat }) =>
      past ? past.people.get(seat)?.hasScreen.value : user !== me && call.receiver?.person(seat).screen.shared.value;
    const item = (
      /** @type {{user: string, seat: number}} */ { user, seat },
      /** @type {'camera' | 'screen'} */ source,
    ) => ({
      ...{
        // Oneself is the same tile before one has a seat.
        key: source === 'screen' ? `s${seat}` : `c${user === me ? 0 : seat}`,
        user,
        seat,
        source,
        self: user === me && source === 'camera',
      },
    });
    const screens = people.filter(shared).map((p) => item(p, 'screen'));
    const others = people.filter((p) => p.user !== me).map((p) => item(p, 'camera'));
    const own = people.find((p) => p.user === me) ?? { user: me, seat: 0 };
    this.order = [
      ...this.order.filter((key) => screens.some((s) => s.key === key)),
      ...screens.map((s) => s.key).filter((key) => !this.order.includes(key)),
    ];
    return [...screens, ...others, item(own, 'camera')];
  }

  /** Tiles alike, or the one who speaks large. */
  toggle() {
    this.mode.value = this.mode.value === 'grid' ? 'speaker' : 'grid';
    this.pinned.value = '';
    this.page.value = 0;
    remember('layout', this.mode.value);
  }

  /** @param {string} key */
  pin(key) {
    this.pinned.value = key;
    const lowered = new Set(this.lowered.value);
    lowered.delete(key);
    this.lowered.value = lowered;
  }

  /** What is large, by a pin or by itself, is no longer. @param {string} key */
  unpin(key) {
    this.pinned.value = '';
    if (key.startsWith('s')) this.lowered.value = new Set([...this.lowered.value, key]);
    else if (this.mode.value === 'speaker') this.toggle();
  }
}
