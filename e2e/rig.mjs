// What the tests stand on: the daemon on a fresh directory, and a browser for each person, with a camera and a microphone made of
// files.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');
/** ms for what takes a moment here: a machine that builds may be many times slower */
export const LONG = 45_000;

export const out = join(here, 'out');
mkdirSync(out, { recursive: true });

/** The daemon under test: SCAIPD names a binary; without it, it is built. */
export function binary() {
  if (process.env.SCAIPD) return process.env.SCAIPD;
  const path = join(out, 'scaipd');
  execFileSync('go', ['build', '-o', path, './cmd/scaipd'], { cwd: root, stdio: 'inherit' });
  return path;
}

/** @returns {Promise<number>} a port that is free now */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/** A daemon that can be killed and started again on the same directory and port. */
export class Daemon {
  /** @param {string} path of the binary */
  constructor(path) {
    this.path = path;
    this.dir = mkdtempSync(join(tmpdir(), 'scaip-e2e-'));
    this.port = 0;
    this.url = '';
    this.setup = '';
    this.log = '';
    /** @type {import('node:child_process').ChildProcess | undefined} */
    this.process = undefined;
  }

  /** @param {string[]} flags more of them */
  async start(...flags) {
    this.port ||= await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    const args = [
      'serve',
      '--data-dir',
      this.dir,
      '--listen',
      `127.0.0.1:${this.port}`,
      '--registration',
      'open',
      ...flags,
    ];
    const child = spawn(this.path, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
    this.process = child;
    const hear = (/** @type {Buffer} */ data) => {
      this.log += data;
      const token = /#setup=([\w-]+)/.exec(this.log);
      if (token) this.setup = `${this.url}/#setup=${token[1]}`;
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    for (let tries = 0; ; tries++) {
      if (child.exitCode !== null) throw new Error(`the daemon has ended:\n${this.log}`);
      const ready = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (ready?.ok) return;
      if (tries === 600) throw new Error(`the daemon is not ready:\n${this.log}`);
      await pause(100);
    }
  }

  /** @param {NodeJS.Signals} signal */
  async stop(signal = 'SIGTERM') {
    const child = this.process;
    this.process = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  async remove() {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/**
 * A picture file and a sound file for a fake camera and microphone, made once.
 * @param {'walk' | 'box'} clip
 * @param {number} tone Hz; 0: the clip's own sound
 */
export function capture(clip, tone = 0) {
  const source = join(root, 'testdata/media', `${clip}.webm`);
  const picture = join(out, `${clip}.y4m`);
  const sound = join(out, tone ? `${tone}.wav` : `${clip}.wav`);
  const ffmpeg = (/** @type {string[]} */ args) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args]);
  if (!existsSync(picture)) ffmpeg(['-i', source, '-t', '8', '-an', '-pix_fmt', 'yuv420p', picture]);
  if (!existsSync(sound)) {
    const from = tone ? ['-f', 'lavfi', '-i', `sine=frequency=${tone}:duration=30,volume=4`] : ['-i', source];
    ffmpeg([...from, '-vn', '-ac', '1', '-ar', '48000', sound]);
  }
  return { picture, sound };
}

/**
 * A browser of one person. Its pages' errors are collected: a test ends with none.
 * @param {{picture: string, sound: string} | undefined} devices none: there is no camera and no microphone
 * @param {number} [count] of cameras and of microphones, all with the same picture and sound
 */
export async function person(devices, count = 1) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--autoplay-policy=no-user-gesture-required',
      ...(devices
        ? [
            '--use-fake-ui-for-media-stream',
            `--use-fake-device-for-media-stream=device-count=${count}`,
            `--use-file-for-fake-video-capture=${devices.picture}`,
            `--use-file-for-fake-audio-capture=${devices.sound}`,
          ]
        : []),
    ],
  });
  return { browser, ...(await visit(browser)) };
}

/** A page with cookies and settings of its own. @param {import('playwright-core').Browser} browser */
export async function visit(browser) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  // Chromium itself forgets one now and then, when it hands a camera's pictures over to a worker: one of 600 times, also where all are closed.
  let spare = 1;
  page.on('pageerror', (e) => errors.push(String(e.stack ?? e)));
  page.on('console', (m) => {
    if (m.type() !== 'error') return;
    // What the network does is said by the page; the browser's own lines about it are none of the page's faults.
    if (/WebSocket connection|ERR_CONNECTION|Failed to load resource/.test(m.text())) return;
    if (/VideoFrame was garbage collected/.test(m.text()) && spare-- > 0) return;
    errors.push(`${m.text()} (${m.location().url}:${m.location().lineNumber})`);
  });
  page.setDefaultTimeout(LONG);
  return { context, page, errors };
}

/**
 * What pages have reported until now. Memory is collected first: a picture that was not closed is told of then.
 * @param {{page: import('playwright-core').Page, errors: string[]}[]} people
 */
export async function errorsOf(...people) {
  for (const { page } of people) {
    if (page.isClosed()) continue;
    await page.requestGC();
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
  }
  return people.flatMap((p) => p.errors);
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks until the answer is good or the time is up; then the last answer is in the error.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} ask
 * @param {(answer: T) => boolean} good
 * @param {number} [ms]
 */
export async function until(what, ask, good, ms = LONG) {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (Date.now() > end) throw new Error(`${what}: after ${ms} ms still ${JSON.stringify(answer)}`);
    await pause(150);
  }
}
