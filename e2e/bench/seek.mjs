// How long a seek takes in a browser, from asking to the picture on the canvas, in the player of a downloaded call:
//   scaipd bench replay --media … --calls 0 --seeks 1 --keep-file long.mkv; node bench/seek.mjs long.mkv [seeks]
// It looks once a frame of the screen, so what it says is up to 17 ms more than it was. `first`: a picture of the moment is on one of the canvases; `all`: on
// each.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { binary, person } from '../rig.mjs';

const [file, count = '100'] = process.argv.slice(2);
if (!file) throw new Error('which file? node bench/seek.mjs FILE.mkv [seeks]');

/** @param {number[]} all */
function spread(all) {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (/** @type {number} */ q) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]);
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

const player = spawn(binary(), ['replay', 'open', file, '--no-browser'], { stdio: ['ignore', 'pipe', 'inherit'] });
const { browser, page } = await person(undefined);
try {
  const [said] = await once(player.stdout, 'data');
  await page.goto(/http:\S+/.exec(String(said))?.[0] ?? '');
  await page.getByRole('slider', { name: 'Moment of the call' }).waitFor();
  for (const playing of [false, true]) {
    const took = await page.evaluate(measure, { count: Number(count), playing });
    const rows = { first: spread(took.map((t) => t.first)), all: spread(took.map((t) => t.all)) };
    console.log(JSON.stringify({ playing, seeks: took.length, pictures: took[0].pictures, ...rows }));
  }
} finally {
  await browser.close();
  player.kill();
}

/** Runs in the page. @param {{count: number, playing: boolean}} how */
async function measure({ count, playing }) {
  const { replay } = /** @type {any} */ (document.querySelector('scaip-replay'));
  const { past } = replay;
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const { zero, end } = replay.range.value;
  let seed = 7; // the same places in each run
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  await pause(1000);
  if (past.people.size === 0 || replay.present.value === '') throw new Error('nobody is to be seen in this file');
  const took = [];
  for (let n = 0; n < count + 3; n++) {
    const to = Math.round(zero + 5e6 + random() * (end - zero - 10e6));
    if (playing) past.play();
    else past.pause();
    const began = performance.now();
    replay.seek(to);
    const players = [...past.people.values()].map((p) => p.picture(0).player).filter((p) => p.canvases.size > 0);
    const there = () =>
      players.filter((p) => p.aim < Infinity && p.shown >= p.aim && Math.abs(p.shown - to) < 1e6).length;
    let first = 0;
    while (there() < players.length && performance.now() - began < 5000) {
      await frame();
      if (there() > 0) first ||= performance.now() - began;
    }
    const all = performance.now() - began;
    // The first ones warm it up.
    if (n >= 3) took.push({ first: first || all, all, pictures: players.length });
    await pause(300);
  }
  return took;
}
