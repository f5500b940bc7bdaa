// A real Firefox, for what Chromium without some of its parts can't show. It is driven by its own protocol, WebDriver BiDi, which
// playwright-core speaks only with Firefoxes of its own. Its sound runs only where there is a sound card: PulseAudio plays one.

import puppeteer from 'puppeteer-core';
import { LONG } from './rig.mjs';
import { program, soundCard } from './sound-card.mjs';

const firefox = process.env.FIREFOX ?? program('firefox-esr', 'firefox');

/** What is missing for a Firefox with sound; '' if nothing is. */
export const missing = [firefox ? '' : 'Firefox', program('pulseaudio') ? '' : 'PulseAudio']
  .filter(Boolean)
  .join(' and ');

/**
 * A Firefox of one person, with a camera whose picture changes its colour and a microphone that hears a tone. Its page's errors are collected.
 * @param {number} tone Hz; 0: there is no camera, and the microphone hears what the loudspeaker plays
 */
export async function firefoxPerson(tone) {
  const card = await soundCard();
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: firefox,
    timeout: LONG,
    protocolTimeout: 2 * LONG,
    env: card.env,
    extraPrefsFirefox: {
      'media.navigator.streams.fake': tone > 0,
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
    card.close();
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
