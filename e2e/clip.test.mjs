// A clip: a part of a call behind a link, for somebody who has no account; and nothing, once it is revoked.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join as path } from 'node:path';
import { after, before, test } from 'node:test';
import { look, SIZES } from './looks.mjs';
import { binary, Daemon, errorsOf, out, person, until } from './rig.mjs';
import { setUp } from './steps.mjs';

const walk = new URL('../testdata/media/walk.webm', import.meta.url).pathname;

/** @type {Daemon} */
let daemon;
/** @type {Awaited<ReturnType<typeof person>>} */
let ada;
/** @type {typeof ada} who has no account */
let stranger;
let call = '';
let link = '';

/** What is beside the picture covers it on a phone. @param {string} size */
async function uncover(size) {
  const close = ada.page.locator('scaip-replay-side').getByRole('button', { name: 'Close' });
  if (size === 'phone' && (await close.isVisible())) await close.click();
}

/** @param {string[]} args */
const scaipd = (...args) => execFileSync(daemon.path, [...args, '--data-dir', daemon.dir], { encoding: 'utf8' }).trim();

before(async () => {
  daemon = new Daemon(binary());
  await daemon.start();
  [ada, stranger] = await Promise.all([person(undefined), person(undefined)]);
  await setUp(ada.page, daemon.setup);
  scaipd('group', 'add', 'Team', '--owner', 'ada');
  call = scaipd('call', 'start', 'Team');
  scaipd('bot', '--call', call, '--as', 'ada', '--media', walk, '--loop', '--for', '9s');
  await ada.context.grantPermissions(['clipboard-read', 'clipboard-write']);
});

after(async () => {
  await Promise.all([ada, stranger].map((p) => p?.browser.close()));
  await daemon?.remove();
});

test('a part is marked, in both themes, on a desktop and on a phone', async () => {
  const { page } = ada;
  await page.goto(`${daemon.url}/#/r/${call}?t=2`);
  await page.getByRole('slider', { name: 'Moment of the call' }).waitFor();
  await page.getByRole('button', { name: 'Mark a part' }).click();
  await page.getByRole('button', { name: 'Begins here' }).waitFor();
  await look(page, 'part', uncover);
  await page.setViewportSize({ width: 360, height: 740 });
  const columns = await page.locator('scaip-replay-part').evaluate((bar) => {
    const all = /** @type {ShadowRoot} */ (bar.shadowRoot).querySelectorAll('.button, scaip-replay-button');
    return [...all].map((b) => b.getBoundingClientRect()).map(({ left, right }) => `${left} to ${right}`);
  });
  assert.equal(columns.length, 6);
  assert.equal(new Set(columns).size, 2, `on a narrow phone they stand in two columns: ${columns}`);
  await page.setViewportSize(SIZES.desktop);
  await page.getByRole('button', { name: 'Mark a part' }).click();
});

test('a member makes a clip, in both themes, on a desktop and on a phone', async () => {
  const { page } = ada;
  await page.goto(`${daemon.url}/#/r/${call}?t=2`);
  await page.getByRole('button', { name: 'Clip', exact: true }).click();
  await page.getByRole('heading', { name: 'Make a clip' }).waitFor();
  await look(page, 'clip', uncover);
  await page.getByLabel('From').fill('0:03');
  await page.getByLabel('To', { exact: true }).fill('0:06');
  await page.getByLabel('Name (optional)').fill('The good part');
  await page.getByRole('button', { name: 'Make and copy link' }).click();
  await page.getByRole('button', { name: 'Revoke The good part' }).waitFor();
  link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /#\/clip\/[A-Za-z0-9_-]{43}$/);
  await page.screenshot({ path: path(out, 'clip-made.png') });
});

test('somebody without an account sees that part, and no other', async () => {
  const { page } = stranger;
  await page.goto(link);
  await page.getByRole('slider', { name: 'Moment of the call' }).waitFor();
  const past = () =>
    page.evaluate(() => {
      const { replay } = /** @type {any} */ (document.querySelector('scaip-replay'));
      const { zero, end } = replay.range.value;
      return {
        zero: zero / 1e6,
        end: end / 1e6,
        shown: (replay.past.people.get(1)?.picture(0).player.shown ?? 0) / 1e6,
        state: replay.past.state.value,
      };
    });
  const start = page.getByRole('button', { name: 'Play', exact: true }).first();
  if ((await past()).state !== 'playing') await start.click();
  const at = await until('it plays', past, (p) => p.shown > 3);
  assert.ok(at.zero >= 3 - 5.1 && at.zero <= 3.1 && at.end <= 6.1, `the clip goes from ${at.zero} to ${at.end} s`);
  await page.screenshot({ path: path(out, 'clip-watched.png') });
  assert.equal(await page.evaluate((id) => fetch(`/api/calls/${id}/timeline`).then((r) => r.status), call), 401);
});

test('revoked, it shows nothing', async () => {
  await ada.page.getByRole('button', { name: 'Revoke The good part' }).click();
  await ada.page.getByRole('button', { name: 'Revoke The good part' }).waitFor({ state: 'detached' });
  const token = link.replace(/.*\//, '');
  await until(
    'it is gone',
    () =>
      fetch(`${daemon.url}/api/clips/${token}/replay.mkv`, { headers: { Range: 'bytes=0-9' } }).then((r) => r.status),
    (s) => s === 404,
  );
  await stranger.page.goto('about:blank');
  await stranger.page.goto(link);
  await stranger.page.getByText('There is no such clip').waitFor();
});

test('no page has reported an error', async () => {
  assert.deepEqual(await errorsOf(ada, stranger), []);
});
