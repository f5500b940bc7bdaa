// What recordings take, as an administrator sees it, who deletes one; and that nobody else does.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join as path } from 'node:path';
import { after, before, test } from 'node:test';
import { look } from './looks.mjs';
import { binary, Daemon, errorsOf, person, until } from './rig.mjs';
import { register, setUp } from './steps.mjs';

const walk = new URL('../testdata/media/walk.webm', import.meta.url).pathname;

/** @type {Daemon} */
let daemon;
/** @type {Awaited<ReturnType<typeof person>>} the administrator */
let ada;
/** @type {typeof ada} */
let bob;
let team = ''; // the call of a group that the administrator is not in

/** @param {string[]} args */
const scaipd = (...args) => execFileSync(daemon.path, [...args, '--data-dir', daemon.dir], { encoding: 'utf8' }).trim();

/** Records a call of bob's. @param {string} group @param {string} length @returns {string} its ID */
function recorded(group, length) {
  const call = scaipd('call', 'start', group);
  scaipd('bot', '--call', call, '--as', 'bob', '--media', walk, '--for', length);
  return call;
}

/** @param {string} call */
const file = (call) => path(daemon.dir, 'calls', `${call}.mkv`);

before(async () => {
  daemon = new Daemon(binary());
  await daemon.start();
  [ada, bob] = await Promise.all([person(undefined), person(undefined)]);
  await setUp(ada.page, daemon.setup);
  await register(bob.page, daemon.url, { name: 'Bob Noyce', login: 'bob' });
});

after(async () => {
  await Promise.all([ada, bob].map((p) => p?.browser.close()));
  await daemon?.remove();
});

test('an administrator sees that nothing is recorded', async () => {
  const { page } = ada;
  await page.getByRole('link', { name: 'Recordings' }).click();
  await page.getByText('No call has been recorded yet.').waitFor();
  await page.getByText('Nothing came in the last week.').waitFor();
  await look(page, 'recordings-none');
});

test('an administrator sees what recordings take, when it will be full, and which are largest', async () => {
  scaipd('group', 'add', 'Team', '--owner', 'bob');
  scaipd('group', 'add', 'Book club', '--owner', 'bob', '--member', 'ada');
  team = recorded('Team', '2s');
  const long = recorded('Book club', '7s');
  await until('both are sealed', async () => [team, long].every((c) => existsSync(file(c))), Boolean);
  const { page } = ada;
  await page.reload();
  await page.getByText(/^2 recordings/).waitFor();
  const rows = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: /^Delete/ }) });
  assert.equal(await rows.count(), 2);
  assert.match((await rows.first().textContent()) ?? '', /Book club[\s\S]*7 s[\s\S]*[kM]B/);
  assert.match((await rows.last().textContent()) ?? '', /Team[\s\S]*2 s[\s\S]*[kM]B/);
  assert.equal(await rows.getByRole('link').count(), 1, 'only what one may see is linked');
  assert.match(
    (await page.getByText('as in the last week').textContent()) ?? '',
    /[kM]B a day, .* (room for|more than)/,
  );
  const share = Number(await page.getByRole('meter').evaluate((m) => /** @type {HTMLMeterElement} */ (m).value));
  assert.ok(share > 0 && share < 0.9, `${share} of the disk`);
  await look(page, 'recordings');
});

test('an administrator deletes one, of a group that is not his', async () => {
  const { page } = ada;
  const before = await page.evaluate(() => fetch('/api/recordings').then((r) => r.json()));
  page.once('dialog', (d) => d.dismiss());
  await page.getByRole('button', { name: /^Delete Team/ }).click();
  assert.ok(existsSync(file(team)), 'who says no deletes nothing');
  page.once('dialog', (d) => d.accept());
  await page.getByRole('button', { name: /^Delete Team/ }).click();
  await page.getByRole('button', { name: /^Delete Team/ }).waitFor({ state: 'detached' });
  await until(
    'its file is gone',
    async () => existsSync(file(team)),
    (there) => !there,
  );
  await page.getByText(/^1 recording /).waitFor();
  const now = await page.evaluate(() => fetch('/api/recordings').then((r) => r.json()));
  assert.ok(now.bytes < before.bytes && now.files === 1, `${before.bytes} bytes, then ${now.bytes}`);
});

