// What belongs to being in a call besides its media.

import { Awake } from './awake.js';
import { Lines } from './lines.js';
import { Signs } from './signs.js';
import { View } from './view.js';

export class Room {
  /** @param {import('./call.js').CallSession} call */
  constructor(call) {
    this.view = new View(call);
    this.signs = new Signs(call);
    this.lines = new Lines(call);
    this.awake = new Awake(call);
  }

  /** One is in. */
  enter() {
    this.signs.entered();
    this.lines.start();
    this.awake.start();
  }

  close() {
    this.signs.close();
    this.lines.close();
    this.awake.close();
  }
}
