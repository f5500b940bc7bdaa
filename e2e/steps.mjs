// What people do, by the same buttons as people.

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {string} setup link */
export async function setUp(page, setup, { name = 'Ada Lovelace', login = 'ada', password = 'engine-no-1' } = {}) {
  await page.goto(setup);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await page.getByRole('heading', { name: 'Start with a group' }).waitFor();
}

/** @param {Page} page @param {string} url @param {{name: string, login: string, password?: string}} who */
export async function register(page, url, { name, login, password = 'long enough' }) {
  await page.goto(url);
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('navigation', { name: 'Groups' }).waitFor();
}

/** @param {Page} page @param {string} name @param {string} member who is found by typing the beginning of the name */
export async function makeGroup(page, name, member) {
  await page.getByRole('button', { name: 'New group' }).first().click();
  await page.getByLabel('Name of the group').fill(name);
  await page.getByLabel('Add people').fill(member.slice(0, 3));
  await page.getByRole('button', { name: member }).click();
  await page.getByRole('button', { name: 'Create group' }).click();
  await page.getByRole('heading', { name }).waitFor();
}

/** @param {Page} page @param {string} text */
export async function write(page, text) {
  await page.getByRole('textbox', { name: 'Write a message' }).fill(text);
  await page.keyboard.press('Enter');
}

/**
 * From the anteroom into the call.
 * @param {Page} page
 * @param {{original?: boolean, silent?: boolean}} [how] original: no noise suppression, which would take tones for noise;
 *   silent: muted and with the camera off
 */
export async function join(page, { original = false, silent = false } = {}) {
  await page.getByRole('button', { name: /^Join (now|without)/ }).waitFor();
  if (original) {
    await page.locator('summary', { hasText: 'Camera and microphone' }).click();
    await page.getByLabel('Clean up my sound').uncheck();
  }
  if (silent) {
    await page.getByRole('button', { name: 'Mute' }).click();
    await page.getByRole('button', { name: 'Turn camera off' }).click();
  }
  await page.getByRole('button', { name: /^Join (now|without)/ }).click();
  await page.getByRole('toolbar', { name: 'Call controls' }).waitFor();
}
