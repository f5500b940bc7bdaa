// Each screen, light and dark, on a desktop and on a phone: axe finds nothing, nothing is wider than the screen, and a picture of it is
// kept in out/ for whoever wants to look.

import assert from 'node:assert/strict';
import { join as path } from 'node:path';
import { after, before, test } from 'node:test';
import { faults, SIZES } from './looks.mjs';
import { binary, capture, Daemon, errorsOf, out, pause, person } from './rig.mjs';
import { join, makeGroup, register, setUp, write } from './steps.mjs';

/** @type {Daemon} */
let daemon;
/** @type {Awaited<ReturnType<typeof person>>} */
let ada;
/** @type {typeof ada} */
let bob;
/** @type {typeof ada} without camera and microphone */
let cy;

/** What is wrong with any of the screens; the last test wants none. @type {string[]} */
const found = [];
let looks = 0;

before(async () => {
  daemon = new Daemon(binary());
  await daemon.start();
  [ada, bob, cy] = await Promise.all([person(capture('walk')), person(capture('box')), person(undefined)]);
});

after(async () => {
  await Promise.all([ada, bob, cy].map((p) => p?.browser.close()));
  await daemon?.remove();
});

/**
 * Looks at what the page shows now in both themes and at both widths.
 * @param {import('playwright-core').Page} page
 * @param {string} name
 */
async function look(page, name) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      await pause(300);
      await page.screenshot({ path: path(out, `${name}-${size}-${colorScheme}.png`) });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) found.push(`${name} is ${wide} px too wide on a ${size}`);
      for (const fault of await faults(page)) found.push(`${name} on a ${size}, ${colorScheme}: ${fault}`);
      looks++;
    }
  }
  await page.setViewportSize(SIZES.desktop);
}

test('the door', async () => {
  await ada.page.goto(daemon.setup);
  await ada.page.getByRole('heading', { name: 'Welcome to Scaip' }).waitFor();
  await look(ada.page, '01-setup');
  await setUp(ada.page, daemon.setup);
  await bob.page.goto(daemon.url);
  await bob.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await look(bob.page, '02-sign-in');
  await bob.page.getByLabel('Login').fill('nobody');
  await bob.page.getByLabel('Password').fill('wrong enough');
  await bob.page.getByRole('button', { name: 'Sign in' }).click();
  await bob.page.getByRole('alert').waitFor();
  await look(bob.page, '03-wrong-password');
  await bob.page.getByRole('button', { name: 'Create an account' }).click();
  await look(bob.page, '04-register');
  await register(bob.page, daemon.url, { name: 'Bob Noyce', login: 'bob' });
  await register(cy.page, daemon.url, { name: 'Cy Young', login: 'cy' });
});

test('groups and the chat', async () => {
  await look(ada.page, '05-first-group');
  await ada.page.getByRole('button', { name: 'New group' }).first().click();
  await ada.page.getByLabel('Add people').fill('b');
  await ada.page.getByRole('button', { name: 'Bob Noyce' }).waitFor();
  await look(ada.page, '06-new-group');
  await ada.page.getByRole('button', { name: 'Close' }).click();
  await makeGroup(ada.page, 'Book club', 'Bob Noyce');
  await makeGroup(ada.page, 'Analytical Engine', 'Bob Noyce');
  await bob.page.getByRole('link', { name: /Analytical Engine/ }).click();
  await write(ada.page, 'Shall we calculate?');
  await write(ada.page, 'I have the tables: https://example.org/tables');
  await bob.page.getByText('Shall we calculate?').waitFor();
  await write(
    bob.page,
    'Row 14 looks wrong to me. The second difference should be 8, and the mistake is carried on through the whole page.',
  );
  await ada.page.getByText('Row 14 looks wrong').waitFor();
  await bob.page.getByText('Shall we calculate?').hover();
  await bob.page.getByRole('button', { name: 'React' }).first().click();
  await look(bob.page, '07-react');
  await bob.page.getByRole('menuitem', { name: '👍' }).click();
  await ada.page.getByRole('button', { name: /👍 1/ }).waitFor();
  await look(ada.page, '08-chat');
});

test('members, calls and the profile', async () => {
  await ada.page.getByRole('link', { name: 'Members', exact: true }).click();
  await look(ada.page, '09-members');
  await ada.page.getByRole('button', { name: 'Add members' }).click();
  await ada.page.getByLabel('Add people').fill('cy');
  await ada.page.getByRole('button', { name: 'Cy Young' }).click();
  await look(ada.page, '10-add-members');
  await ada.page.getByRole('button', { name: 'Add', exact: true }).click();
  await ada.page.getByText('3 members').first().waitFor();
  await ada.page.getByRole('button', { name: 'More about this group' }).click();
  await look(ada.page, '11-menu');
  await ada.page.getByRole('menuitem', { name: 'Schedule a call' }).click();
  await look(ada.page, '12-schedule');
  await ada.page.getByLabel('What is it about?').fill('Row 14');
  await ada.page.getByRole('button', { name: 'Schedule', exact: true }).click();
  await ada.page.getByText('planned by Ada Lovelace').waitFor();
  await look(ada.page, '13-calls');
  await ada.page.goto(`${daemon.url}/#/profile`);
  await ada.page.getByRole('heading', { name: 'Profile' }).waitFor();
  await look(ada.page, '14-profile');
});

