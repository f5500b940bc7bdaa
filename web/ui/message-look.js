// How a message looks.

import { css } from '../vendor/lit.js';

export const messageLook = css`
  article {
    position: relative;
    display: grid;
    grid-template-columns: 36px minmax(0, 1fr);
    column-gap: 12px;
    padding: 8px 24px 3px;
  }
  article.follows {
    padding-block: 2px;
  }
  article:hover,
  article:focus-within {
    background: var(--hover);
  }
  .follows > time {
    padding-top: 2px;
    font-size: 11px;
    text-align: end;
    opacity: 0;
  }
  article:hover > time {
    opacity: 1;
  }
  header {
    display: flex;
    align-items: baseline;
    gap: 8px;
    line-height: 1.35;
  }
  .text {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .sending .text {
    color: var(--soft);
  }
  .reactions {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    padding: 4px 0;
  }
  .reactions button {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    height: 28px;
    padding: 0 10px;
    border: 1px solid var(--line);
    border-radius: 14px;
    background: var(--raised);
    font-size: 14px;
    cursor: pointer;
  }
  .reactions button[aria-pressed='true'] {
    border-color: var(--accent);
    background: var(--accent-wash);
    color: var(--on-wash);
  }
  .tools {
    position: absolute;
    top: -12px;
    right: 20px;
    display: flex;
    border: 1px solid var(--line);
    border-radius: 12px;
    background: var(--raised);
    opacity: 0;
  }
  article:hover .tools,
  .tools:focus-within {
    opacity: 1;
  }
  @media (hover: none) {
    article:active .tools {
      opacity: 1;
    }
  }
  .emoji [role='menuitem'] {
    padding: 0 10px;
    font-size: 20px;
  }
  .failure {
    padding: 2px 0;
    color: var(--danger-ink);
  }
  .failure button {
    padding: 0 4px;
    border: 0;
    background: none;
    color: inherit;
    text-decoration: underline;
    cursor: pointer;
  }
  .edit {
    display: grid;
    gap: 8px;
    padding: 4px 0 8px;
  }
  .edit textarea {
    field-sizing: content;
    max-height: 240px;
    resize: none;
  }
  :host([narrow]) article {
    padding-inline: 16px;
  }
  @media (max-width: 760px) {
    article {
      padding-inline: 16px;
    }
  }
`;
