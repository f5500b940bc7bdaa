// What a participant sees and hears, measured in the page.

import { pause, until } from './rig.mjs';

/** @typedef {import('playwright-core').Page} Page */

const LOUD = 0.05; // amplitude of a tone that is there
const QUIET = 0.01; // of one that is not

/**
 * The pictures that a tile shows over some time: how many different ones, and their mean colour.
 * @param {Page} page
 * @param {string} name of the participant
 * @param {number} [looks]
 */
export async function seen(page, name, looks = 12) {
  const hashes = new Set();
  let color = [0, 0, 0];
  for (let i = 0; i < looks; i++) {
    const look = await page.getByRole('img', { name: `Picture of ${name}` }).evaluate((element) => {
      const canvas = /** @type {HTMLCanvasElement} */ (element);
      const small = new OffscreenCanvas(32, 24);
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (small.getContext('2d'));
      context.drawImage(canvas, 0, 0, 32, 24);
      const { data } = context.getImageData(0, 0, 32, 24);
      let hash = 0;
      const sum = [0, 0, 0];
      for (let k = 0; k < data.length; k += 4) {
        for (let c = 0; c < 3; c++) {
          hash = (Math.imul(hash, 31) + data[k + c]) | 0;
          sum[c] += data[k + c];
        }
      }
      return { hash, color: sum.map((s) => Math.round((s * 4) / data.length)), width: canvas.width };
    });
    hashes.add(look.hash);
    color = look.color;
    await pause(120);
  }
  return { different: hashes.size, color };
}

/**
 * The share of each frequency in what is heard, as an amplitude (a full sine is 1), and the time of the call that is heard, ms, about.
 * @param {Page} page
 * @param {number[]} frequencies Hz
 * @returns {Promise<{time: number, loud: number[]}>}
 */
export async function tones(page, frequencies) {
  return page.evaluate((hz) => {
    const samples = window.scaip.heard();
    const { stats, past } = window.scaip;
    const was = past();
    const live = stats();
    const delay = Math.max(0, ...(live?.people ?? []).map((/** @type {any} */ p) => p.delay));
    const half = (samples.length / 48_000) * 500;
    const time = was ? was.time - half * was.rate : (live?.clock.now ?? 0) / 1000 - delay - half;
    const loud = hz.map((f) => {
      // Goertzel with a Hann window.
      const w = (2 * Math.PI * f) / 48_000;
      let re = 0;
      let im = 0;
      for (let i = 0; i < samples.length; i++) {
        const x = samples[i] * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / samples.length));
        re += x * Math.cos(w * i);
        im += x * Math.sin(w * i);
      }
      return (4 * Math.hypot(re, im)) / Math.max(1, samples.length);
    });
    return { time, loud };
  }, frequencies);
}

/**
 * The share of each frequency in what is heard, as tones has it.
 * @param {Page} page
 * @param {number[]} frequencies Hz
 */
export const heard = async (page, frequencies) => (await tones(page, frequencies)).loud;

/**
 * The mean colour of a frame of a clip.
 * @param {Buffer} rgb raw, 32×24
 */
export function meanColor(rgb) {
  const sum = [0, 0, 0];
  for (let i = 0; i < rgb.length; i++) sum[i % 3] += rgb[i];
  return sum.map((s) => Math.round((s * 3) / rgb.length));
}

/** @param {number[]} a @param {number[]} b the farthest of the three colours */
export const colorDistance = (a, b) => Math.max(...a.map((v, i) => Math.abs(v - b[i])));

/** What a page knows of somebody. @param {Page} page @param {string} name */
export const about = (page, name) =>
  page.evaluate(
    (who) => window.scaip.stats()?.people.find((/** @type {any} */ p) => p.name === who && (p.audio || p.video)),
    name,
  );

/** Five more pictures of somebody are drawn, from now on. @param {Page} page @param {string} name @param {'video' | 'screen'} [what] */
export async function sees(page, name, what = 'video') {
  const before = (await about(page, name))?.[what]?.drawn ?? 0;
  return until(
    `${name}'s ${what} moves`,
    () => about(page, name),
    (p) => p?.[what]?.drawn >= 5 && (p[what].drawn >= before + 5 || p[what].drawn < before),
  );
}

/** A tone is heard, or is not. @param {Page} page @param {number} hz @param {boolean} [is] */
export const hears = (page, hz, is = true) =>
  until(
    `${hz} Hz is ${is ? '' : 'not '}heard`,
    async () => (await heard(page, [hz]))[0],
    (loud) => (is ? loud > LOUD : loud < QUIET),
  );