test('before the call', async () => {
  await ada.page.getByRole('link', { name: /Analytical Engine/ }).click();
  await ada.page.getByRole('button', { name: 'Call', exact: true }).click();
  await ada.page.getByRole('button', { name: 'Join now' }).waitFor();
  await ada.page.locator('summary', { hasText: 'Camera and microphone' }).click();
  await look(ada.page, '15-anteroom');
  await cy.page.goto(ada.page.url());
  await cy.page.getByRole('alert').waitFor();
  await look(cy.page, '16-no-devices');
  await bob.page.getByRole('link', { name: 'Join' }).waitFor();
  await look(bob.page, '17-running');
});

test('in the call', async () => {
  await join(ada.page);
  await look(ada.page, '18-alone');
  await bob.page.getByRole('link', { name: 'Join' }).click();
  await join(bob.page);
  await join(cy.page);
  await ada.page.locator('scaip-tile').nth(2).waitFor();
  await ada.page.getByRole('img', { name: 'Picture of Bob Noyce' }).waitFor();
  await pause(1500);
  await look(ada.page, '19-call');
  for (const width of [320, 360, 390]) {
    await ada.page.setViewportSize({ width, height: 640 });
    await pause(300);
    const bar = ada.page.getByRole('toolbar', { name: 'Call controls' });
    await ada.page.screenshot({ path: path(out, `19-call-${width}.png`) });
    const outside = await bar
      .getByRole('button')
      .evaluateAll((list) =>
        list.filter((b) => b.getBoundingClientRect().right > innerWidth).map((b) => b.ariaLabel ?? b.textContent),
      );
    for (const button of outside) found.push(`at ${width} px "${button?.trim()}" stands outside`);
  }
  await ada.page.setViewportSize(SIZES.desktop);
  await bob.page.getByRole('button', { name: 'Raise hand' }).click();
  await cy.page.getByRole('button', { name: 'React' }).click();
  await ada.page.getByRole('img', { name: 'hand raised, number 1' }).waitFor();
  await ada.page.keyboard.press('g');
  await cy.page.getByRole('menuitem', { name: '👏' }).click();
  await look(ada.page, '28-speaker');
  await ada.page.keyboard.press('?');
  await look(ada.page, '29-keys');
  await ada.page.keyboard.press('Escape');
  await ada.page.keyboard.press('g');
  await ada.page.getByRole('button', { name: /^Chat/ }).click();
  await write(ada.page, 'Can you see the page?');
  await look(ada.page, '20-call-chat');
  await ada.page.getByRole('button', { name: 'Close' }).click();
  await ada.page.getByRole('button', { name: /^People/ }).click();
  await look(ada.page, '21-people');
  await ada.page.getByRole('button', { name: 'Close' }).click();
  await ada.page.getByRole('button', { name: 'More', exact: true }).click();
  await look(ada.page, '22-more');
  await ada.page.getByRole('menuitem', { name: 'Statistics' }).click();
  await pause(1200);
  await look(ada.page, '23-statistics');
  await ada.page.getByRole('button', { name: 'Close' }).click();
  await ada.page.getByRole('button', { name: 'More', exact: true }).click();
  await ada.page.getByRole('menuitem', { name: 'Camera and microphone' }).click();
  await look(ada.page, '24-devices');
  await ada.page.keyboard.press('Escape');
});

test('without the server', async () => {
  await daemon.stop();
  await bob.page.getByText('Connection lost').waitFor();
  await look(bob.page, '25-reconnecting');
  await daemon.start();
  await bob.page.getByText('Connection lost').waitFor({ state: 'detached' });
});

test('after the call', async () => {
  await bob.page.getByRole('button', { name: 'Leave' }).click();
  await bob.page.getByRole('heading', { name: 'You left the call' }).waitFor();
  await look(bob.page, '26-left');
  await ada.page.getByRole('button', { name: 'More', exact: true }).click();
  await ada.page.getByRole('menuitem', { name: 'End for all' }).click();
  await ada.page.getByRole('button', { name: 'Back to the group' }).click();
  await ada.page.getByRole('link', { name: 'Calls', exact: true }).click();
  await ada.page.getByRole('button', { name: 'Download' }).waitFor();
  await look(ada.page, '27-past-calls');
});

test('axe finds nothing, and nothing is too wide', () => {
  assert.equal(looks, 29 * 4);
  assert.deepEqual(found, []);
});

test('no page has reported an error', async () => {
  assert.deepEqual(await errorsOf(ada, bob, cy), []);
});
