// How the page of recordings looks.

import { css } from '../vendor/lit.js';

export const recordingsLook = css`
  :host {
    height: 100%;
    overflow: auto;
  }
  .page {
    max-width: 760px;
    padding: 24px 24px 48px;
  }
  header {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 44px;
    margin-bottom: 12px;
  }
  h2 {
    font-size: 24px;
    letter-spacing: -0.02em;
  }
  h3 {
    margin-bottom: 8px;
    font-size: 17px;
  }
  section {
    padding: 12px 0 20px;
  }
  section + section {
    padding-top: 24px;
    border-top: 1px solid var(--line);
  }
  .taken {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 4px 10px;
  }
  .taken strong {
    font-size: 32px;
    font-weight: 650;
    letter-spacing: -0.02em;
  }
  meter {
    display: block;
    appearance: none;
    width: 100%;
    height: 12px;
    margin: 10px 0;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background: var(--raised);
    overflow: hidden;
  }
  meter::-webkit-meter-bar {
    block-size: 100%;
    border: 0;
    border-radius: 0;
    background: transparent;
  }
  meter::-webkit-meter-optimum-value {
    background: var(--accent);
  }
  meter.high::-webkit-meter-optimum-value {
    background: var(--danger);
  }
  meter::-moz-meter-bar {
    background: var(--accent);
  }
  meter.high::-moz-meter-bar {
    background: var(--danger);
  }
  .forecast,
  .wrong {
    margin-top: 12px;
  }
  li {
    display: flex;
    align-items: center;
    gap: 6px 16px;
    min-height: 56px;
    padding: 8px 0;
    border-bottom: 1px solid var(--line);
  }
  li:last-child {
    border: 0;
  }
  ul + .button {
    margin-top: 12px;
  }
  .line1 {
    display: block;
    line-height: 1.45;
  }
  .title {
    font-weight: 550;
  }
  .title a {
    color: inherit;
  }
  .share {
    display: block;
    width: max(var(--share), 3px);
    height: 4px;
    margin-top: 4px;
    border-radius: 2px;
    background: var(--accent);
  }
  .bytes {
    min-width: 64px;
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .back {
    display: none;
    margin-inline-start: -10px;
  }
  @media (max-width: 760px) {
    .page {
      padding: 12px 16px 48px;
    }
    .back {
      display: inline-grid;
    }
    li {
      column-gap: 10px;
    }
  }
`;
