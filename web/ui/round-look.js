// The round buttons of a call.

import { css } from '../vendor/lit.js';

export const roundLook = css`
  .round {
    position: relative;
    display: grid;
    place-items: center;
    width: 50px;
    height: 50px;
    padding: 0;
    border: 1px solid var(--line);
    border-radius: 25px;
    background: var(--raised);
    color: var(--ink);
    cursor: pointer;
    transition: background var(--ease);
  }
  .round:hover {
    background: color-mix(in srgb, var(--raised), var(--ink) 8%);
  }
  .round.off {
    border-color: transparent;
    background: var(--danger-wash);
    color: var(--on-danger-wash);
  }
  .round[aria-pressed='true'] {
    border-color: transparent;
    background: var(--accent-wash);
    color: var(--on-wash);
  }
  .round.talk {
    border-color: transparent;
    background: var(--accent);
    color: var(--on-accent);
  }
  .round.leave {
    width: 68px;
    border-color: transparent;
    background: var(--danger);
    color: var(--on-danger);
  }
  .round.leave:hover {
    background: var(--danger-deep);
  }
  @media (max-width: 760px) {
    .round {
      width: min(46px, 11.4vw);
      height: 46px;
    }
    .round.leave {
      width: min(54px, 13vw);
    }
  }
`;