test('where recordings take all they may, members see it before a call and in it, until there is room', async () => {
  await daemon.stop();
  await daemon.start('--quota', '0.0001');
  await ada.page.getByText('Recordings take all they may').waitFor();
  await look(ada.page, 'recordings-spent');

  const { page } = bob;
  const say = (/** @type {string} */ what) => page.getByRole('status').filter({ hasText: `${what}, only their last` });
  await page.goto(daemon.url);
  await page.getByRole('link', { name: /Book club/ }).click();
  await say('Calls are not kept now').waitFor();
  await look(page, 'spent-group');
  await page.getByRole('button', { name: 'Call', exact: true }).click();
  await page.getByRole('button', { name: /^Join/ }).waitFor();
  await say('Calls are not kept now').waitFor();
  await look(page, 'spent-anteroom');
  await page.getByRole('button', { name: /^Join/ }).click();
  await page.getByRole('toolbar').waitFor();
  await say('Calls are not kept now').waitFor();

  const call = page.url().split('/').at(-1) ?? '';
  scaipd('bot', '--call', call, '--as', 'ada', '--media', walk, '--for', '1s');
  await page.getByRole('status').filter({ hasText: 'This call is not kept, only its last half minute' }).waitFor();
  await look(page, 'spent-call');
  scaipd('call', 'end', call);
  await page.getByRole('button', { name: 'Back' }).click();
  await say('Calls are not kept now').waitFor();
  await until('sealed', async () => existsSync(file(call)), Boolean);
  for (const of of readdirSync(path(daemon.dir, 'calls'))) {
    if (of.endsWith('.mkv')) scaipd('call', 'rm', '--yes', of.replace('.mkv', ''));
  }
  await say('Calls are not kept now').waitFor({ state: 'detached' });
});

test('of many recordings a hundred are listed, and then the others', async () => {
  await daemon.stop();
  await daemon.start();
  const all = Array.from({ length: 102 }, () => recorded('Team', '100ms'));
  await until(
    'all are sealed',
    async () => all.filter((c) => !existsSync(file(c))).length,
    (n) => n === 0,
  );
  const { page } = ada;
  await page.reload();
  const rows = page.getByRole('listitem').filter({ has: page.getByRole('button', { name: /^Delete/ }) });
  await until(
    'a hundred',
    () => rows.count(),
    (n) => n === 100,
  );
  await look(page, 'recordings-many');
  page.once('dialog', (d) => d.accept());
  await rows.first().getByRole('button').click();
  await until(
    'one less',
    () => rows.count(),
    (n) => n === 99,
  );
  // One that comes meanwhile and is larger moves those after it: none of them is to be there twice.
  const larger = recorded('Team', '2s');
  await until('it is sealed', async () => existsSync(file(larger)), Boolean);
  await page.getByRole('button', { name: 'Show more' }).click();
  await until(
    'all others',
    () => rows.count(),
    (n) => n === 101,
  );
  assert.equal(await page.getByRole('button', { name: 'Show more' }).count(), 0);
});

test('whoever is no administrator has no such page', async () => {
  const { page } = bob;
  await page.getByRole('link', { name: /Profile/ }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'Recordings' }).count(), 0);
  await page.goto(`${daemon.url}/#/recordings`);
  await page.getByRole('heading', { name: 'Pick a group' }).waitFor();
  assert.equal(await page.evaluate(() => fetch('/api/recordings/calls').then((r) => r.status)), 403);
});

test('no page has reported an error', async () => {
  assert.deepEqual(await errorsOf(ada, bob), []);
});
