// What a call does to the page around it: the screen stays on, and the tab's title and icon say that one is in a call, and whether one is muted.

import { t } from '../lib/words.js';
import { effect } from '../vendor/signals-core.js';

const PLAIN = 'Scaip';

export class Awake {
  /** @param {import('./call.js').CallSession} call */
  constructor(call) {
    this.call = call;
    this.life = new AbortController();
    /** @type {WakeLockSentinel | undefined} */
    this.lock = undefined;
    /** @type {() => void} */
    this.unwatch = () => undefined;
  }

  /** From when one is in. */
  start() {
    const { signal } = this.life;
    const again = () => document.visibilityState === 'visible' && void this.#hold();
    document.addEventListener('visibilitychange', again, { signal }); // a hidden page loses its lock
    again();
    this.unwatch = effect(() => this.#show());
  }

  async #hold() {
    try {
      const lock = await navigator.wakeLock?.request('screen');
      if (this.life.signal.aborted) await lock?.release();
      else this.lock = lock;
    } catch {
      // a low battery, or the browser does not want to
    }
  }

  #show() {
    const { call } = this;
    const muted = call.devices.muted.value || !call.devices.microphone.value;
    const group = call.app.world.value.groups.get(call.group.value);
    const name = call.info.value?.title || group?.name || t('call.running');
    const unread = call.unread.value ? `(${call.unread.value}) ` : '';
    document.title = `${unread}${muted ? '🔇' : '🔴'} ${name} – ${PLAIN}`;
    icon(muted ? 'icon-muted.svg' : 'icon-call.svg');
  }

  close() {
    this.life.abort();
    this.unwatch();
    void this.lock?.release().catch(() => undefined);
    document.title = PLAIN;
    icon('icon.svg');
  }
}

/** @param {string} file */
function icon(file) {
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel=icon]'));
  if (link && !link.href.endsWith(`/${file}`)) link.href = `./${file}`;
}
