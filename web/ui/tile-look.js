// How a tile of a call looks.

import { css } from '../vendor/lit.js';

export const tileLook = css`
  :host {
    position: relative;
    border-radius: var(--radius-big);
    background: var(--tile);
    color: var(--on-tile);
    overflow: hidden;
    contain: strict;
    container-type: size;
  }
  :host([role-self]) {
    border-radius: 12px;
    box-shadow: var(--shadow-high);
  }
  canvas,
  scaip-self-video {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    object-fit: cover;
  }
  canvas.screen {
    object-fit: contain;
  }
  .why {
    position: absolute;
    inset: auto 10px 44px;
    text-align: center;
    font-size: 13px;
    text-shadow: 0 1px 3px #000;
  }
  canvas[hidden] {
    display: block !important;
    visibility: hidden;
  }
  .face {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
    background: radial-gradient(circle at 50% 42%, color-mix(in srgb, var(--fill) 34%, var(--tile)), var(--tile) 72%);
  }
  .face span {
    display: grid;
    place-items: center;
    width: min(36cqmin, 120px);
    height: min(36cqmin, 120px);
    border-radius: 50%;
    background: var(--fill);
    color: var(--text);
    font-size: min(13cqmin, 42px);
    font-weight: 600;
  }
  .name {
    position: absolute;
    left: 10px;
    bottom: 10px;
    display: flex;
    align-items: center;
    gap: 6px;
    max-width: calc(100% - 20px);
    min-height: 26px;
    padding: 3px 10px;
    border-radius: 9px;
    background: #11120fc7;
    color: #fff;
    font-size: 13px;
    font-weight: 550;
  }
  .name .no {
    color: #ffb4a8;
  }
  .hand {
    position: absolute;
    top: 10px;
    left: 10px;
    display: flex;
    align-items: center;
    gap: 4px;
    min-width: 30px;
    min-height: 30px;
    padding: 2px 7px;
    border-radius: 15px;
    background: #ffd479;
    color: #2a1c00;
    font-size: 13px;
    font-weight: 650;
  }
  .menu {
    position: absolute;
    top: 8px;
    right: 8px;
    opacity: 0;
    transition: opacity var(--ease);
  }
  .menu:focus-within,
  :host(:hover) .menu {
    opacity: 1;
  }
  @media (hover: none) {
    .menu {
      opacity: 1;
    }
  }
  .dots {
    display: grid;
    place-items: center;
    width: 34px;
    height: 34px;
    padding: 0;
    border: 0;
    border-radius: 17px;
    background: #11120fc7;
    color: #fff;
    cursor: pointer;
  }
  .dots:focus-visible {
    outline-color: #fff;
    outline-offset: -3px;
  }
  .ring {
    position: absolute;
    inset: 0;
    border: 3px solid #4fd39f;
    border-radius: inherit;
    opacity: 0;
    transition: opacity 120ms;
    pointer-events: none;
  }
  .ring.on {
    opacity: 1;
  }
  @container (max-width: 170px) {
    .name {
      left: 6px;
      bottom: 6px;
      max-width: calc(100% - 12px);
      min-height: 22px;
      padding: 2px 7px;
      font-size: 12px;
    }
    .hand {
      top: 6px;
      left: 6px;
    }
    .why {
      inset: auto 6px 32px;
      font-size: 12px;
    }
  }
`;
