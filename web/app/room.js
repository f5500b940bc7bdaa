// What belongs to being in a call besides its media.

import { Awake } from './awake.js';
import { Lines } from './lines.js';
import { Signs } from './signs.js';
import { View } from './view.js';

const SETTLED = 500; // ms after which the first picture has come, or is not waited for with what can wait

export class Room {
  /** @param {import('./call.js').CallSession} call */
  constructor(call) {
    this.call = call;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.view = new View(call);
    this.signs = new Signs(call);
    this.lines = new Lines(call);
    this.awake = new Awake(call);
  }

  /** One is in. */
  enter() {
    this.signs.entered();
    this.timer = setTimeout(() => this.#settle(), SETTLED);
  }

  /** What was fetched when the page opened may have been older than the events since. */
  #settle() {
    this.lines.start();
    this.awake.start();
    void this.call.refetch().catch(() => undefined);
  }

  close() {
    clearTimeout(this.timer);
    this.signs.close();
    this.lines.close();
    this.awake.close();
  }
}
