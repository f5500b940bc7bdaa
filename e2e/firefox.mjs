// A real Firefox, for what Chromium without some of its parts can't show. It is driven by its own protocol, WebDriver BiDi, which
// playwright-core speaks only with Firefoxes of its own. Its sound runs only where there is a sound card: PulseAudio plays one.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { LONG, until } from './rig.mjs';

/** @param {string[]} names @returns {string | undefined} the first that is a program here */
function program(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

const firefox = process.env.FIREFOX ?? program('firefox-esr', 'firefox');
const pulse = program('pulseaudio');

/** What is missing for a Firefox with sound; '' if nothing is. */
export const missing = [firefox ? '' : 'Firefox', pulse ? '' : 'PulseAudio'].filter(Boolean).join(' and ');

/**
 * A Firefox of one person, with a camera whose picture changes its colour and a microphone that hears a tone. Its page's errors are collected.
 * @param {number} tone Hz
 */
export async function firefoxPerson(tone) {
  const dir = mkdtempSync(join(tmpdir(), 'scaip-sound-'));
  const socket = join(dir, 'native');
  const modules = [`module-native-protocol-unix socket=${socket} auth-anonymous=1`, 'module-null-sink rate=48000'];
  const card = spawn(
    /** @type {string} */ (pulse),
    ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', ...modules.flatMap((m) => ['-L', m])],
    { stdio: 'ignore', env: { ...process.env, XDG_RUNTIME_DIR: dir, PULSE_RUNTIME_PATH: dir } },
  );
  await until('PulseAudio listens', async () => existsSync(socket), Boolean);
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefox,
    timeout: LONG,
    protocolTimeout: 2 * LONG,
    env: { ...process.env, PULSE_SERVER: `unix:${socket}` },
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.audio.fake_frequency': tone,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
    },
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(LONG);
  await page.setViewport({ width: 1280, height: 800 });
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (e) => errors.push(String(/** @type {Error} */ (e).stack ?? e)));
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()));
  const close = async () => {
    await browser.close();
    card.kill();
    rmSync(dir, { recursive: true, force: true });
  };
  return { page, errors, close };
}

/**
 * Presses a button that people can see, wherever in the page's components it is.
 * @param {import('puppeteer-core').Page} page
 * @param {string} name its label, or else what stands on it
 */
export async function press(page, name) {
  const button = await page.waitForFunction(
    (is) => {
      const all = [...document.querySelectorAll('*')];
      for (const e of all) {
        if (e.shadowRoot) all.push(...e.shadowRoot.querySelectorAll('*'));
        if (e.matches('button') && e.checkVisibility() && (e.ariaLabel ?? e.textContent?.trim()) === is) return e;
      }
      return undefined;
    },
    { polling: 200 },
    name,
  );
  await /** @type {import('puppeteer-core').ElementHandle} */ (button).click();
}
