// What people expect of a call besides its media: hands, reactions, muting, removing, pinning, keys, numbers that can be copied.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { binary, capture, Daemon, errorsOf, person, until } from './rig.mjs';
import { heard } from './senses.mjs';
import { join, makeGroup, register, setUp, write } from './steps.mjs';

const LOUD = 0.05;
const QUIET = 0.01;

/** @type {Daemon} */
let daemon;
/** @type {Awaited<ReturnType<typeof person>>} who owns the group */
let ada;
/** @type {typeof ada} */
let bob;

before(async () => {
  daemon = new Daemon(binary());
  await daemon.start();
  [ada, bob] = await Promise.all([person(capture('walk', 440)), person(capture('box', 880))]);
  await ada.context.grantPermissions(['clipboard-read', 'clipboard-write', 'camera', 'microphone']);
  await setUp(ada.page, daemon.setup);
  await register(bob.page, daemon.url, { name: 'Bob Noyce', login: 'bob' });
  await makeGroup(ada.page, 'Analytical Engine', 'Bob Noyce');
  await ada.page.getByRole('button', { name: 'Call', exact: true }).click();
});

after(async () => {
  await Promise.all([ada, bob].map((p) => p?.browser.close()));
  await daemon?.remove();
});

const tile = (/** @type {typeof ada} */ p, /** @type {string} */ name) =>
  p.page.locator('scaip-tile').filter({ hasText: name });
const place = (/** @type {typeof ada} */ p, /** @type {string} */ name) => tile(p, name).getAttribute('data-place');

test('before the call: a test sound, and devices to choose from', async () => {
  await ada.page.locator('summary', { hasText: 'Camera and microphone' }).click();
  await ada.page.getByRole('combobox', { name: /^Microphone/ }).waitFor();
  await ada.page.getByRole('button', { name: 'Play a test sound' }).click();
  await ada.page.getByRole('button', { name: /three notes/ }).waitFor();
  await ada.page.getByLabel('Clean up my sound').uncheck();
  await ada.page.getByRole('button', { name: 'Join now' }).click();
  await ada.page.getByRole('toolbar', { name: 'Call controls' }).waitFor();
});

test('who comes is announced, and the tab says that one is in a call', async () => {
  await bob.page.getByRole('link', { name: /Analytical Engine/ }).click();
  await bob.page.getByRole('link', { name: 'Join' }).click();
  await join(bob.page, { original: true });
  await ada.page.getByText('Bob Noyce joined').waitFor();
  assert.match(await ada.page.title(), /^🔴 Analytical Engine/);
  await ada.page.keyboard.press('m');
  await until(
    'the title says muted',
    () => ada.page.title(),
    (title) => title.startsWith('🔇'),
  );
});

test('a raised hand is seen by the other, in its place, and lowered by an owner', async () => {
  await bob.page.keyboard.press('h');
  await tile(ada, 'Bob Noyce').getByRole('img', { name: 'hand raised, number 1' }).waitFor();
  await ada.page.getByRole('button', { name: 'Raise hand' }).click();
  await tile(bob, 'Ada Lovelace').getByRole('img', { name: 'hand raised, number 2' }).waitFor();
  await ada.page.getByRole('button', { name: /^People/ }).click();
  await ada.page.getByRole('button', { name: 'Lower hand: Bob Noyce' }).click();
  await bob.page.getByText('Ada Lovelace lowered your hand').waitFor();
  await bob.page.getByRole('button', { name: 'Raise hand' }).waitFor();
  await ada.page.getByRole('button', { name: 'Lower hand', exact: true }).first().click();
  await tile(bob, 'Ada Lovelace').getByRole('img', { name: 'hand raised' }).waitFor({ state: 'detached' });
});

test('a reaction floats before the other’s eyes, and goes', async () => {
  await bob.page.getByRole('button', { name: 'React' }).click();
  await bob.page.getByRole('menuitem', { name: '🎉' }).click();
  const floating = ada.page.locator('scaip-reactions li').filter({ hasText: 'Bob Noyce' });
  await floating.getByText('🎉').waitFor();
  await floating.waitFor({ state: 'detached' });
});

test('an owner mutes: nothing is heard any more, whoever is muted is told and can unmute', async () => {
  const hears = (/** @type {(h: number[]) => boolean} */ good) =>
    until('880 Hz at Ada', () => heard(ada.page, [880]), good);
  await hears(([h]) => h > LOUD);
  await ada.page.locator('scaip-call-people').getByRole('button', { name: 'More about Bob Noyce' }).click();
  await ada.page.locator('scaip-call-people').getByRole('menuitem', { name: 'Mute' }).click();
  await bob.page.getByText('Ada Lovelace muted you').waitFor();
  await hears(([h]) => h < QUIET);
  await tile(ada, 'Bob Noyce').getByText('muted').waitFor();
  await bob.page.getByRole('button', { name: 'Unmute' }).click();
  await hears(([h]) => h > LOUD);
});

