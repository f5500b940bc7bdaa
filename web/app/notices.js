// Short notes to the user.

import { Refusal } from '../lib/refusal.js';
import { t } from '../lib/words.js';
import { signal } from '../vendor/signals-core.js';

/** @typedef {{id: number, text: string, kind: 'error' | 'note'}} Notice */

export class Notices {
  constructor() {
    this.list = signal(/** @type {Notice[]} */ ([]));
    this.count = 0;
  }

  /** Shows an error in words. @param {unknown} error */
  report(error) {
    this.show(error instanceof Refusal ? error.message : t('error.unreachable'), 'error');
  }

  /** For 4 s, an error for 8; at most three at once. @param {string} text @param {Notice['kind']} kind */
  show(text, kind = 'note') {
    const notice = { id: ++this.count, text, kind };
    this.list.value = [...this.list.value.slice(-2), notice];
    setTimeout(() => this.dismiss(notice.id), kind === 'error' ? 8000 : 4000);
  }

  /** @param {number} id */
  dismiss(id) {
    this.list.value = this.list.value.filter((x) => x.id !== id);
  }
}
