// The arithmetic of a timeline: places and times, ticks, paths of spans, and what the keys do. No DOM.

import { RATES } from './play-clock.js';

/** @typedef {{zero: number, end: number}} Range µs */

/** @param {Range} range @param {number} t µs @returns {number} 0 to 1 */
export const placeOf = ({ zero, end }, t) => Math.min(1, Math.max(0, (t - zero) / Math.max(1, end - zero)));

/** @param {Range} range @param {number} place 0 to 1 @returns {number} µs */
export const timeAt = ({ zero, end }, place) => zero + Math.min(1, Math.max(0, place)) * (end - zero);

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/**
 * Round times for marks.
 * @param {Range} range
 * @param {number} most marks that there is room for
 * @returns {number[]} µs
 */
export function ticks({ zero, end }, most) {
  const s = (end - zero) / 1e6;
  const step = STEPS.find((x) => s / x <= most) ?? 86_400 * Math.ceil(s / 86_400 / Math.max(1, most));
  const list = [];
  for (let t = Math.ceil(zero / 1e6 / step) * step; t * 1e6 < end; t += step) list.push(t * 1e6);
  return list;
}

/**
 * The path of all spans as boxes in a picture 1000 wide and 10 high; what is too short to be seen is made visible.
 * @param {Range} range
 * @param {{from: number, to: number}[]} spans
 * @param {number} [top]
 * @param {number} [height]
 */
export function boxes(range, spans, top = 0, height = 10) {
  return spans
    .map(({ from, to }) => {
      const x = placeOf(range, from) * 1000;
      const w = Math.max(1, placeOf(range, to) * 1000 - x);
      return `M${x.toFixed(1)} ${top}h${w.toFixed(1)}v${height}h-${w.toFixed(1)}z`;
    })
    .join('');
}

/** Seconds of a link, from "83", "83.5", "1m23s" or "1h2m3s"; undefined if it says none. @param {string | null} text */
export function seconds(text) {
  const m = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$/.exec(text ?? '');
  if (!m || !text) return undefined;
  return Number(m[1] ?? 0) * 3600 + Number(m[2] ?? 0) * 60 + Number(m[3] ?? 0);
}

/**
 * @typedef {{do: 'toggle' | 'mute' | 'full' | 'chat' | 'next' | 'previous' | 'help'} | {do: 'step', by: 1 | -1} | {do: 'mark', edge: 'from' | 'to'} | {do: 'by', seconds: number} | {do: 'to', place: number}
 *   | {do: 'rate', by: number}} Act
 */

/** @type {Record<string, Act>} */
const KEYS = {
  ' ': { do: 'toggle' },
  k: { do: 'toggle' },
  j: { do: 'by', seconds: -10 },
  l: { do: 'by', seconds: 10 },
  ArrowLeft: { do: 'by', seconds: -5 },
  ArrowRight: { do: 'by', seconds: 5 },
  Home: { do: 'to', place: 0 },
  End: { do: 'to', place: 1 },
  '<': { do: 'rate', by: -1 },
  '>': { do: 'rate', by: 1 },
  m: { do: 'mute' },
  f: { do: 'full' },
  c: { do: 'chat' },
  n: { do: 'next' },
  p: { do: 'previous' },
  i: { do: 'mark', edge: 'from' },
  o: { do: 'mark', edge: 'to' },
  ',': { do: 'step', by: -1 },
  '.': { do: 'step', by: 1 },
  '?': { do: 'help' },
};

/** What a key does. @param {string} key as of KeyboardEvent @returns {Act | undefined} */
export function act(key) {
  if (/^[0-9]$/.test(key)) return { do: 'to', place: Number(key) / 10 };
  return KEYS[key.length === 1 ? key.toLowerCase() : key];
}

/** The next speed up or down. @param {number} rate @param {number} by 1 or −1 */
export function nextRate(rate, by) {
  const i = RATES.findIndex((r) => r >= rate);
  return RATES[Math.min(RATES.length - 1, Math.max(0, (i < 0 ? RATES.length - 1 : i) + by))];
}
