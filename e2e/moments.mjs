// Participants without a browser whose picture and sound say what time it is: a counter drawn in bars, and tones that change every
// two seconds. And the reading of both in a page.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { out } from './rig.mjs';
import { SWEEP } from './sweep.mjs';

/** @typedef {import('playwright-core').Page} Page */

export const FPS = 15;
export const COUNT = 480; // pictures, then it begins again
export const TONES = [700, 900, 1100, 1300, 1500, 1700, 1900, 2100]; // Hz, 2 s each
const SECONDS = COUNT / FPS;

/**
 * A clip of 32 s.
 * @param {string} name
 * @param {string} sound an expression of t
 */
function clip(name, sound) {
  const path = join(out, `${name}.webm`);
  if (existsSync(path)) return path;
  // Nine bars, the lowest bit left: white is 1.
  const bars = `if(mod(floor(N/pow(2,floor(X*9/W))),2),235,16)`;
  const picture = `color=s=180x120:r=${FPS}:d=${SECONDS},format=yuv420p,geq=lum='${bars}':cb=128:cr=128`;
  const args = [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    picture,
    '-f',
    'lavfi',
    '-i',
    `aevalsrc='${sound}':s=48000:d=${SECONDS}`,
  ];
  const video = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', String(FPS), '-b:v', '300k'];
  execFileSync('ffmpeg', [...args, ...video, '-c:a', 'libopus', '-b:a', '128k', '-ac', '1', path]);
  return path;
}

/** The clip whose tone tells the time. */
export const ticking = () => clip('ticking', '0.4*sin(2*PI*t*(700+200*floor(mod(t,16)/2)))');
/** The clip with one tone. */
export const steady = () => clip('steady', '0.4*sin(2*PI*440*t)');
/** The clip with a tone that rises. */
export const rising = () => clip('rising-clear', `0.4*${SWEEP}`);

/** The index of the tone at a time of the clip; undefined close to a change. @param {number} seconds */
export function toneAt(seconds) {
  const place = (((seconds % 16) + 16) % 16) / 2;
  const into = place - Math.floor(place);
  return into > 0.2 && into < 0.8 ? Math.floor(place) : undefined;
}

/**
 * The shell command on the daemon's directory.
 * @param {import('./rig.mjs').Daemon} daemon
 * @param {string[]} args
 * @param {string} [input]
 */
export const command = (daemon, args, input) =>
  execFileSync(daemon.path, [...args, '--data-dir', daemon.dir], { encoding: 'utf8', input });

/**
 * A participant that plays a clip until it is killed.
 * @param {import('./rig.mjs').Daemon} daemon
 * @param {{as: string, call: string, media: string}} how
 */
export const bot = (daemon, { as, call, media }) =>
  spawn(daemon.path, ['bot', '--as', as, '--call', call, '--media', media, '--loop', '--data-dir', daemon.dir], {
    stdio: 'ignore',
  });

/**
 * The counter drawn in somebody's picture, and the time of the call of that picture, µs; undefined while there is none.
 * @param {Page} page
 * @param {string} name
 * @param {number} seat
 */
export async function counter(page, name, seat) {
  const canvas = page.getByRole('img', { name: `Picture of ${name}` });
  if ((await canvas.count()) === 0) return undefined;
  return canvas.evaluate((element, who) => {
    const picture = /** @type {HTMLCanvasElement} */ (element);
    const past = window.scaip.past();
    const shown = past
      ? past.people.find((/** @type {any} */ p) => p.seat === who)?.shown * 1000
      : window.scaip.stats().people.find((/** @type {any} */ p) => p.seat === who)?.video?.shown;
    const small = new OffscreenCanvas(90, 10);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (small.getContext('2d'));
    context.drawImage(picture, 0, 0, 90, 10);
    const { data } = context.getImageData(0, 5, 90, 1);
    let count = 0;
    for (let bit = 0; bit < 9; bit++) if (data[(bit * 10 + 5) * 4] > 128) count |= 1 << bit;
    return { count, shown: Number(shown), time: past?.time ?? -1, state: past?.state ?? 'live' };
  }, seat);
}

/** A way to the daemon that can be cut. @param {number} port of the daemon */
export async function wire(port) {
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) return near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [a, b] of [
      [near, far],
      [far, near],
    ]) {
      open.add(a);
      a.pipe(b);
      a.on('error', () => b.destroy());
      a.on('close', () => {
        open.delete(a);
        b.destroy();
      });
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port: own } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${own}`,
    cut: () => {
      whole = false;
      for (const s of open) s.destroy();
    },
    mend: () => {
      whole = true;
    },
    close: () => {
      for (const s of open) s.destroy();
      server.close();
    },
  };
}

/**
 * What a recording shows when, by ffmpeg: the counter of each picture of the first track whose clip is `ticking`.
 * @param {string} file
 * @returns {{at: number, count: number}[]} at: µs from the file's beginning
 */
export function drawnIn(file) {
  const ask = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', file];
  const said = execFileSync('ffprobe', ask, { encoding: 'utf8' });
  const times = said.split('\n').filter((line) => /^\d/.test(line)); // what stands beside a block has a line too
  const decode = ['-v', 'error', '-i', file, '-map', '0:v:0', '-fps_mode', 'passthrough', '-vf', 'scale=90:10'];
  const gray = execFileSync('ffmpeg', [...decode, '-f', 'rawvideo', '-pix_fmt', 'gray', '-'], { maxBuffer: 1 << 28 });
  if (gray.length !== times.length * 900) throw new Error(`${gray.length / 900} pictures of ${times.length} frames`);
  return times.map((time, n) => {
    let count = 0;
    for (let bit = 0; bit < 9; bit++) if (gray[n * 900 + 450 + bit * 10 + 5] > 128) count |= 1 << bit;
    return { at: Math.round(Number.parseFloat(time) * 1e6), count };
  });
}
