// A replay by what is drawn and heard: the clock in the picture after a seek, from picture to picture, while it plays, and the pitch at other
// speeds. What ought to be there is read out of the recording by ffmpeg.

import assert from 'node:assert/strict';
import { join as path } from 'node:path';
import { after, before, test } from 'node:test';
import { bot, command, counter, drawnIn, FPS, steady, ticking } from './moments.mjs';
import { binary, Daemon, errorsOf, pause, person, until } from './rig.mjs';
import { tones } from './senses.mjs';
import { setUp } from './steps.mjs';

/** @type {Daemon} */
let daemon;
/** @type {Awaited<ReturnType<typeof person>>} */
let cy;
/** @type {import('node:child_process').ChildProcess[]} */
const bots = [];
let call = '';
/** @type {{at: number, count: number}[]} */
let drawn = [];

const STEADY = 440; // Hz, Bob's tone
const ADA = 1; // her seat: she shows the counter

before(async () => {
  daemon = new Daemon(binary());
  await daemon.start();
  cy = await person(undefined);
  await setUp(cy.page, daemon.setup, { name: 'Cy Young', login: 'cy' });
  for (const [login, name] of Object.entries({ ada: 'Ada', bob: 'Bob' }))
    command(daemon, ['user', 'add', login, '--name', name, '--password-stdin'], 'long enough\n');
  command(daemon, ['group', 'add', 'Time', '--owner', 'cy', '--member', 'ada', '--member', 'bob']);
  call = JSON.parse(command(daemon, ['call', 'start', 'Time', '--as', 'cy', '--json'])).call;
  bots.push(bot(daemon, { as: 'ada', call, media: ticking() }));
  await until(
    'Ada is in',
    async () => command(daemon, ['call', 'show', call]),
    (s) => s.includes('Ada'),
  );
  bots.push(bot(daemon, { as: 'bob', call, media: steady() }));
  await pause(14_000);
  command(daemon, ['call', 'end', call]);
  const file = path(daemon.dir, 'seek.mkv');
  command(daemon, ['replay', call, '-o', file]);
  drawn = drawnIn(file);
  assert.ok(drawn.length > 8 * FPS, `${drawn.length} pictures`);
  await cy.page.goto(`${daemon.url}/#/r/${call}?t=1`);
  await cy.page.getByRole('slider', { name: 'Moment of the call' }).waitFor();
});

after(async () => {
  for (const b of bots) b.kill();
  await cy?.browser.close();
  await daemon?.remove();
});

const shown = () => counter(cy.page, 'Ada', ADA);

/** Index of the picture that is to be seen at a time. @param {number} at µs */
const due = (at) => drawn.findLastIndex((d) => d.at <= at + 500);

/** @param {number} at µs */
async function go(at) {
  await cy.page.evaluate(
    (t) => {
      const [hash] = location.hash.split('?');
      location.hash = `${hash}?t=${t}`;
    },
    (at / 1e6).toFixed(4),
  );
}

/** Waits for a picture, sees that it stays, and returns the moment that the page says. @param {string} what @param {number} index */
async function expect(what, index) {
  const want = drawn[index].count;
  await until(what, shown, (c) => c?.count === want, 10_000);
  await pause(250);
  const c = await shown();
  assert.equal(c?.count, want, `${what}: it does not stay`);
  return (c?.time ?? 0) * 1000;
}

test('a seek shows the picture of that moment, forward and back', async () => {
  const { page } = cy;
  await until('it plays', shown, (c) => c?.state === 'playing');
  await page.keyboard.press('k');
  await until('it stands', shown, (c) => c?.state === 'paused');
  const last = drawn.length - 1;
  const took = [];
  // Close before and after key frames, far and near, forward and back.
  for (const index of [30, 29, 31, 100, last - 5, 14, 15, 16, 60, 59, last - 20, 45]) {
    const at = drawn[index].at + 25_000;
    await go(at);
    const asked = Date.now();
    const time = await expect(`the picture ${drawn[index].count} at ${at / 1e6} s`, index);
    took.push(Date.now() - asked);
    assert.ok(Math.abs(time - at) < 1000, `the page says ${time}, asked was ${at}`);
  }
  console.log(`# found and looked at again after ${took} ms`);
});

test('it is stepped from picture to picture, forward and back over key frames', async () => {
  const { page } = cy;
  const start = 2 * FPS + 12;
  await page.getByRole('combobox', { name: 'Whom to see' }).selectOption({ label: 'Only Ada' }); // a step is one of what is seen
  await go(drawn[start].at + 10_000);
  await expect('the first', start);
  let index = start;
  for (const [key, by] of /** @type {[string, number][]} */ ([
    ...Array(5).fill(['.', 1]),
    ...Array(9).fill([',', -1]),
  ])) {
    index += by;
    await page.keyboard.press(key);
    const want = drawn[index];
    await until(`step ${key} to ${want.count}`, shown, (c) => c?.count === want.count, 10_000);
  }
  const c = await shown();
  assert.ok(Math.abs((c?.time ?? 0) * 1000 - drawn[index].at) < 70_000);
  await page.getByRole('combobox', { name: 'Whom to see' }).selectOption({ label: 'Everybody' });
});

