// Renditions of a track: which sizes a camera gives, what they may cost, and which one a tile needs. No DOM.

/**
 * @typedef {object} Size
 * @property {number} width px
 * @property {number} height px
 */

export const LINES = [180, 360, 720]; // of the shorter side, by rendition
const NEAR = 1.15; // a picture so little larger than a rendition is that rendition
const FEW = 2; // cores
const ONE_THREAD = 300_000; // pixels: from 640×480 on Chromium encodes VP8 in as many threads as there are cores, and each waits for the others by spinning

/**
 * The sizes that a picture is sent in, by rendition: at most three, the last one being the picture itself or 720 lines of it; with few cores, what one
 * thread encodes of it.
 * @param {number} width
 * @param {number} height
 * @param {number} cores of this machine
 * @returns {Size[]}
 */
export function sizes(width, height, cores) {
  const out = [];
  const most = cores > FEW ? 1 : Math.min(1, Math.sqrt(ONE_THREAD / (width * height)));
  for (const lines of LINES) {
    const short = Math.min(width, height) * most;
    const scale = short > lines * NEAR ? (lines / short) * most : most;
    out.push({ width: even(width * scale), height: even(height * scale) });
    if (scale === most) break;
  }
  return out;
}

/** @param {number} n */
const even = (n) => Math.max(2, Math.round(n / 2) * 2);

/**
 * What a camera's picture may cost: about 140 kbit/s at 180 lines, 430 at 360, 1,700 at 720.
 * @param {Size} size
 * @returns {number} bit/s
 */
export const bitrateOf = ({ width, height }) => Math.round(22 * (width * height) ** 0.82);

/** A shared screen's: text has to be sharp, and most of it stands still. @param {Size} size */
export const screenBitrateOf = ({ width, height }) => Math.round(Math.min(2_500_000, 400_000 + width * height));

/**
 * Which renditions to make of those that are asked for: one that there is not is made as the best below it.
 * @param {number[]} asked
 * @param {number} there how many there are
 * @param {number} top the best that one's own line carries
 * @returns {number[]} ascending, each once, at least one
 */
export function toMake(asked, there, top) {
  const most = Math.max(0, Math.min(there - 1, top));
  const made = new Set(asked.map((r) => Math.max(0, Math.min(r, most))));
  if (made.size === 0) made.add(most);
  return [...made].sort((a, b) => a - b);
}

/**
 * The rendition for a tile: the smallest that is not much smaller than it is shown.
 * @param {number} height of the tile's shorter side in device pixels
 * @param {number | undefined} before what it has now: it changes only when that is clearly wrong
 * @returns {number}
 */
export function renditionFor(height, before) {
  const fit = (/** @type {number} */ slack) => {
    const r = LINES.findIndex((lines) => height <= lines * slack);
    return r < 0 ? LINES.length - 1 : r;
  };
  const [low, high] = [fit(1.35), fit(1.15)];
  return before !== undefined && before >= low && before <= high ? before : fit(1.25);
}

/** @typedef {'vp8' | 'vp9' | 'av1'} Family */

/** Families of codecs, as docs/protocol.md names them, by what they are called in WebCodecs when one sends. */
export const CODECS = /** @type {const} */ ({ vp8: 'vp8', vp9: 'vp09.00.31.08', av1: 'av01.0.05M.08' });

/**
 * The codec to send: VP8 costs least to make; where there are cores to spare and all can decode it, one that needs less line.
 * @param {string[]} allowed families that everybody decodes
 * @param {{cores: number, screen: boolean}} here
 * @returns {Family}
 */
export function codecToSend(allowed, { cores, screen }) {
  if (allowed.includes('av1') && screen && cores >= 12) return 'av1';
  if (allowed.includes('vp9') && cores >= (screen ? 6 : 12)) return 'vp9';
  return 'vp8';
}
