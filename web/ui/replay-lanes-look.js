// How the timeline of a replay looks.

import { css } from '../vendor/lit.js';

export const lanesLook = css`
  :host {
    --names: clamp(200px, 22vw, 260px);
    position: relative;
  }
  .lanes {
    display: grid;
    grid-template-columns: var(--names) minmax(0, 1fr);
    align-items: center;
    gap: 0 12px;
    max-height: 34vh;
    padding: 0 20px 12px;
    overflow: hidden auto;
  }
  .corner,
  .ruler {
    position: sticky;
    z-index: 3;
    top: 0;
    height: 38px;
    background: var(--stage);
  }
  .track {
    position: relative;
    cursor: pointer;
    touch-action: pan-y;
  }
  .rail,
  .done {
    position: absolute;
    top: 8px;
    left: 0;
    width: 100%;
    height: 6px;
    border-radius: 3px;
    background: var(--line-strong);
    opacity: 0.45;
  }
  .done {
    background: var(--accent);
    opacity: 1;
  }
  .part {
    position: absolute;
    top: 2px;
    height: 18px;
    border-radius: 4px;
    background: color-mix(in srgb, var(--accent) 24%, transparent);
  }
  .edge {
    position: absolute;
    z-index: 1;
    top: 0;
    width: 14px;
    height: 22px;
    margin-left: -7px;
    cursor: ew-resize;
    touch-action: none;
  }
  .edge::before {
    content: '';
    position: absolute;
    inset: 0 5px;
    border-radius: 2px;
    background: var(--accent);
  }
  .knob {
    position: absolute;
    top: 3px;
    width: 16px;
    height: 16px;
    margin-left: -8px;
    border: 3px solid var(--stage);
    border-radius: 50%;
    background: var(--accent);
  }
  .tick {
    position: absolute;
    top: 19px;
    translate: -50%;
    color: var(--soft);
    font-size: 11px;
    font-variant-numeric: tabular-nums;
    pointer-events: none;
  }
  .tick:first-of-type {
    translate: 0;
  }
  .said {
    position: absolute;
    top: 2px;
    width: 4px;
    height: 4px;
    margin-left: -2px;
    border-radius: 50%;
    background: var(--ember);
    pointer-events: none;
  }
  .over {
    position: absolute;
    inset: 0 20px auto calc(20px + var(--names) + 12px);
    pointer-events: none;
  }
  .who {
    display: flex;
    align-items: center;
    gap: 6px;
    min-height: 34px;
  }
  .who.away .cut {
    color: var(--soft);
  }
  .dot {
    flex: none;
    width: 10px;
    height: 10px;
    border-radius: 50%;
  }
  .talks {
    font-weight: 650;
  }
  .who input {
    width: 64px;
    height: 24px;
    margin: 0;
    accent-color: var(--accent);
    cursor: pointer;
  }
  .icon.on {
    background: var(--accent-wash);
    color: var(--on-wash);
  }
  .lane {
    height: 26px;
    border-radius: 6px;
    background: color-mix(in srgb, var(--line-strong) 12%, transparent);
    overflow: hidden;
  }
  .lane svg {
    width: 100%;
    height: 100%;
  }
  .here {
    fill: color-mix(in srgb, var(--voice) 24%, transparent);
  }
  .talk {
    fill: color-mix(in srgb, var(--voice) 88%, var(--ink));
  }
  .shares {
    fill: color-mix(in srgb, var(--ember) 45%, transparent);
  }
  .hand {
    fill: var(--ember);
  }
  .emoji {
    position: absolute;
    top: 50%;
    translate: -50% -50%;
    font-size: 13px;
    line-height: 1;
    pointer-events: none;
  }
  .quiet svg {
    opacity: 0.35;
  }
  .head {
    position: absolute;
    inset: 0 auto;
    width: 2px;
    margin-left: -1px;
    background: var(--accent);
    pointer-events: none;
  }
  @media (max-width: 760px) {
    .lanes {
      grid-template-columns: minmax(0, 1fr);
      max-height: 40vh;
      padding-inline: 16px;
    }
    .over {
      inset: 0 16px auto;
    }
    .corner {
      display: none;
    }
    .who {
      min-height: 32px;
    }
    .lane {
      height: 16px;
      margin-bottom: 6px;
    }
    .who input {
      width: 84px;
    }
  }
`;
