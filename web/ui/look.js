// Styles that components share.

import { css } from '../vendor/lit.js';

export const look = css`
  :host {
    display: block;
    box-sizing: border-box;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  :host([hidden]),
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  h1,
  h2,
  h3 {
    font-weight: 600;
    letter-spacing: -0.012em;
    line-height: 1.25;
    text-wrap: balance;
  }
  a {
    color: var(--accent);
    text-underline-offset: 2px;
  }
  button,
  input,
  textarea,
  select {
    font: inherit;
    color: inherit;
    letter-spacing: inherit;
  }
  svg {
    display: block;
    flex: none;
  }
  :focus {
    outline: none;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  .soft {
    color: var(--soft);
  }
  .small {
    font-size: 13px;
  }
  .hush {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .row {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .grow {
    flex: 1;
    min-width: 0;
  }
  .cut {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation-duration: 1ms !important;
      animation-iteration-count: 1 !important;
      transition-duration: 1ms !important;
    }
  }
`;

export const buttons = css`
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-height: 40px;
    padding: 0 16px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    background: transparent;
    font-weight: 550;
    text-decoration: none;
    color: var(--ink);
    cursor: pointer;
    white-space: nowrap;
    user-select: none;
    transition:
      background var(--ease),
      border-color var(--ease);
  }
  .button:hover {
    background: var(--hover);
  }
  .button:active {
    background: var(--press);
  }
  .button.main {
    border-color: transparent;
    background: var(--accent);
    color: var(--on-accent);
  }
  .button.main:hover {
    background: var(--accent-deep);
  }
  .button.bad {
    border-color: transparent;
    background: var(--danger);
    color: var(--on-danger);
  }
  .button.bad:hover {
    background: var(--danger-deep);
  }
  .button.plain {
    border-color: transparent;
  }
  .button.low {
    min-height: 32px;
    padding: 0 12px;
    font-size: 14px;
    border-radius: 8px;
  }
  .button.wide {
    width: 100%;
    min-height: 46px;
  }
  .button[disabled],
  .button[aria-disabled='true'] {
    opacity: 0.55;
    cursor: default;
  }
  .icon {
    display: inline-grid;
    place-items: center;
    width: 40px;
    height: 40px;
    padding: 0;
    border: 0;
    border-radius: var(--radius);
    background: transparent;
    color: var(--soft);
    cursor: pointer;
    transition:
      background var(--ease),
      color var(--ease);
  }
  .icon:hover,
  .icon[aria-expanded='true'] {
    background: var(--hover);
    color: var(--ink);
  }
  .icon.tiny {
    width: 30px;
    height: 30px;
    border-radius: 8px;
  }
`;

export const fields = css`
  .field {
    display: grid;
    gap: 6px;
  }
  .field > span:first-child,
  .label {
    font-size: 14px;
    font-weight: 550;
  }
  input:not([type='checkbox'], [type='color'], [type='range']),
  textarea,
  select {
    width: 100%;
    min-height: 44px;
    padding: 9px 12px;
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    background: var(--raised);
    transition: border-color var(--ease);
  }
  input:focus-visible,
  textarea:focus-visible,
  select:focus-visible {
    border-color: var(--accent);
    outline-offset: 0;
  }
  input::placeholder,
  textarea::placeholder {
    color: var(--soft);
    opacity: 1;
  }
  .hint {
    color: var(--soft);
    font-size: 13px;
  }
  .wrong {
    padding: 10px 12px;
    border-radius: var(--radius);
    background: var(--danger-wash);
    color: var(--on-danger-wash);
    font-size: 14px;
  }
  .check {
    display: flex;
    align-items: flex-start;
    gap: 10px;
    cursor: pointer;
  }
  .check input {
    width: 18px;
    height: 18px;
    margin: 2px 0 0;
    accent-color: var(--accent);
  }
`;
