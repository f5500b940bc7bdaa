// The product in a real Firefox, in a call with a Chromium: what browsers.test.mjs takes away from Chromium is missing here by nature.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { firefoxPerson, missing, press } from './firefox.mjs';
import { command } from './moments.mjs';
import { binary, capture, Daemon, errorsOf, pause, person, until } from './rig.mjs';
import { about, hears, sees } from './senses.mjs';
import { join, setUp, write } from './steps.mjs';

/** @type {Daemon} */
let daemon;
/** @type {Awaited<ReturnType<typeof person>>} in Chromium; she sounds as 440 Hz */
let ada;
/** @type {Awaited<ReturnType<typeof firefoxPerson>>} in Firefox; he sounds as 880 Hz */
let bob;
let call = '';

if (missing) {
  console.log(`MISSING, NOT TESTED: the product in Firefox (${missing})`);
  test('the product in Firefox', { skip: `${missing} is not installed` }, () => undefined);
} else {
  before(async () => {
    daemon = new Daemon(binary());
    await daemon.start();
    [ada, bob] = await Promise.all([person(capture('walk', 440)), firefoxPerson(880)]);
    await setUp(ada.page, daemon.setup);
    command(daemon, ['user', 'add', 'bob', '--name', 'Bob Noyce', '--password-stdin'], 'long enough\n');
    command(daemon, ['group', 'add', 'Browsers', '--owner', 'ada', '--member', 'bob']);
    call = JSON.parse(command(daemon, ['call', 'start', 'Browsers', '--as', 'ada', '--json'])).call;
    await ada.page.goto(`${daemon.url}/#/c/${call}`);
    await join(ada.page, { original: true });
  });

  after(async () => {
    await Promise.all([ada?.browser.close(), bob?.close()]);
    await daemon?.remove();
  });

  const bothWays = () =>
    Promise.all([
      sees(bob.page, 'Ada Lovelace'),
      hears(bob.page, 440),
      sees(ada.page, 'Bob Noyce'),
      hears(ada.page, 880),
    ]);

  /** What Firefox plays of the past; null: it is live. */
  const past = () => bob.page.evaluate(() => window.scaip.past());

  test('he logs in and joins: each sees and hears the other', async () => {
    const { page } = bob;
    await page.goto(daemon.url);
    await page.locator('>>> input[autocomplete=username]').fill('bob');
    await page.locator('>>> input[type=password]').fill('long enough');
    await page.keyboard.press('Enter');
    await page.waitForSelector('>>> nav');
    await page.evaluate((id) => (location.hash = `#/c/${id}`), call);
    await press(page, 'Join now');
    await bothWays();
    const { video } = await about(ada.page, 'Bob Noyce');
    console.log(`# from Firefox: ${video.width}×${video.height}, temporal layer ${video.temporal}`);
  });

  test('what they write arrives', async () => {
    await press(bob.page, 'Chat');
    await ada.page.getByRole('button', { name: /^Chat/ }).click();
    await write(ada.page, 'Do you see me?');
    await bob.page.waitForSelector('>>> ::-p-text(Do you see me?)');
    await bob.page.locator('>>> textarea').fill('I do.');
    await bob.page.keyboard.press('Enter');
    await ada.page.getByText('I do.').waitFor();
  });

  test('he mutes and turns his camera off, and back', async () => {
    await press(bob.page, 'Mute');
    await hears(ada.page, 880, false);
    await press(bob.page, 'Turn camera off');
    await ada.page.locator('scaip-tile').filter({ hasText: 'Bob Noyce' }).getByText('BN').waitFor();
    await press(bob.page, 'Unmute');
    await press(bob.page, 'Turn camera on');
    await bothWays();
  });

  test('ten seconds back he sees and hears what was, and is live again', async () => {
    await press(bob.page, '10 seconds back');
    const shown = async () =>
      ((await past())?.people ?? []).find((/** @type {any} */ p) => p.name === 'Ada Lovelace')?.shown;
    const first = await until('the past has a picture', shown, (at) => at > 0);
    await Promise.all([until('the past goes on', shown, (at) => at > first + 1000), hears(bob.page, 440)]);
    await press(bob.page, 'Back to live');
    await until('he is live', past, (p) => p === null);
    await bothWays();
  });

  test('the call is over, and he replays it', async () => {
    command(daemon, ['call', 'end', call]);
    const { page } = bob;
    await press(page, 'Back to the group');
    await page.evaluate((id) => (location.hash = `#/r/${id}`), call);
    const time = async () => (await past())?.time ?? -1;
    await page.waitForSelector('>>> ::-p-text(Ada Lovelace)');
    await until('it stands ready', past, Boolean);
    await page.keyboard.press('2');
    await until('it has gone there', time, (at) => at > 1000);
    if ((await past()).state !== 'playing') await press(page, 'Play');
    const from = await time();
    await Promise.all([until('it plays', time, (at) => at > from + 1000), hears(page, 440)]);
    const picture = () => past().then((p) => p.people.find((/** @type {any} */ x) => x.name === 'Ada Lovelace')?.shown);
    const one = await picture();
    await until('the picture moves', picture, (at) => at > one);
    await pause(200);
  });

  test('no page has reported an error', async () => {
    assert.deepEqual([...(await errorsOf(ada)), ...bob.errors], []);
  });
}
