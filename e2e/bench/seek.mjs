// How long a seek takes in a browser, from the click on the timeline to the picture on the canvas, in the player of a downloaded call:
//
//	node e2e/bench/seek.mjs [FILE.mkv [seeks]]
//
// Without a file it makes one: three hours of ten people (2.7 GB, minutes). It looks once a frame of the screen, so what it says is up to 17 ms more than it
// was. `first`: a picture of the moment is on one of the canvases; `all`: on each.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binary, pause, person } from '../rig.mjs';
import { quantile } from './figures.mjs';

const WARM = 3; // seeks that are not counted
const REST = 300; // ms between two

const [given, count = '60'] = process.argv.slice(2);
const scaipd = binary();
const dir = given ? '' : mkdtempSync(join(tmpdir(), 'scaip-seek-'));
const file = given ?? long(join(dir, 'long.mkv'));
const player = spawn(scaipd, ['replay', 'open', file, '--no-browser'], { stdio: ['ignore', 'pipe', 'inherit'] });
const { browser, page } = await person(undefined);
try {
  const [said] = await once(player.stdout, 'data');
  await page.goto(/http:\S+/.exec(String(said))?.[0] ?? '');
  const ruler = page.getByRole('slider', { name: 'Moment of the call' });
  await ruler.waitFor();
  await pause(1500);
  for (const playing of [false, true]) {
    const took = [];
    let seed = 7; // the same places in each run
    for (let n = 0; n < Number(count) + WARM; n++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      const box = await ruler.boundingBox();
      if (!box) throw new Error('there is no timeline');
      await page.evaluate(prepare, playing);
      await page.mouse.click(box.x + box.width * (0.005 + (0.99 * seed) / 2 ** 32), box.y + box.height / 2);
      const one = await page.evaluate(() => /** @type {any} */ (globalThis).seen);
      if (n >= WARM) took.push(one);
      await pause(REST);
    }
    const spread = (/** @type {number[]} */ list) =>
      Object.fromEntries([0.5, 0.95, 1].map((q) => [q === 1 ? 'max' : `p${q * 100}`, Math.round(quantile(list, q))]));
    const rows = { first: spread(took.map((t) => t.first)), all: spread(took.map((t) => t.all)) };
    console.log(JSON.stringify({ playing, seeks: took.length, pictures: took[0].pictures, ...rows }));
  }
} finally {
  await browser.close();
  player.kill();
  if (dir) rmSync(dir, { recursive: true });
}

/** @param {string} path where the file is to be @returns {string} path */
function long(path) {
  const media = fileURLToPath(new URL('../../testdata/media/', import.meta.url));
  const clips = ['--media', join(media, 'walk.webm'), '--quiet-media', join(media, 'flashbeep.webm')];
  execFileSync(scaipd, ['bench', 'replay', ...clips, '--calls', '0', '--seeks', '1', '--keep-file', path], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return path;
}

/** Runs in the page: what the next click on the timeline brings about is in `seen`, ms. @param {boolean} playing */
function prepare(playing) {
  const { replay } = /** @type {any} */ (document.querySelector('scaip-replay'));
  const { past } = replay;
  if (playing) past.play();
  else past.pause();
  const players = [...past.people.values()].map((p) => p.picture(0).player).filter((p) => p.canvases.size > 0);
  if (players.length === 0) throw new Error('nobody is to be seen in this file');
  /** @type {any} */ (globalThis).seen = new Promise((resolve, reject) => {
    addEventListener(
      'pointerdown',
      ({ timeStamp: began }) => {
        let first = 0;
        let to = Number.NaN; // µs: the click has been taken in when a frame is due
        const there = new Set();
        const look = () => {
          if (Number.isNaN(to)) to = past.now();
          for (const p of players)
            if (p.aim < Infinity && p.shown >= p.aim && Math.abs(p.shown - to) < 1e6) there.add(p);
          const passed = performance.now() - began;
          if (there.size > 0) first ||= passed;
          if (there.size === players.length) resolve({ first, all: passed, pictures: players.length });
          else if (passed > 10_000) reject(new Error(`only ${there.size} of ${players.length} pictures came`));
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      },
      { once: true, capture: true },
    );
  });
}
