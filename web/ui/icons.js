// Icons: strokes on a grid of 24.

import { html, svg } from '../vendor/lit.js';

/** @type {Record<string, import('../vendor/lit.js').TemplateResult<2>>} */
const PATHS = {
  mic: svg`<rect x="9" y="3" width="6" height="11" rx="3"/><path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3"/>`,
  'mic-off': svg`<path d="M9 9v2a3 3 0 0 0 4.6 2.5M15 11V6a3 3 0 0 0-5.6-1.5M5.5 11.5a6.5 6.5 0 0 0 9.8 5.6M18.5 11.5a6.5 6.5 0 0 1-.7 2.9M12 18v3M4 3l16 18"/>`,
  camera: svg`<rect x="3" y="6.5" width="12.5" height="11" rx="2.5"/><path d="m15.5 10.5 5.5-3v9l-5.5-3"/>`,
  'camera-off': svg`<path d="M10 6.5h3a2.500 2.500 0 0 1 2.500 2.500v1.500l5.500-3v9l-3-1.600M15.500 15a2.500 2.500 0 0 1-2.500 2.500H5.500A2.500 2.500 0 0 1 3 15V9a2.500 2.500 0 0 1 1.700-2.400M4 3l16 18"/>`,
  screen: svg`<path d="M3.5 5h17v11.500h-17ZM8.500 20h7M12 16.500V20M12 13V8.500M9.500 10.500 12 8l2.500 2.500"/>`,
  hangup: svg`<path d="M3.2 13.400c4.900-4.500 12.700-4.500 17.600 0 .7.700.7 1.700.1 2.400l-1.300 1.500c-.6.600-1.500.7-2.200.3l-2.300-1.500c-.6-.4-.9-1-.8-1.700l.1-1.100a10 10 0 0 0-4.800 0l.1 1.100c.1.700-.2 1.300-.8 1.700l-2.300 1.500c-.7.4-1.600.3-2.200-.3l-1.300-1.500c-.6-.7-.6-1.700.1-2.400Z" fill="currentColor" stroke="none"/>`,
  chat: svg`<path d="M20 11.500a7.500 7.500 0 0 1-11 6.600L4 19.500l1.500-4.600A7.500 7.500 0 1 1 20 11.500Z"/>`,
  people: svg`<circle cx="9" cy="8.500" r="3.500"/><path d="M2.500 19.500c.6-3.300 3.200-5.500 6.500-5.500s5.900 2.200 6.500 5.500M16 5.300a3.500 3.500 0 0 1 0 6.400M18 14.500c1.900.8 3.100 2.600 3.500 5"/>`,
  more: svg`<g fill="currentColor" stroke="none"><circle cx="5.500" cy="12" r="1.700"/><circle cx="12" cy="12" r="1.700"/><circle cx="18.500" cy="12" r="1.700"/></g>`,
  send: svg`<path d="M4.500 12 3.500 4.500 21 12 3.500 19.500l1-7.500Zm0 0H12"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
  back: svg`<path d="m14.500 5-7 7 7 7"/>`,
  close: svg`<path d="m6 6 12 12M18 6 6 18"/>`,
  check: svg`<path d="m5 12.500 4.500 4.500L19 7"/>`,
  edit: svg`<path d="M4 20h4L19.500 8.500a2.100 2.100 0 0 0-3-3L5 17l-1 3Z"/>`,
  trash: svg`<path d="M4.500 7h15M9.500 7V4.500h5V7M6.500 7l.8 12.500h9.400L17.500 7M10 11v5M14 11v5"/>`,
  smile: svg`<circle cx="12" cy="12" r="8.500"/><path d="M8.500 14c1.700 2.300 5.300 2.300 7 0M9 9.500v.1M15 9.500v.1"/>`,
  download: svg`<path d="M12 4v11m-4.500-4.500L12 15l4.500-4.500M5 19.500h14"/>`,
  calendar: svg`<rect x="4" y="5.500" width="16" height="14.500" rx="2.500"/><path d="M4 10h16M8.500 3.500v4M15.500 3.500v4"/>`,
  stats: svg`<path d="M5 19.500v-6M10 19.500V5M15 19.500v-9M20 19.500v-4"/>`,
  link: svg`<path d="M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3a4 4 0 0 0 5.700 5.700l1-1"/>`,
  gear: svg`<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
  logout: svg`<path d="M10 4.500H6.500a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2H10M15 8l4 4-4 4M19 12H9.500"/>`,
  archive: svg`<rect x="3.500" y="4.500" width="17" height="4.500" rx="1.500"/><path d="M5.500 9v9a2 2 0 0 0 2 2h9a2 2 0 0 0 2-2V9M10 13h4"/>`,
  search: svg`<circle cx="11" cy="11" r="6.500"/><path d="m16 16 4.500 4.500"/>`,
  warn: svg`<path d="M12 4 2.800 19.500h18.400L12 4ZM12 10v4.500M12 17v.1"/>`,
  play: svg`<path d="M7.500 4.800v14.400L19 12 7.500 4.800Z" fill="currentColor"/>`,
  pause: svg`<path d="M8.500 5.500v13M15.500 5.500v13" stroke-width="3"/>`,
  rewind: svg`<path d="M11.500 6 5.500 12l6 6M19 6l-6 6 6 6"/>`,
  forward: svg`<path d="m12.500 6 6 6-6 6M5 6l6 6-6 6"/>`,
  previous: svg`<circle cx="16" cy="8.500" r="3"/><path d="M10.500 18.500c.5-3 2.600-5 5.500-5s5 2 5.500 5M9 6 4 10l5 4"/>`,
  next: svg`<circle cx="8" cy="8.500" r="3"/><path d="M2.500 18.500c.5-3 2.600-5 5.500-5s5 2 5.500 5M15 6l5 4-5 4"/>`,
  skip: svg`<path d="M3 12h2M7 8v8M10 5v14M13 12h.1M16 12h.1M19 8v8M22 11v2"/>`,
  sound: svg`<path d="M4 9.500h3.500L12 5.500v13l-4.500-4H4v-5ZM15.500 9a4.500 4.500 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11"/>`,
  'sound-off': svg`<path d="M4 9.500h3.500L12 5.500v13l-4.500-4H4v-5ZM16 9.500l5 5M21 9.500l-5 5"/>`,
  solo: svg`<circle cx="12" cy="8.500" r="3.500"/><path d="M5.500 19.500c.6-3.300 3.200-5.500 6.500-5.500s5.900 2.200 6.500 5.500M3 5v3M21 5v3"/>`,
  full: svg`<path d="M4.500 9V4.500H9M15 4.500h4.500V9M19.500 15v4.500H15M9 19.500H4.500V15"/>`,
  'back-10': svg`<path d="M5 12a7.500 7.500 0 1 0 2.500-5.600L4.500 9M4.500 4.500V9H9"/><path d="M10 10v5M13 11.500a1.500 1.500 0 0 1 3 0v2a1.500 1.500 0 0 1-3 0Z" stroke-width="1.400"/>`,
  behind: svg`<circle cx="12" cy="12" r="8.500"/><path d="M12 7v5l-3.500 2"/>`,
  hand: svg`<path d="M7.500 12.500V6a1.500 1.500 0 0 1 3 0v5M10.500 10.500V4.300a1.500 1.500 0 0 1 3 0v6.200M13.500 11V5.500a1.500 1.500 0 0 1 3 0V15c0 3.500-2 5.800-5 5.800-2.400 0-3.700-1-4.800-2.900l-2.400-4.200a1.500 1.500 0 0 1 2.600-1.500l.6.800"/>`,
  pin: svg`<path d="M9 3.500h6M10 3.500v6l-3.500 4h11l-3.500-4v-6M12 13.500v7"/>`,
  unpin: svg`<path d="M9 3.500h6M10 6v3.500l-3.500 4H14M14 3.500v6l2.500 2.800M12 13.500v7M4 3l16 18"/>`,
  layout: svg`<path d="M3.500 5h17v14h-17ZM14.500 5v14M14.500 9.700h6M14.500 14.400h6"/>`,
  tiles: svg`<path d="M4 4.500h7v6.500H4ZM13 4.500h7v6.500h-7ZM4 13h7v6.500H4ZM13 13h7v6.500h-7Z"/>`,
  scissors: svg`<circle cx="6" cy="6.500" r="2.800"/><circle cx="6" cy="17.500" r="2.800"/><path d="M8.300 8 20 17.500M8.300 16 20 6.500"/>`,
  keys: svg`<rect x="2.500" y="6" width="19" height="12" rx="2.500"/><path d="M6 10h.1M9.500 10h.1M13 10h.1M16.500 10h.1M8 14h8"/>`,
  copy: svg`<rect x="8.500" y="8.500" width="11" height="11" rx="2"/><path d="M15.500 8.500v-2a2 2 0 0 0-2-2h-7a2 2 0 0 0-2 2v7a2 2 0 0 0 2 2h2"/>`,
  door: svg`<path d="M14 4.500H7a1.500 1.500 0 0 0-1.500 1.500v12A1.500 1.500 0 0 0 7 19.500h7M20 12h-9.500m3.500-4-4 4 4 4"/>`,
  down: svg`<path d="m6 9.500 6 6 6-6"/>`,
};

/**
 * @param {string} name one of PATHS
 * @param {number} [size] px
 */
export function icon(name, size = 20) {
  return html`<svg
    width=${size}
    height=${size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    ${PATHS[name]}
  </svg>`;
}

/** The mark of the product: three voices and the moment they stand at. @param {number} size px */
export function mark(size) {
  return html`<svg width=${size} height=${size} viewBox="0 0 64 64" aria-hidden="true">
    <rect width="64" height="64" rx="17" fill="#14604c" />
    <g fill="#f5f3ee">
      <rect x="13" y="27" width="7" height="10" rx="3.5" />
      <rect x="24" y="15" width="7" height="34" rx="3.5" />
      <rect x="35" y="22" width="7" height="20" rx="3.5" />
    </g>
    <circle cx="49" cy="32" r="4" fill="#ff9d6c" />
  </svg>`;
}
