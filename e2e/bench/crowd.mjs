// Many at once: four of whom one has a narrow line, sixteen in one browser, two tones in one ear, and the server alone.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join as path } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binary, out, pause, person, until } from '../rig.mjs';
import { files, together } from '../speak.mjs';
import { Scene } from './scene.mjs';

const root = path(dirname(fileURLToPath(import.meta.url)), '../..');
const clip = (/** @type {string} */ name) => path(root, `testdata/media/${name}.webm`);

/** The same in fewer lines; 180 are what a client sends to tiles of sixteen people. @param {string} name @param {180 | 360} lines */
function small(name, lines) {
  const file = path(out, `${name}-${lines}.webm`);
  const video = [
    '-vf',
    `scale=-2:${lines}`,
    '-c:v',
    'libvpx',
    '-deadline',
    'realtime',
    '-cpu-used',
    '8',
    '-auto-alt-ref',
    '0',
  ];
  const args = [
    '-v',
    'error',
    '-y',
    '-i',
    clip(name),
    ...video,
    '-g',
    '60',
    '-b:v',
    lines === 180 ? '140k' : '430k',
    '-c:a',
    'copy',
    file,
  ];
  if (!existsSync(file)) execFileSync('ffmpeg', args);
  return file;
}

/**
 * A bot in the call; `report` is what it says when it has ended.
 * @param {Scene} scene
 * @param {string} as
 * @param {string[]} how
 */
function bot(scene, as, how) {
  const args = ['bot', '--as', as, '--call', scene.call, '--data-dir', scene.daemon.dir, '--loop', '--json', ...how];
  const child = spawn(scene.daemon.path, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (d) => (text += d));
  const report = new Promise((done) => child.once('close', () => done(text ? JSON.parse(text) : undefined)));
  return { child, report };
}

/** What two bots and Ada had of each other in 20 s, and Bob of Ada. @param {Scene} scene */
async function phase(scene) {
  const bots = ['cyd', 'dee'].map((as, i) =>
    bot(scene, as, ['--media', small(['walk', 'box'][i], 180), '--receive', '--for', '24s']),
  );
  await pause(4000);
  const people = (/** @type {import('playwright-core').Page} */ page) =>
    page.evaluate(() => window.scaip.stats().people.filter((/** @type {any} */ p) => p.audio || p.video));
  const look = async () => ({ ada: await people(scene.ada), bob: await people(scene.bob) });
  const [from] = [await look()];
  await pause(18_000);
  const to = await look();
  const reports = await Promise.all(bots.map((b) => b.report));
  const since = (/** @type {'ada' | 'bob'} */ who, /** @type {string} */ of) => {
    const [p, q] = [from[who], to[who]].map((list) => list.find((/** @type {any} */ x) => x.name.startsWith(of)));
    return {
      fps: p && q ? (q.video.drawn - p.video.drawn) / 18 : 0,
      lost: p && q ? q.audio.lost - p.audio.lost : -1,
      concealed: p && q ? q.audio.concealed - p.audio.concealed : -1,
      received: p && q ? q.audio.received - p.audio.received : 0,
    };
  };
  // Of each other, that is without what Bob sends, who only watches.
  const lost = reports.flatMap((r) => r.received).reduce((sum, c) => sum + c.lost, 0);
  const late = Math.max(...reports.map((r) => r.latency.video.p99 / 1e6));
  return { ada: [since('ada', 'cyd'), since('ada', 'dee')], bob: since('bob', 'Ada'), lost, late, reports };
}

/** Four, and Bob's line carries 300 kbit/s from the middle on. */
async function narrow() {
  const scene = await Scene.open({ line: [], others: ['cyd', 'dee'] });
  try {
    await pause(5000);
    const wide = await phase(scene);
    await scene.line.order({ rate: '300k' });
    await pause(5000);
    const thin = await phase(scene);
    const fps = (/** @type {any} */ p) => Math.min(...p.ada.map((/** @type {any} */ x) => x.fps));
    const share = thin.bob.concealed / 180; // % of 18 s
    return [
      {
        figure: '300 kbit/s for one of four: his voice',
        measured: `${thin.bob.lost} packets lost, ${thin.bob.concealed.toFixed(0)} ms of 18 s made up`,
        reference: `${wide.bob.lost} and ${wide.bob.concealed.toFixed(0)} ms before`,
        aim: 'unbroken: none lost, ≤ 0.5 % made up',
        met: thin.bob.received > 0 && thin.bob.lost === 0 && share <= 0.5,
        values: { wide: wide.bob, thin: thin.bob },
      },
      {
        figure: 'the other three meanwhile',
        measured: `${fps(thin).toFixed(1)} pictures/s, ${thin.lost} frames lost among the bots, p99 ${thin.late.toFixed(0)} ms on the way`,
        reference: `${fps(wide).toFixed(1)}, ${wide.lost}, ${wide.late.toFixed(0)} ms before`,
        aim: 'no change',
        met: fps(thin) >= fps(wide) - 1.5 && thin.lost <= wide.lost && thin.late <= wide.late + 10,
        values: {
          wide: { ada: wide.ada, lost: wide.lost, late: wide.late },
          thin: { ada: thin.ada, lost: thin.lost, late: thin.late },
        },
      },
    ];
  } finally {
    await scene.close();
  }
}

