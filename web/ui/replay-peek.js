// What is under the pointer on a timeline: a small picture of that moment, its time, who speaks.

import { stopwatch } from '../lib/format.js';
import { placeOf } from '../lib/ruler.js';
import { t } from '../lib/words.js';
import { css, html } from '../vendor/lit.js';
import { Element, given } from './base.js';
import { look } from './look.js';
import { paint } from './paint.js';

export class ReplayPeek extends Element {
  static properties = {
    of: { attribute: false },
    at: { type: Number },
    seat: { type: Number },
    spoken: { type: Boolean },
  };

  static styles = [
    look,
    css`
      :host {
        position: absolute;
        z-index: 6;
        bottom: 100%;
        width: max-content;
        max-width: 180px;
        margin-bottom: 4px;
        translate: -50%;
        padding: 5px;
        border-radius: 10px;
        background: var(--raised);
        box-shadow: var(--shadow);
        text-align: center;
        pointer-events: none;
      }
      canvas {
        display: block;
        width: 170px;
        max-height: 128px;
        margin-bottom: 4px;
        border-radius: 7px;
        background: var(--tile);
        object-fit: contain;
      }
      p {
        padding: 0 4px;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {import('../app/peek.js').Seen} */
    this.of = given();
    /** the moment, µs */
    this.at = 0;
    /** whose picture; 0: the one that shows most */
    this.seat = 0;
    /** it was gone to by keys: screen readers hear of it */
    this.spoken = false;
    /** @type {ImageBitmap | undefined} */
    this.drawn = undefined;
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.of.peek.away();
  }

  updated() {
    const { of } = this;
    const at = of.place(this.at);
    of.peek.see(at, of.tracks(at, this.seat || undefined));
    this.drawn = paint(this.renderRoot.querySelector('canvas'), of.peek.picture.value, this.drawn);
  }

  render() {
    const { of } = this;
    const range = of.span();
    const picture = of.peek.picture.value;
    const time = stopwatch((this.at - range.zero) / 1000);
    const names = of.speakers(this.at).join(', ');
    const place = Math.min(0.94, Math.max(0.06, placeOf(range, this.at)));
    this.style.left = `clamp(80px, ${place * 100}%, calc(100% - 80px))`;
    return html`${picture ? html`<canvas role="img" aria-label=${t('replay.peek.picture', { time })}></canvas>` : ''}
      <p class="small" role=${this.spoken ? 'status' : 'presentation'}>${time}${names ? html`<br />${names}` : ''}</p>`;
  }
}

customElements.define('scaip-replay-peek', ReplayPeek);