test('hovering over the timeline shows a picture of that moment, from its key frame on; keys do it too', async () => {
  const { page } = cy;
  const ruler = page.getByRole('slider', { name: 'Moment of the call' });
  const box = await ruler.boundingBox();
  assert.ok(box);
  /** The counter in the small picture; −1: there is none. */
  const small = () =>
    page.evaluate(() => {
      const root = document.querySelector('scaip-app')?.shadowRoot?.querySelector('scaip-replay')?.shadowRoot;
      const peek = root?.querySelector('scaip-replay-lanes')?.shadowRoot?.querySelector('scaip-replay-peek');
      const canvas = peek?.shadowRoot?.querySelector('canvas');
      if (!canvas) return -1;
      const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(
        0,
        canvas.height >> 1,
        canvas.width,
        1,
      );
      let count = 0;
      for (let bit = 0; bit < 9; bit++)
        if (data[Math.floor(((bit + 0.5) * canvas.width) / 9) * 4] > 128) count |= 1 << bit;
      return count;
    });
  const end = Number(await ruler.getAttribute('aria-valuemax'));
  const before = await shown();
  for (const place of [0.3, 0.8, 0.31, 0.5]) {
    await page.mouse.move(box.x + place * box.width, box.y + box.height / 2, { steps: 3 });
    const index = due(place * end * 1e6);
    // A picture stands for the second around it, and the key frame is at most a second before that.
    const near = (/** @type {number} */ count) => {
      const off = index - drawn.findIndex((d) => d.count === count);
      return count >= 0 && off > -FPS && off < 2.7 * FPS;
    };
    await until(`a picture of ${place * end} s, counter ${drawn[index].count} or a little before`, small, near, 15_000);
  }
  await page.mouse.move(box.x, 10);
  await until('it goes with the pointer', small, (n) => n === -1);
  await ruler.focus();
  for (let n = 0; n < 3; n++) await page.keyboard.press('Shift+ArrowRight');
  await until('a picture by keys', small, (n) => n >= 0, 15_000);
  assert.equal((await shown())?.time, before?.time, 'nothing is gone to');
  await page.keyboard.press('Enter');
  await until('it is gone to', shown, (c) => Math.abs((c?.time ?? 0) - (before?.time ?? 0) - 3000) < 50);
});

test('a part is marked by keys, and plays from its beginning to its end', async () => {
  const { page } = cy;
  for (const [at, key] of /** @type {[number, string][]} */ ([
    [6_000_000, 'o'],
    [4_500_000, 'i'],
  ])) {
    await go(at);
    await until('the moment', shown, (c) => Math.abs((c?.time ?? 0) * 1000 - at) < 1000);
    await page.keyboard.press(key);
  }
  await page.getByText('Part 0:04 – 0:06').waitFor();
  await page.getByRole('button', { name: 'Play it' }).click();
  await until('it plays', shown, (c) => c?.state === 'playing' && c.time < 6000);
  const end = await until('it stops', shown, (c) => c?.state === 'paused');
  assert.ok(end && end.time >= 6000 && end.time < 6600, `it stops at ${end?.time}`);
  await page.getByRole('button', { name: 'Mark no part' }).click();
});

for (const rate of [1, 2]) {
  test(`while it plays at ${rate}×, the picture is that of the moment that the page says`, async () => {
    const { page } = cy;
    await go(2_000_000);
    await page.getByRole('combobox', { name: 'Speed' }).selectOption(String(rate));
    await page.getByRole('slider', { name: 'Moment of the call' }).focus();
    await page.keyboard.press('k');
    await until('it plays', shown, (c) => c?.state === 'playing' && c.time > 2300);
    const off = [];
    for (let look = 0; look < 15; look++) {
      const c = await shown();
      const want = due((c?.time ?? 0) * 1000);
      if (c?.state === 'playing') off.push(Math.abs(drawn.findIndex((d) => d.count === c.count) - want));
      await pause(60);
    }
    await page.keyboard.press('k');
    await until('it stands', shown, (c) => c?.state === 'paused');
    off.sort((a, b) => a - b);
    console.log(`# pictures off at ${rate}x: ${off}`);
    assert.ok(off.length >= 8, `it played at ${off.length} of 15 looks`);
    assert.ok(off[Math.floor(off.length / 2)] <= 1, `pictures off: ${off}`);
  });
}

for (const rate of [0.5, 1.5, 2]) {
  test(`at ${rate}× the pitch stays`, async () => {
    const { page } = cy;
    await go(3_000_000);
    await page.getByRole('combobox', { name: 'Speed' }).selectOption(String(rate));
    await page.getByRole('slider', { name: 'Moment of the call' }).focus();
    await page.keyboard.press('k');
    const near = Array.from({ length: 81 }, (_, i) => STEADY - 40 + i);
    const from = await until('it plays', shown, (c) => c?.state === 'playing');
    const began = Date.now();
    await pause(1200);
    const now = await shown();
    const passed = (Number(now?.time) - Number(from?.time)) / (Date.now() - began);
    /** @type {number[]} */
    const measured = [];
    const listen = async () => {
      if ((await shown())?.state === 'ended') await page.keyboard.press('k'); // from the beginning
      const { loud } = await tones(page, near);
      const most = Math.max(...loud);
      if (most > 0.04) measured.push(near[loud.indexOf(most)]);
      return measured.length;
    };
    await until('the tone', listen, (n) => n >= 5, 60_000);
    console.log(`# at ${rate}x: ${measured} Hz, ${passed.toFixed(2)} s of the call in one`);
    for (const hz of measured) assert.ok(Math.abs(hz - STEADY) <= 5, `${STEADY} Hz has become ${measured}`);
    assert.ok(
      passed < rate * 1.15 && (passed > rate * 0.8 || now?.state !== 'playing'),
      `${passed} s in one at ${rate}×`,
    );
    await page.keyboard.press('k');
    await until('it stands', shown, (c) => c?.state !== 'playing');
  });
}

test('no page has reported an error', async () => {
  assert.deepEqual(await errorsOf(cy), []);
});