/** Fifteen bots with camera and microphone, and one page that decodes and mixes them. */
async function many() {
  const logins = Array.from({ length: 15 }, (_, i) => `bot${i}`);
  const scene = await Scene.open({ alone: true, others: logins });
  /** @type {ReturnType<typeof bot>[]} */
  let bots = [];
  try {
    bots = logins.map((as, i) => bot(scene, as, ['--media', small(['walk', 'box'][i % 2], 180)]));
    const stats = () => scene.ada.evaluate(() => window.scaip.stats());
    const heard = (/** @type {any} */ s) => s.people.filter((/** @type {any} */ p) => p.audio?.received > 50).length;
    await until('all voices', stats, (s) => heard(s) >= 8 && s.people.length === 15, 60_000);
    await pause(15_000);
    const before = (await stats()).people;
    await pause(20_000);
    const after = (await stats()).people;
    const grown = (/** @type {(p: any) => number} */ of) =>
      after.reduce((sum, p) => sum + of(p) - of(before.find((q) => q.seat === p.seat) ?? p), 0);
    const underruns = grown((p) => p.audio?.underruns ?? 0);
    const concealed = grown((p) => p.audio?.concealed ?? 0);
    const drawn = grown((p) => p.video?.drawn ?? 0) / 20;
    return [
      {
        figure: '16 participants, one page: audio underruns in 20 s',
        measured: `${underruns}, ${concealed.toFixed(0)} ms made up; ${drawn.toFixed(0)} pictures/s drawn of all`,
        reference: '',
        aim: 'none',
        met: underruns === 0 && heard({ people: after }) >= 8,
        values: {
          underruns,
          concealed,
          drawn,
          lost: grown((p) => p.audio?.lost ?? 0),
          late: grown((p) => p.audio?.late ?? 0),
          delay: after.map((p) => Math.round(p.delay)),
        },
      },
    ];
  } finally {
    for (const b of bots) b.child.kill();
    await scene.close();
  }
}

/** Two tones, in what the client's mixer puts out, each against itself alone. */
async function two() {
  const [one, site] = await Promise.all([person(undefined), files(true)]);
  try {
    await one.page.goto(site.url);
    const levels = await together(one.page);
    const worst = Math.max(...levels[1].map((l) => Math.abs(20 * Math.log10(l / levels[0][0]))));
    return [
      {
        figure: 'two tones at once, each against itself alone',
        measured: `${worst.toFixed(2)} dB apart at most`,
        reference: '',
        aim: 'within 1 dB',
        met: worst <= 1,
        values: { worst },
      },
    ];
  } finally {
    await one.browser.close();
    site.server.close();
  }
}

/** The server, without browsers, by its own measurement. */
async function server() {
  const program = binary();
  const help = execFileSync(program, ['bench', 'call', '--help'], { encoding: 'utf8' });
  if (!help.includes('--tls')) throw new Error('this build has no bench call --tls');
  const args = ['bench', 'call', '--tls', '--media', small('walk', 360), '--bots', '15', '--for', '20s', '--json'];
  const text = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const r = JSON.parse(text);
  const mbit = r.delivered_mbit_per_second ?? r.mbit_per_second;
  const perMbit = mbit ? (100 * r.cores) / mbit : Number.NaN;
  const memory = r.resident_bytes / 1e6;
  return [
    {
      figure: 'server, 15 × 15 at 360 lines with TLS and log',
      measured: `${perMbit.toFixed(3)} % of a core per delivered Mbit/s, ${memory.toFixed(0)} MB`,
      reference: '',
      aim: '≤ 0.06 %, ≤ 80 MB',
      met: perMbit <= 0.06 && memory <= 80,
      values: r,
    },
  ];
}

export const rows = { narrow, many, two, server };
