// One's own camera, mirrored as one is used to.

import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { look } from './look.js';

export class SelfVideo extends Element {
  static properties = { track: { attribute: false } };

  static styles = [
    look,
    css`
      video {
        display: block;
        width: 100%;
        height: 100%;
        object-fit: cover;
        scale: -1 1;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {MediaStreamTrack} */
    this.track = given();
  }

  render() {
    return html`<video autoplay playsinline .muted=${true} aria-hidden="true"></video>`;
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    if (!changed.has('track')) return;
    const video = /** @type {HTMLVideoElement} */ (this.need('video'));
    video.srcObject = new MediaStream([this.track]);
    void video.play().catch(() => undefined);
  }
}

customElements.define('scaip-self-video', SelfVideo);
