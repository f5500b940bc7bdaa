// A small picture of a call that is over. It is asked for when it is to be seen.

import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { icon } from './icons.js';
import { look } from './look.js';
import { paint } from './paint.js';

export class CallThumb extends Element {
  static properties = { app: { attribute: false }, call: { attribute: false }, thumb: { state: true } };

  static styles = [
    look,
    css`
      :host {
        display: grid;
        place-items: center;
        width: 96px;
        height: 54px;
        overflow: hidden;
        border-radius: 8px;
        background: var(--surface);
        color: var(--soft);
      }
      canvas {
        width: 100%;
        height: 100%;
        object-fit: cover;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/app.js').App} */
    this.app = given();
    /** @type {import('../lib/world.js').Call} */
    this.call = given();
    /** its picture, once it is to be seen or nearly @type {import('../app/thumbs.js').Thumb | undefined} */
    this.thumb = undefined;
    /** @type {ImageBitmap | undefined} */
    this.drawn = undefined;
  }

  connectedCallback() {
    super.connectedCallback();
    const watcher = new IntersectionObserver(
      (all) => {
        if (all.some((e) => e.isIntersecting)) this.thumb ??= this.app.thumbs.of(this.call);
      },
      { rootMargin: '100px' },
    );
    watcher.observe(this);
    this.alive.addEventListener('abort', () => watcher.disconnect(), { once: true });
  }

  render() {
    return this.thumb?.value ? html`<canvas aria-hidden="true"></canvas>` : icon('camera', 20);
  }

  updated() {
    this.drawn = paint(this.renderRoot.querySelector('canvas'), this.thumb?.peek(), this.drawn);
  }
}

customElements.define('scaip-call-thumb', CallThumb);
