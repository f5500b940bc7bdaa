// Echo: what comes back to Bob of his own voice, through Ada's loudspeaker and her microphone, which hears nothing else. The voice is played
// by Web Audio; a canceller that knows only what peer connections and media elements play would let it pass.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join as path } from 'node:path';
import { chromium } from 'playwright-core';
import { firefoxPerson, missing } from '../firefox.mjs';
import { command } from '../moments.mjs';
import { binary, capture, Daemon, out, pause, person, until, visit } from '../rig.mjs';
import { soundCard } from '../sound-card.mjs';
import { join } from '../steps.mjs';

const SETTLE = 8000; // ms that a canceller has to learn
const LISTEN = 10_000; // ms
const ENOUGH = 30; // dB

/** Somebody who speaks without a pause. */
function voice() {
  const file = path(out, 'voice.wav');
  const words =
    'The picture and the voice go through a log. So a call can be joined late, and caught up with, rewound while it runs, and replayed when it is over.';
  const from = ['-f', 'lavfi', '-i', `flite=text='${words}':voice=slt`];
  if (!existsSync(file)) execFileSync('ffmpeg', ['-v', 'error', '-y', ...from, '-ac', '1', '-ar', '48000', file]);
  return file;
}

/** A Chromium whose microphone hears what its loudspeaker plays. */
async function chromiumEcho() {
  const card = await soundCard();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    ignoreDefaultArgs: ['--mute-audio'],
    env: card.env,
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', '--use-fake-ui-for-media-stream'],
  });
  const { page } = await visit(browser);
  const close = async () => {
    await browser.close();
    card.close();
  };
  return { page, close };
}

/**
 * Ada comes into the call.
 * @param {import('playwright-core').Page} page or puppeteer's: what both have
 * @param {string} url of the daemon
 * @param {string} call
 * @param {boolean} original without a canceller
 */
async function enter(page, url, call, original) {
  await page.goto(url);
  await page.evaluate(
    async (sound) => {
      const body = JSON.stringify({ login: 'ada', password: 'long enough' });
      await fetch('/api/auth/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      localStorage.setItem('scaip.original-sound', sound);
    },
    original ? 'yes' : 'no',
  );
  await page.goto('about:blank'); // it begins anew, now with what it remembers
  await page.goto(`${url}/#/c/${call}`);
  const press = () =>
    page.evaluate(() => {
      const all = [...document.querySelectorAll('*')];
      for (const e of all) {
        if (e.shadowRoot) all.push(...e.shadowRoot.querySelectorAll('*'));
        if (e.matches('button') && /^\s*Join now/.test(e.textContent ?? '')) {
          /** @type {HTMLElement} */ (e).click();
          return true;
        }
      }
      return false;
    });
  await until('there is a button to join', () => press().catch(() => false), Boolean);
}

/** How loud it is what Bob hears, dB of full scale. @param {import('playwright-core').Page} page */
async function loudness(page) {
  let sum = 0;
  let count = 0;
  for (const end = Date.now() + LISTEN; Date.now() < end; await pause(300)) {
    const [energy, samples] = await page.evaluate(() => {
      const heard = window.scaip.heard();
      return [heard.reduce((s, v) => s + v * v, 0), heard.length];
    });
    sum += energy;
    count += samples;
  }
  return 10 * Math.log10(sum / count + 1e-12);
}

/**
 * @param {Daemon} daemon
 * @param {import('playwright-core').Page} bob
 * @param {string} call
 * @param {() => Promise<{page: any, close: () => Promise<void>}>} launch Ada's browser
 * @param {boolean} original
 */
async function comesBack(daemon, bob, call, launch, original) {
  const ada = await launch();
  try {
    await enter(ada.page, daemon.url, call, original);
    await until(
      'Bob’s voice is there',
      () => ada.page.evaluate(() => window.scaip.heard().some((/** @type {number} */ v) => Math.abs(v) > 0.05)),
      Boolean,
    );
    await pause(SETTLE);
    // What is silent because it is cancelled still comes.
    const came = () =>
      bob.evaluate(() => window.scaip.stats().people.reduce((n, p) => n + (p.audio?.received ?? 0), 0));
    const before = await came();
    const loud = await loudness(bob);
    const packets = (await came()) - before;
    if (packets < 5) throw new Error(`Ada's microphone sends nothing: ${packets} packets`);
    return loud;
  } finally {
    await ada.close();
  }
}

export const rows = {
  echo: async () => {
    const daemon = new Daemon(binary());
    await daemon.start();
    const bob = await person({ ...capture('walk'), sound: voice() });
    try {
      for (const [login, name] of Object.entries({ bob: 'Bob Noyce', ada: 'Ada Lovelace' }))
        command(daemon, ['user', 'add', login, '--name', name, '--password-stdin'], 'long enough\n');
      command(daemon, ['group', 'add', 'Echo', '--owner', 'bob', '--member', 'ada']);
      const { call } = JSON.parse(command(daemon, ['call', 'start', 'Echo', '--as', 'bob', '--json']));
      await bob.page.goto(daemon.url);
      await bob.page.evaluate(async () => {
        const body = JSON.stringify({ login: 'bob', password: 'long enough' });
        await fetch('/api/auth/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      });
      await bob.page.goto(`${daemon.url}/#/c/${call}`);
      await bob.page.reload();
      await join(bob.page, { original: true });
      const browsers = { Chromium: chromiumEcho, ...(missing ? {} : { Firefox: () => firefoxPerson(0) }) };
      const figures = [];
      for (const [name, launch] of Object.entries(browsers)) {
        const [without, cancelled] = [
          await comesBack(daemon, bob.page, call, launch, true),
          await comesBack(daemon, bob.page, call, launch, false),
        ];
        figures.push({
          figure: `echo through ${name}`,
          measured: `${cancelled.toFixed(0)} dB, ${(without - cancelled).toFixed(0)} dB less than as it is`,
          reference: `as it is: ${without.toFixed(0)} dB`,
          aim: `${ENOUGH} dB less`,
          met: without - cancelled >= ENOUGH,
          values: { without, cancelled },
        });
      }
      return figures;
    } finally {
      await bob.browser.close();
      await daemon.remove();
    }
  },
};
