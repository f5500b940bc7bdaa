// Glass to glass and mouth to ear: Ada's drawn clock and clicking microphone, as Bob's page shows and plays them, and the same two
// through a peer connection of one page with itself.

import { pause } from '../rig.mjs';
import { delays, glass, rate, spread } from './figures.mjs';
import { open, Scene } from './scene.mjs';

const SETTLE = 15_000;
const LOOK = 20_000;
const APART = 450; // ms: the clicks are 500 apart

/** @typedef {{glass: ReturnType<typeof spread>, fps: number, ear: ReturnType<typeof spread>}} Way */

/** @param {any} from notes of who sends @param {any} to notes of who receives @returns {Way} */
function way(from, to) {
  return {
    glass: spread(glass(to.seen)),
    fps: rate(to.seen),
    ear: spread(delays(from.spoken, to.heard, APART).map((d) => d.late)),
  };
}

/** @param {import('playwright-core').Page[]} pages @param {number} ms */
export async function look(pages, ms) {
  for (const page of pages) await page.evaluate(() => window.bench.forget());
  await pause(ms);
  return Promise.all(pages.map((page) => page.evaluate(() => window.bench.notes())));
}

/** A peer connection between two ends of one page. @param {Scene} scene @param {boolean} voice */
async function reference(scene, voice) {
  const page = await open(scene.browser, '');
  await page.goto(`${scene.daemon.url}/readyz`);
  await page.evaluate((v) => window.bench.reference({ voice: v }), voice);
  await pause(SETTLE);
  const [notes] = await look([page], LOOK);
  await page.context().close();
  return way(notes, notes);
}

/** @type {Map<boolean, Promise<{ours: Way, theirs: Way, player: any, output: number}>>} */
const measured = new Map();

/** Both in one run, measured once for all rows that want it. @param {boolean} voice whether Ada's microphone is open */
function live(voice) {
  if (!measured.has(voice)) measured.set(voice, measure(voice));
  return measured.get(voice);
}

/** @param {boolean} voice */
async function measure(voice) {
  const scene = await Scene.open({ voice });
  try {
    await pause(SETTLE);
    const [a, b] = await look([scene.ada, scene.bob], LOOK);
    const player = await scene.other();
    const output = (await scene.bob.evaluate(() => window.scaip.stats().latency)) ?? 0;
    await scene.ada.context().close();
    await scene.bob.context().close();
    return { ours: way(a, b), theirs: await reference(scene, voice), player, output };
  } finally {
    await scene.close();
  }
}

/** @param {{p50: number, p95: number}} s */
const both = (s) => `p50 ${s.p50.toFixed(0)} ms, p95 ${s.p95.toFixed(0)} ms`;

/** @param {Way['glass']} ours @param {Way['glass']} theirs not above, but for a ms of the clock that is drawn */
const within = (ours, theirs) => ours.n > 20 && ours.p50 <= theirs.p50 + 1 && ours.p95 <= theirs.p95 + 1;

/** @param {boolean} voice */
async function glassRow(voice) {
  const { ours, theirs } = await live(voice);
  return {
    figure: `glass to glass, ${voice ? 'with a voice' : 'nobody speaks'}`,
    measured: `${both(ours.glass)}, ${ours.fps.toFixed(1)} pictures/s`,
    reference: `${both(theirs.glass)}, ${theirs.fps.toFixed(1)} pictures/s`,
    aim: 'not above the peer connection’s',
    met: within(ours.glass, theirs.glass),
    values: { ours: ours.glass, theirs: theirs.glass, fps: ours.fps },
  };
}

export const rows = {
  glass: async () => [await glassRow(false), await glassRow(true)],
  ear: async () => {
    const { ours, theirs, player, output } = await live(true);
    return [
      {
        figure: 'mouth to ear, before the sound card',
        measured: `${both(ours.ear)}`,
        reference: `${both(theirs.ear)}`,
        aim: 'not above the peer connection’s',
        met: within(ours.ear, theirs.ear),
        values: { ours: ours.ear, theirs: theirs.ear, output, player },
      },
    ];
  },
};
