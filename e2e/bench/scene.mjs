// What the rows of the measurement stand on: a daemon, a line, and one browser with a page for each person.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join as path } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { command } from '../moments.mjs';
import { binary, Daemon, out } from '../rig.mjs';
import { join, register, setUp } from '../steps.mjs';

/** @typedef {import('playwright-core').Page} Page */

const here = dirname(fileURLToPath(import.meta.url));
const root = path(here, '../..');

/** A bad line (internal/netsim): orders go in, a line each. */
export class Line {
  /** @param {string} to host and port @param {string[]} [how] flags of cmd/netsim */
  static async open(to, how = []) {
    const program = path(out, 'netsim');
    execFileSync('go', ['build', '-o', program, './internal/netsim/cmd/netsim'], { cwd: root, stdio: 'inherit' });
    const line = new Line();
    line.child = spawn(program, ['--to', to, ...how], { stdio: ['pipe', 'pipe', 'inherit'] });
    line.answers = createInterface({ input: line.child.stdout })[Symbol.asyncIterator]();
    line.url = `http://${JSON.parse((await line.answers.next()).value).listen}`;
    return line;
  }

  /** @param {string | object} order */
  async order(order) {
    this.child.stdin.write(`${typeof order === 'string' ? order : JSON.stringify(order)}\n`);
    assert.deepEqual(JSON.parse((await this.answers.next()).value), { ok: true });
  }

  close() {
    this.child.stdin.end();
  }
}

/** A sound file: a low tone, and twice a second a click of 10 ms that stands out of it. */
function clicks() {
  const file = path(out, 'clicks.wav');
  if (existsSync(file)) return file;
  const rate = 48_000;
  const count = 20 * rate;
  const wav = Buffer.alloc(44 + 2 * count);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + 2 * count, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(2 * rate, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(2 * count, 40);
  for (let i = 0; i < count; i++) {
    const tone = 0.05 * Math.sin((2 * Math.PI * 220 * i) / rate);
    const click = i % (rate / 2) < rate / 100 ? 0.85 * Math.cos((2 * Math.PI * 1000 * i) / rate) : 0;
    wav.writeInt16LE(Math.round(32767 * (tone + click)), 44 + 2 * i);
  }
  writeFileSync(file, wav);
  return file;
}

/** Camera and microphone of files: flashbeep.webm. */
function flashes() {
  const source = path(root, 'testdata/media/flashbeep.webm');
  const [picture, sound] = [path(out, 'flashbeep.y4m'), path(out, 'flashbeep.wav')];
  const ffmpeg = (/** @type {string[]} */ args) => execFileSync('ffmpeg', ['-v', 'error', '-y', ...args]);
  if (!existsSync(picture)) ffmpeg(['-i', source, '-an', '-pix_fmt', 'yuv420p', picture]);
  if (!existsSync(sound)) ffmpeg(['-i', source, '-vn', '-ac', '1', '-ar', '48000', sound]);
  return { picture, sound };
}

/** A browser whose microphone clicks and whose camera, if it is not the drawn one, flashes. @param {boolean} flashing */
export function launch(flashing) {
  const { picture, sound } = flashing ? flashes() : { picture: '', sound: clicks() };
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--autoplay-policy=no-user-gesture-required',
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${sound}`,
      ...(picture ? [`--use-file-for-fake-video-capture=${picture}`] : []),
      ...(process.env.BENCH_CHROMIUM ?? '').split(' ').filter(Boolean),
    ],
  });
}

/**
 * A page that has what in-page.js is.
 * @param {import('playwright-core').Browser} browser
 * @param {string} start what it does before everything else in the page
 */
export async function open(browser, start) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 960 },
    locale: 'en-GB',
    bypassCSP: true,
  });
  const parts = ['threads.js', 'in-page.js'].map((name) => readFileSync(path(here, name), 'utf8'));
  await context.addInitScript({ content: [...parts, start].join('\n') });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  return page;
}

export class Scene {
  /**
   * Ada, who sends, and Bob, who sees and hears her, in a call.
   * @param {{flashing?: boolean, voice?: boolean, line?: string[], loud?: number, wait?: boolean, alone?: boolean,
   *   others?: string[]}} [how] voice: Ada is
   *   not muted; line: flags of the line that Bob is on; loud: what counts as a sound; wait: Bob does not join yet; alone: Ada is
   *   muted and shows nothing, and Bob never joins; others: logins of more members
   */
  static async open({ flashing = false, voice = true, line, loud, wait = false, alone = false, others = [] } = {}) {
    const scene = new Scene();
    try {
      scene.daemon = new Daemon(binary());
      await scene.daemon.start();
      scene.url = scene.daemon.url;
      if (line) {
        scene.line = await Line.open(`127.0.0.1:${scene.daemon.port}`, line);
        scene.url = scene.line.url;
      }
      scene.browser = await launch(flashing);
      const level = `bench.loud = ${loud ?? (flashing ? 0.06 : 0.3)};`;
      scene.ada = await open(scene.browser, `${level} bench.devices({ clock: ${!flashing} });`);
      scene.bob = await open(scene.browser, `${level} bench.ear(); bench.find('Ada Lovelace'); bench.eye();`);
      await setUp(scene.ada, scene.daemon.setup);
      await register(scene.bob, scene.url, { name: 'Bob Noyce', login: 'bob' });
      for (const login of others)
        command(scene.daemon, ['user', 'add', login, '--name', login, '--password-stdin'], 'long enough\n');
      const members = ['bob', ...others].flatMap((login) => ['--member', login]);
      command(scene.daemon, ['group', 'add', 'Bench', '--owner', 'ada', ...members]);
      await scene.ada.getByRole('link', { name: /Bench/ }).click();
      await scene.ada.getByRole('button', { name: 'Call', exact: true }).click();
      await anteroom(scene.ada, { muted: !voice || alone, camera: !alone });
      scene.call = new URL(scene.ada.url()).hash.split('/').at(-1);
      if (wait || alone) return scene;
      await scene.bob.getByRole('link', { name: /Bench/ }).click();
      await scene.bob.getByRole('link', { name: 'Join' }).click();
      await join(scene.bob, { silent: true });
      return scene;
    } catch (error) {
      await scene.close();
      throw error;
    }
  }

  /** What Bob has of Ada. */
  other() {
    return this.bob.evaluate(() =>
      window.scaip.stats()?.people.find((/** @type {any} */ p) => p.name.startsWith('Ada')),
    );
  }

  async close() {
    await this.browser?.close();
    this.line?.close();
    await this.daemon?.remove();
  }
}

/**
 * Into the call with the sound as it is.
 * @param {Page} page
 * @param {{muted: boolean, camera: boolean}} how
 */
async function anteroom(page, { muted, camera }) {
  await page.getByRole('button', { name: /^Join (now|without)/ }).waitFor();
  await page.locator('summary', { hasText: 'Camera and microphone' }).click();
  await page.getByLabel('Clean up my sound').uncheck();
  if (muted) await page.getByRole('button', { name: 'Mute' }).click();
  if (!camera) await page.getByRole('button', { name: 'Turn camera off' }).click();
  await page.getByRole('button', { name: /^Join (now|without)/ }).click();
  await page.getByRole('toolbar', { name: 'Call controls' }).waitFor();
}