test('one’s own volume of somebody is one’s own affair', async () => {
  await ada.page.getByRole('slider', { name: 'Volume of Bob Noyce' }).fill('0');
  await until(
    'Ada hears nothing',
    () => heard(ada.page, [880]),
    ([h]) => h < QUIET,
  );
  await ada.page.getByRole('slider', { name: 'Volume of Bob Noyce' }).fill('100');
  await ada.page.getByRole('button', { name: 'Close' }).click();
});

test('a pinned person is large, a key makes all alike or the speaker large', async () => {
  assert.equal(await place(ada, 'Bob Noyce'), 'tile');
  await tile(ada, 'Bob Noyce').hover();
  await tile(ada, 'Bob Noyce').getByRole('button', { name: 'More about Bob Noyce' }).click();
  await ada.page.getByRole('menuitem', { name: 'Show large' }).click();
  const becomes = (/** @type {string} */ want) =>
    until(
      `Bob becomes ${want}`,
      () => place(ada, 'Bob Noyce'),
      (is) => is === want,
    );
  await becomes('large');
  await ada.page.keyboard.press('g'); // the speaker: Bob
  await becomes('large');
  await ada.page.keyboard.press('g');
  await becomes('tile');
});

test('held, the space bar talks; keys do nothing while one writes', async () => {
  const hears = (/** @type {(h: number[]) => boolean} */ good) =>
    until('440 Hz at Bob', () => heard(bob.page, [440]), good);
  await hears(([h]) => h < QUIET);
  await ada.page.keyboard.down(' ');
  await hears(([h]) => h > LOUD);
  await ada.page.keyboard.up(' ');
  await hears(([h]) => h < QUIET);
  await ada.page.keyboard.press('c');
  await write(ada.page, 'mvh ?');
  await bob.page.getByRole('button', { name: 'Chat 1' }).waitFor();
  assert.equal(await tile(bob, 'Ada Lovelace').getByRole('img', { name: /hand/ }).count(), 0);
  await ada.page.getByRole('button', { name: 'Close' }).click();
});

test('? lists the keys', async () => {
  await ada.page.keyboard.press('?');
  const dialog = ada.page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await dialog.waitFor();
  await ada.page.getByText('Hold to talk while muted').waitFor();
  await ada.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

test('the statistics can be copied', async () => {
  await ada.page.getByRole('button', { name: 'More', exact: true }).click();
  await ada.page.getByRole('menuitem', { name: 'Statistics' }).click();
  await ada.page.getByRole('heading', { name: 'Bob Noyce' }).waitFor();
  await ada.page.getByRole('button', { name: 'Copy as text' }).click();
  await ada.page.getByText('Statistics copied').waitFor();
  const text = await ada.page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /Bob Noyce \(seat 2\): line \d\/4.*delay \d+ ms/);
  assert.match(text, /picture: vp8, \d+×\d+/);
  await tile(ada, 'Bob Noyce')
    .getByRole('img', { name: /connection/ })
    .waitFor();
});

test('who is removed is told, sees nothing any more, and comes back only if let in', async () => {
  await tile(ada, 'Bob Noyce').hover();
  await tile(ada, 'Bob Noyce').getByRole('button', { name: 'More about Bob Noyce' }).click();
  await ada.page.getByRole('menuitem', { name: 'Remove from call' }).click();
  await ada.page.getByRole('button', { name: 'Remove', exact: true }).click();
  await bob.page.getByRole('heading', { name: /removed (you )?from th/ }).waitFor();
  await bob.page.getByText('when an owner lets you in again').waitFor();
  assert.equal(await bob.page.getByRole('button', { name: 'Join again' }).count(), 0);
  await ada.page.getByText('Bob Noyce left').waitFor();
  await ada.page.getByRole('button', { name: /^People/ }).click();
  await ada.page.getByRole('button', { name: 'Let in again: Bob Noyce' }).click();
  await bob.page.getByRole('button', { name: 'Join again' }).click();
  await join(bob.page);
  await tile(ada, 'Bob Noyce').waitFor();
});

test('no page has reported an error', async () => {
  assert.deepEqual(await errorsOf(ada, bob), []);
});
