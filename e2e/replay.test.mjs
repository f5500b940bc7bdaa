// A call that is over, played: what was seen and heard then, from any moment on, by whom it may.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join as path } from 'node:path';
import { after, before, test } from 'node:test';
import { faults } from './looks.mjs';
import { binary, capture, Daemon, errorsOf, out, pause, person, until } from './rig.mjs';
import { colorDistance, heard, seen } from './senses.mjs';
import { join, makeGroup, register, setUp, write } from './steps.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @type {Daemon} */
let daemon;
/** @type {Awaited<ReturnType<typeof person>>} who sounds as 440 Hz */
let ada;
/** @type {typeof ada} who sounds as 660 Hz */
let bob;
/** @type {typeof ada} who is in no group */
let eve;
let call = '';
/** s of the call from which on Ada has a picture */
let seenFrom = 0;

before(async () => {
  daemon = new Daemon(binary());
  await daemon.start();
  [ada, bob, eve] = await Promise.all([person(capture('walk', 440)), person(capture('box', 660)), person(undefined)]);
  await setUp(ada.page, daemon.setup);
  await register(bob.page, daemon.url, { name: 'Bob Noyce', login: 'bob' });
  await register(eve.page, daemon.url, { name: 'Eve Doe', login: 'eve' });
  await makeGroup(ada.page, 'Analytical Engine', 'Bob Noyce');
  await ada.page.getByRole('button', { name: 'Call', exact: true }).click();
  await join(ada.page, { original: true });
  call = ada.page.url().replace(/.*\/c\//, '');
  await until(
    'her picture is sent',
    () => ada.page.evaluate(() => window.scaip.stats()?.sent.video.frames),
    (n) => n > 0,
  );
  seenFrom = (await ada.page.evaluate(() => window.scaip.stats().clock.now)) / 1e6;
  await pause(3000);
  await bob.page.getByRole('link', { name: /Analytical Engine/ }).click();
  await bob.page.getByRole('link', { name: 'Join' }).click();
  await join(bob.page, { original: true });
  await ada.page.getByRole('img', { name: 'Picture of Bob Noyce' }).waitFor();
  await ada.page.getByRole('button', { name: /^Chat/ }).click();
  await pause(2000);
  await write(ada.page, 'Where is row 14?');
  await pause(3000);
  await bob.page.getByRole('button', { name: /^Chat/ }).click();
  await write(bob.page, 'On the second page.');
  await pause(5000);
  await bob.page.getByRole('button', { name: 'Leave' }).click();
  await pause(1500);
  await ada.page.getByRole('button', { name: 'More', exact: true }).click();
  await ada.page.getByRole('menuitem', { name: 'End for all' }).click();
  await ada.page.getByRole('button', { name: 'Back to the group' }).click();
  await ada.page.getByRole('link', { name: 'Calls', exact: true }).click();
});

after(async () => {
  await Promise.all([ada, bob, eve].map((p) => p?.browser.close()));
  await daemon?.remove();
});

/** Where the player is, and what is seen of Ada there: its time, and whether that is what was to be seen. @param {Page} page @param {boolean} [file] */
const state = (page, file = false) =>
  page.evaluate((alone) => {
    const root = alone ? document : document.querySelector('scaip-app')?.shadowRoot;
    const past = /** @type {any} */ (root?.querySelector('scaip-replay'))?.replay?.past;
    if (!past) return { state: 'none', at: -1, shown: -1, settled: false, last: -1 };
    const { tape, player } = past.person(1).picture(0);
    const now = past.now();
    const before = tape.items.map((/** @type {any} */ i) => i.frame.pts).filter((/** @type {number} */ p) => p <= now);
    return {
      state: past.state.value,
      at: now / 1e6,
      shown: player.shown / 1e6,
      settled: past.settled,
      last: Math.max(-1, ...before) / 1e6,
    };
  }, file);

/** @param {Page} page */
const place = async (page) => (await state(page)).at;

/** The two tones, in dB. @param {Page} page */
async function tones(page) {
  return (await heard(page, [440, 660])).map((a) => 20 * Math.log10(Math.max(a, 1e-6)));
}

/** How many colours a small picture of the list has. @param {Page} page */
const colours = (page) =>
  page.locator('scaip-call-thumb canvas').evaluate((element) => {
    const one = new OffscreenCanvas(8, 8);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (one.getContext('2d'));
    context.drawImage(/** @type {HTMLCanvasElement} */ (element), 0, 0, 8, 8);
    return new Set(new Uint32Array(context.getImageData(0, 0, 8, 8).data.buffer)).size;
  });

test('the list of past calls has a small picture of each', async () => {
  await ada.page.locator('scaip-call-thumb canvas').waitFor();
  const count = await colours(ada.page);
  assert.ok(count > 8, `${count} colours`);
});

test('a past call is watched from the list: both are seen and heard', async () => {
  await ada.page.getByRole('link', { name: 'Watch' }).click();
  await ada.page.getByRole('slider', { name: 'Moment of the call' }).waitFor();
  await ada.page.getByRole('group', { name: 'Bob Noyce' }).waitFor();
  await until(
    'it plays',
    () => state(ada.page),
    (x) => x.state === 'playing',
  );
  await ada.page.keyboard.press('2');
  const levels = [-120, -120];
  const listen = async () => (await tones(ada.page)).map((x, i) => (levels[i] = Math.max(levels[i], x)));
  await until('each tone', listen, ([a, b]) => a > -30 && b > -30);
  const bobs = await until(
    'Bob moves',
    async () => {
      await ada.page.keyboard.press('6'); // it may have come to its end meanwhile
      await press(ada.page, 'Play');
      return seen(ada.page, 'Bob Noyce', 6);
    },
    (s) => s.different > 2,
  );
  const adas = await seen(ada.page, 'Ada Lovelace', 2);
  assert.ok(colorDistance(bobs.color, adas.color) > 10, 'each shows his own picture');
});

/** Plays or stands. @param {Page} page @param {'Play' | 'Pause'} what the button to be pressed, if it is there */
async function press(page, what) {
  const button = page.getByRole('button', { name: what, exact: true });
  if (await button.isVisible()) await button.click();
}

test('solo leaves the other below −60 dB, mute too, and volume does as it says', async () => {
  const { page } = ada;
  await page.getByRole('slider', { name: 'Moment of the call' }).press('5');
  await page.getByRole('button', { name: 'Hear only Ada Lovelace', exact: true }).click();
  await until(
    'only 440 Hz',
    () => tones(page),
    ([a, b]) => a > -30 && b < -60,
  );
  await page.getByRole('button', { name: 'Hear only Ada Lovelace', exact: true }).click();
  await page.keyboard.press('5');
  await page.getByRole('button', { name: 'Mute Ada Lovelace', exact: true }).click();
  await until(
    'only 660 Hz',
    () => tones(page),
    ([a, b]) => a < -60 && b > -30,
  );
  await page.getByRole('button', { name: 'Mute Ada Lovelace', exact: true }).click();
});

test('at twice the speed the pitch stays', async () => {
  const { page } = ada;
  await page.keyboard.press('4');
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('2');
  await until(
    '440 Hz',
    () => heard(page, [440, 880]),
    ([a, b]) => a > 0.03 && b < a / 30,
  );
  // A page that waits for what is to come stands still meanwhile: one undisturbed second is enough.
  const moment = () => page.evaluate(() => ({ at: performance.now(), time: window.scaip.past().time }));
  await until(
    'two seconds in one',
    async () => {
      const from = await moment();
      await pause(1000);
      const to = await moment();
      return (to.time - from.time) / (to.at - from.at);
    },
    (speed) => speed > 1.9 && speed < 2.1,
  );
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('1');
});

test('keys go where they say, and a message is gone to by a click', async () => {
  const { page } = ada;
  await press(page, 'Pause');
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  await page.getByRole('slider', { name: 'Moment of the call' }).focus();
  await page.keyboard.press('0');
  await until(
    'the beginning',
    () => place(page),
    (s) => s < 0.3,
  );
  await page.keyboard.press('l');
  await until(
    '10 s',
    () => place(page),
    (s) => Math.abs(s - 10) < 0.2,
  );
  await page.keyboard.press('ArrowLeft');
  await until(
    '5 s',
    () => place(page),
    (s) => Math.abs(s - 5) < 0.2,
  );
  await page.getByRole('searchbox', { name: 'Search in the chat' }).fill('second page');
  await page.getByRole('button', { name: /On the second page/ }).click();
  const at = await until(
    'the message',
    () => place(page),
    (s) => s > 6,
  );
  await page.getByRole('searchbox', { name: 'Search in the chat' }).fill('');
  await page.goto(`${daemon.url}/#/r/${call}?t=2.5`);
  await until(
    'the moment of the link',
    () => place(page),
    (s) => Math.abs(s - 2.5) < 0.2,
  );
  assert.ok(at > 6);
});

test('what is seen at a moment is the same each time one goes there', async () => {
  const { page } = ada;
  const looks = [];
  await press(page, 'Pause');
  for (const after of [3, 6, 3]) {
    const t = Math.ceil(seenFrom) + after + 0.04;
    await page.goto(`${daemon.url}/#/r/${call}?t=${t}`);
    await until(
      'the moment',
      () => place(page),
      (s) => Math.abs(s - t) < 0.01,
    );
    const got = await until(
      'its picture',
      () => state(page),
      (x) => x.settled,
    );
    assert.ok(got.shown >= 0 && got.shown === got.last, `the last picture before the moment: ${JSON.stringify(got)}`);
    looks.push(got.shown);
  }
  assert.equal(looks[0], looks[2]);
  assert.ok(looks[1] > looks[0]);
});

/** How many rows the controls stand in. @param {import('playwright-core').Page} page */
const rows = (page) =>
  page.getByRole('toolbar').evaluate((bar) => {
    const middles = [...(bar.shadowRoot?.querySelectorAll('button, select') ?? [])]
      .map((e) => e.getBoundingClientRect())
      .filter((box) => box.width > 0)
      .map((box) => Math.round(box.top + box.height / 2));
    return new Set(middles).size;
  });

test('it is to be looked at, in both themes, on a desktop and on a phone', async () => {
  const { page } = ada;
  await page.goto(`${daemon.url}/#/r/${call}?t=8`);
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    for (const [size, viewport] of Object.entries({
      desktop: { width: 1280, height: 800 },
      phone: { width: 390, height: 844 },
    })) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      const close = page.getByRole('button', { name: 'Close' });
      if (size === 'phone') await page.screenshot({ path: path(out, `replay-chat-${size}-${colorScheme}.png`) });
      if (size === 'phone' && (await close.isVisible())) await close.click();
      await pause(400);
      await page.screenshot({ path: path(out, `replay-${size}-${colorScheme}.png`) });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${wide} px too wide on a ${size}`);
      if (size === 'phone') assert.equal(await rows(page), 2, 'rows of controls');
      assert.deepEqual(await faults(page), []);
      if (size === 'phone') await page.getByRole('button', { name: 'Chat and events' }).click();
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('nobody else gets anything', async () => {
  const paths = [
    `/api/calls/${call}/timeline`,
    `/api/calls/${call}/replay.mkv`,
    `/media/past/${call}`,
    '/api/calls/guess/timeline',
  ];
  const status = (/** @type {Page} */ page, /** @type {Record<string, string>} */ headers = {}) =>
    page.evaluate(
      async ([all, h]) =>
        Promise.all(
          /** @type {string[]} */ (all).map(async (p) => (await fetch(p, { headers: /** @type {any} */ (h) })).status),
        ),
      [paths, headers],
    );
  assert.deepEqual(await status(eve.page), [404, 404, 404, 404]);
  assert.deepEqual(await status(eve.page, { Range: 'bytes=0-99' }), [404, 404, 404, 404]);
  await eve.page.goto(`${daemon.url}/#/r/${call}`);
  await eve.page.getByText('There is no such call').waitFor();
  // Bob was in the call, and is then removed from the group.
  assert.equal((await status(bob.page))[0], 200);
  await ada.page.goto(`${daemon.url}/#/`);
  await ada.page.getByRole('link', { name: /Analytical Engine/ }).click();
  await ada.page.getByRole('link', { name: 'Members', exact: true }).click();
  await ada.page.getByRole('button', { name: 'More about Bob Noyce' }).click();
  await ada.page.getByRole('menuitem', { name: 'Remove from group' }).click();
  await until(
    'Bob is out',
    () => status(bob.page, { Range: 'bytes=0-99' }),
    (s) => s.every((x) => x === 404),
  );
});

test('a downloaded file is played without account and daemon', async () => {
  const file = path(out, 'replay.mkv');
  execFileSync(daemon.path, ['replay', call, '-o', file, '--data-dir', daemon.dir]);
  const player = spawn(daemon.path, ['replay', 'open', file, '--no-browser'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [data] = await once(player.stdout, 'data');
    const url = /http:\S+/.exec(String(data))?.[0] ?? '';
    const { origin } = new URL(url);
    assert.equal((await fetch(`${origin}/api/calls/${call}/timeline`)).status, 403, 'only for who has the address');
    await eve.page.goto(url);
    await eve.page.getByRole('group', { name: 'Bob Noyce' }).waitFor();
    const start = eve.page.getByRole('button', { name: 'Play', exact: true }).first();
    if ((await state(eve.page, true)).state !== 'playing') await start.click();
    await eve.page.keyboard.press('4');
    await until(
      'it plays',
      () => state(eve.page, true),
      (x) => x.state === 'playing' && x.shown > 0,
    );
    await eve.page.getByText('Where is row 14?').waitFor();
    await eve.page.screenshot({ path: path(out, 'replay-file.png') });
  } finally {
    player.kill();
  }
});

test('a call that is deleted leaves no picture', async () => {
  await ada.page.goto(`${daemon.url}/#/`);
  await ada.page.getByRole('link', { name: /Analytical Engine/ }).click();
  await ada.page.getByRole('link', { name: 'Calls', exact: true }).click();
  await ada.page.locator('scaip-call-thumb canvas').waitFor();
  ada.page.once('dialog', (d) => void d.accept());
  await ada.page.getByRole('button', { name: 'More', exact: true }).click();
  await ada.page.getByRole('menuitem', { name: 'Delete call and recording' }).click();
  await ada.page.locator('scaip-call-thumb').waitFor({ state: 'detached' });
  const kept = await ada.page.evaluate(
    () => /** @type {any} */ (document.querySelector('scaip-app')).app.thumbs.all.size,
  );
  assert.equal(kept, 0);
});

test('no page has reported an error', async () => {
  assert.deepEqual(await errorsOf(ada, bob, eve), []);
});
