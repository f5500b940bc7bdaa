// Where the tiles of a call stand.

/**
 * @typedef {object} Grid
 * @property {number} columns
 * @property {number} rows
 * @property {number} width of a tile, px
 * @property {number} height of a tile, px
 */

const PICTURE = 4 / 3; // what cameras give here
const NARROWEST = 3 / 4;

/**
 * The grid of n tiles in a box that shows the most of the pictures. Tiles may be as wide as 16:9 and as narrow as 3:4
 * where that fills the box; the picture, 4:3, is cropped to it.
 * @param {number} n at least 1
 * @param {{width: number, height: number, gap: number}} box
 * @returns {Grid}
 */
export function grid(n, { width, height, gap }) {
  /** @type {Grid & {area: number}} */
  let best = { columns: 1, rows: n, width: 0, height: 0, area: -1 };
  for (let columns = 1; columns <= n; columns++) {
    const rows = Math.ceil(n / columns);
    const w = (width - gap * (columns - 1)) / columns;
    const h = (height - gap * (rows - 1)) / rows;
    if (w <= 0 || h <= 0) continue;
    const tile = shape(w, h);
    const ratio = tile.width / tile.height;
    const uncropped = Math.min(ratio / PICTURE, PICTURE / ratio);
    // Of equal ones the one with fewer empty places wins.
    const area = tile.width * tile.height * uncropped * (1 - 0.02 * (columns * rows - n));
    if (area > best.area) best = { columns, rows, ...tile, area };
  }
  return { columns: best.columns, rows: best.rows, width: Math.floor(best.width), height: Math.floor(best.height) };
}

/**
 * The largest tile of a permitted shape in a cell.
 * @param {number} w
 * @param {number} h
 */
function shape(w, h) {
  const ratio = Math.min(16 / 9, Math.max(NARROWEST, w / h));
  return w / h > ratio ? { width: h * ratio, height: h } : { width: w, height: w / ratio };
}
