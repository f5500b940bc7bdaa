// Where the tiles of a call stand: all alike, or one large and the others in a strip. More than can be told apart go onto pages. No DOM.

import { grid } from './layout.js';

/**
 * @typedef {object} Item
 * @property {string} key
 * @property {string} user
 * @property {number} seat
 * @property {'camera' | 'screen'} source
 * @property {boolean} self one's own picture
 */

/** @typedef {{left: number, top: number, width: number, height: number}} Box px */
/** @typedef {Box & {key: string, role: 'tile' | 'large' | 'strip' | 'self'}} Place */

/**
 * @typedef {object} Arrangement
 * @property {Place[]} places of those that are on this page
 * @property {number} page from 0
 * @property {number} pages
 * @property {string} large key of the large one, or empty
 */

export const GAP = 10;
const MOST = 25; // tiles of a page
const LEAST = { wide: { width: 200, height: 140 }, narrow: { width: 150, height: 112 } }; // px of a tile that can be read

/**
 * Which one is large.
 * @param {Item[]} items
 * @param {object} by
 * @param {'grid' | 'speaker'} by.mode
 * @param {string} by.pinned key
 * @param {ReadonlySet<string>} by.lowered screens that are not to be large
 * @param {readonly string[]} by.order keys of screens, the newest last
 * @param {number} by.speaker the seat on the stage
 * @returns {string} its key; empty: all are alike
 */
export function largeOf(items, { mode, pinned, lowered, order, speaker }) {
  const has = (/** @type {string} */ key) => items.some((i) => i.key === key);
  if (has(pinned)) return pinned;
  const screen = order.findLast((key) => has(key) && !lowered.has(key));
  if (screen) return screen;
  if (mode === 'grid') return '';
  const others = items.filter((i) => !i.self && i.source === 'camera');
  return (others.find((i) => i.seat === speaker) ?? others[0])?.key ?? '';
}

/**
 * @param {Item[]} items in their order
 * @param {{width: number, height: number}} box
 * @param {{large: string, page: number}} by
 * @returns {Arrangement}
 */
export function arrange(items, box, { large, page }) {
  const focus = items.find((i) => i.key === large);
  if (focus && items.length > 1) return withStrip(items, focus, box, page);
  const self = items.find((i) => i.self);
  const others = items.filter((i) => !i.self);
  if (others.length === 0) return { ...paged(items, 1, 0, (all) => tiles(all, box)), large: '' };
  const per = perPage(others.length, box);
  const all = paged(others, per, page, (some) => tiles(some, box));
  if (self) all.places.push(corner(self, box));
  return { ...all, large: '' };
}

/** @param {{width: number, height: number}} box */
const isNarrow = (box) => box.width < 560 || box.width < box.height * 0.9;

/** How many tiles of a page can still be read. @param {number} n @param {{width: number, height: number}} box */
function perPage(n, box) {
  const least = LEAST[isNarrow(box) ? 'narrow' : 'wide'];
  for (let k = Math.min(n, MOST); k > 1; k--) {
    const { width, height } = grid(k, { ...box, gap: GAP });
    if (width >= least.width && height >= least.height) return k;
  }
  return 1;
}

/**
 * @param {Item[]} items
 * @param {number} per
 * @param {number} wanted
 * @param {(some: Item[]) => Place[]} lay
 */
function paged(items, per, wanted, lay) {
  const pages = Math.max(1, Math.ceil(items.length / per));
  const page = Math.min(Math.max(0, wanted), pages - 1);
  return { places: lay(items.slice(page * per, (page + 1) * per)), page, pages };
}

/** @param {Item[]} items @param {{width: number, height: number}} box @returns {Place[]} rows in the middle of the box */
function tiles(items, box) {
  const { columns, rows, width, height } = grid(items.length, { ...box, gap: GAP });
  const top = (box.height - rows * height - (rows - 1) * GAP) / 2;
  return items.map(({ key }, i) => {
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, items.length - row * columns);
    const left = (box.width - inRow * width - (inRow - 1) * GAP) / 2;
    return {
      key,
      role: 'tile',
      left: Math.round(left + (i % columns) * (width + GAP)),
      top: Math.round(top + row * (height + GAP)),
      width,
      height,
    };
  });
}

/** One's own picture, small, over the corner. @param {Item} self @param {{width: number, height: number}} box @returns {Place} */
function corner({ key }, box) {
  const width = Math.round(
    isNarrow(box) ? Math.min(104, box.width / 3) : Math.min(210, Math.max(140, box.width * 0.16)),
  );
  const height = Math.round((width * 3) / 4);
  return { key, role: 'self', left: box.width - width - 8, top: box.height - height - 8, width, height };
}

/**
 * One large, the others at the side, or below where it is narrow; oneself always among them.
 * @param {Item[]} items @param {Item} focus @param {{width: number, height: number}} box @param {number} page
 * @returns {Arrangement}
 */
function withStrip(items, focus, box, page) {
  const below = isNarrow(box);
  const self = items.find((i) => i.self && i !== focus);
  const others = items.filter((i) => i !== focus && i !== self);
  const side = Math.round(below ? Math.min(112, box.height * 0.2) : Math.min(220, Math.max(150, box.width * 0.17)));
  const tile = below
    ? { width: Math.round((side * 4) / 3), height: side }
    : { width: side, height: Math.round(side * 0.75) };
  const room = below ? box.width : box.height;
  const step = (below ? tile.width : tile.height) + GAP;
  const fit = Math.max(1, Math.floor((room + GAP) / step));
  const area = below
    ? { width: box.width, height: box.height - side - GAP }
    : { width: box.width - side - GAP, height: box.height };
  const head = large(focus, area);
  const lay = (/** @type {Item[]} */ some) => {
    const all = self ? [...some, self] : some;
    const start = Math.max(0, (room - all.length * step + GAP) / 2);
    return all.map(({ key }, i) => {
      const along = Math.round(start + i * step);
      const place = below ? { left: along, top: head.top + head.height + GAP } : { left: box.width - side, top: along };
      return /** @type {Place} */ ({ key, role: 'strip', ...place, ...tile });
    });
  };
  const strip = paged(others, Math.max(1, fit - (self ? 1 : 0)), page, lay);
  return { ...strip, places: [head, ...strip.places], large: focus.key };
}

/** A screen takes all of the area, or of an upright one its width; a camera no more than its shape allows. @param {Item} item @param {{width: number, height: number}} area @returns {Place} */
function large({ key, source }, area) {
  const wide = { width: area.width, height: Math.min(area.height, Math.round(area.width * 0.75)) };
  const one = source === 'screen' ? (area.width < area.height ? wide : area) : grid(1, { ...area, gap: 0 });
  const left = Math.round((area.width - one.width) / 2);
  const top = Math.round((area.height - one.height) / 2);
  return { key, role: 'large', left, top, width: Math.max(0, one.width), height: Math.max(0, one.height) };
}
