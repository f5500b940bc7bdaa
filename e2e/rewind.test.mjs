// Going back in a running call, what was missed, and joining late: in a real browser, by a drawn counter and changing tones.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bot, COUNT, command, counter, FPS, rising, steady, TONES, ticking, toneAt, wire } from './moments.mjs';
import { binary, Daemon, errorsOf, pause, person, until } from './rig.mjs';
import { tones } from './senses.mjs';
import { join, setUp } from './steps.mjs';
import { readings, record, spans, tally } from './sweep.mjs';

/** @type {Daemon} */
let daemon;
/** @type {Awaited<ReturnType<typeof wire>>} */
let line;
/** @type {Awaited<ReturnType<typeof person>>} */
let cy;
/** @type {import('node:child_process').ChildProcess[]} */
const bots = [];
let call = '';
/** ms from the click to the picture of the past, on this machine */
let back = 0;

const STEADY = 440; // Hz, Bob's tone
const LOUD = 0.05;
const SURE = 0.1; // s in all that may be heard twice: of a reading's moment, and of a packet at each seam
const BLUR = 0.05; // s by which a span of readings is shorter than what was heard, at most, at both its ends
const MISSING = 0.06; // s that may not be heard at all
const ADA = 1; // her seat

/** @typedef {import('playwright-core').Page} Page */

/** @param {number[]} loud */
const strongest = (loud) => loud.indexOf(Math.max(...loud));
const past = () => cy.page.evaluate(() => window.scaip.past());
const ada = () => counter(cy.page, 'Ada', ADA);

/** Of Eve's voice, packets that came too late to be heard live. @param {Page} page */
const late = (page) =>
  page.evaluate(() => window.scaip.stats().people.find((/** @type {any} */ p) => p.name === 'Eve')?.audio?.late ?? 0);

/**
 * What was heard, when live is heard behind the past. Reading takes the page's thread for seconds: it begins when that does no harm to what is heard.
 * @param {Page} page
 * @param {number} since s, by the page's performance.now()
 */
async function liveAgain(page, since) {
  await until(
    'what is live is heard',
    () => tones(page, [STEADY]),
    ({ loud }) => loud[0] > LOUD,
  );
  await pause(1500);
  return until(
    'Eve is heard live',
    async () => spans(await readings(page, since)),
    (list) => list.at(-1)?.past === false,
  );
}

/**
 * By Eve's rising tone: all of the call has been heard, once, from a moment on, but for what came too late to be heard live.
 * @param {Page} page
 * @param {number} since s, by the page's performance.now()
 * @param {number} [before] packets that had come too late by then
 */
async function whole(page, since, before = 0) {
  const lost = ((await late(page)) - before) * 0.02;
  const list = await liveAgain(page, since);
  const { twice, never, seams } = tally(list);
  const said = list.map((s) => `${s.from.toFixed(3)}–${s.to.toFixed(3)}${s.past ? ' (past)' : ''}`).join(', ');
  console.log(
    `# heard ${said} s: ${twice.toFixed(3)} s twice, ${never.toFixed(3)} s not at all, read at ${seams} seams; ${lost.toFixed(2)} s came too late live`,
  );
  assert.ok(seams > 0, said);
  assert.ok(twice < SURE, `${twice} s were heard twice: ${said}`);
  assert.ok(never < MISSING + BLUR * seams + lost, `${never} s were not heard: ${said}`);
}

/**
 * Compares what is heard of Ada with what her picture says: the right tone, and that alone.
 * @param {number} looks
 * @returns {Promise<number>} how many could be compared
 */
async function compare(looks) {
  let compared = 0;
  let last = Infinity;
  // Not every look can be compared: then some more are taken.
  for (let look = 0; look < looks || (compared < 3 && look < 10 * looks && (await past())); look++) {
    const [c, { time, loud }] = await Promise.all([ada(), tones(cy.page, TONES)]);
    const want = c?.state === 'playing' ? toneAt(c.count / FPS + (time - c.shown / 1000) / 1000) : undefined;
    const best = strongest(loud);
    const leapt = time - last > 2000; // over what was heard live: a look has some of before and some of after
    last = time;
    if (want !== undefined && !leapt && loud[best] > LOUD) {
      const all = `at ${time}: ${loud.map((l) => l.toFixed(3))}`;
      assert.equal(TONES[best], TONES[want], all);
      assert.ok(
        Math.max(...loud.filter((_, i) => i !== best)) < loud[best] / 4,
        `another moment is heard with it, ${all}`,
      );
      compared++;
    }
    await pause(250);
  }
  return compared;
}

before(async () => {
  daemon = new Daemon(binary());
  await daemon.start();
  line = await wire(daemon.port);
  cy = await person(undefined);
  await record(cy.page);
});

after(async () => {
  for (const b of bots) b.kill();
  await cy?.browser.close();
  line?.close();
  await daemon?.remove();
});

test('several are in a call', async () => {
  await setUp(cy.page, `${line.url}/${new URL(daemon.setup).hash}`, { name: 'Cy Young', login: 'cy' });
  for (const [login, name] of Object.entries({ ada: 'Ada', bob: 'Bob', dan: 'Dan', eve: 'Eve' }))
    command(daemon, ['user', 'add', login, '--name', name, '--password-stdin'], 'long enough\n');
  command(daemon, [
    'group',
    'add',
    'Time',
    '--owner',
    'cy',
    '--member',
    'ada',
    '--member',
    'bob',
    '--member',
    'dan',
    '--member',
    'eve',
  ]);
  const started = JSON.parse(command(daemon, ['call', 'start', 'Time', '--as', 'cy', '--json']));
  call = started.call;
  bots.push(bot(daemon, { as: 'ada', call, media: ticking() }));
  await pause(500);
  bots.push(bot(daemon, { as: 'bob', call, media: steady() }));
  bots.push(bot(daemon, { as: 'eve', call, media: rising() }));
  await cy.page.goto(`${line.url}/#/c/${call}`);
  await join(cy.page);
  await until(
    'both are heard',
    () => tones(cy.page, [STEADY, ...TONES]),
    ({ loud }) => loud[0] > LOUD && Math.max(...loud.slice(1)) > LOUD,
  );
  await pause(12_000);
});

test('ten seconds back: the picture and the voice of that moment', async () => {
  const live = await until('Ada is seen', ada, (c) => (c?.shown ?? 0) > 0);
  assert.ok(live);
  await cy.page.getByRole('button', { name: '10 seconds back' }).click();
  const asked = Date.now();
  const first = await until('the past plays', ada, (c) => c?.state === 'playing' && c.time - c.shown / 1000 < 150);
  back = Date.now() - asked;
  console.log(`# picture of the past after ${back} ms`);
  assert.ok(first && first.shown < live.shown - 5e6, `shown ${first?.shown}, live was ${live.shown}`);
  await pause(700);
  for (let looks = 0; looks < 10; looks++) {
    const c = await ada();
    assert.ok(c);
    const want = live.count + ((c.shown - live.shown) / 1e6) * FPS;
    const off = ((((c.count - want + COUNT / 2) % COUNT) + COUNT) % COUNT) - COUNT / 2;
    assert.ok(Math.abs(off) <= 2, `the counter is ${c.count} at ${c.shown}, not ${want}`);
    await pause(100);
  }
  const compared = await compare(12);
  assert.ok(compared >= 3, `only ${compared} tones could be compared`);
});

test('others can see it', async () => {
  const { call: info } = await cy.page.evaluate(async (id) => (await fetch(`/api/calls/${id}`)).json(), call);
  assert.equal(info.participants.find((/** @type {any} */ p) => p.name === 'Cy Young').behind, true);
});

test('a pause stands still, and is silent', async () => {
  await cy.page.getByRole('button', { name: 'Pause' }).click();
  await until('it stands', past, (p) => p.settled);
  await until(
    'it is silent',
    () => tones(cy.page, [STEADY, ...TONES]),
    ({ loud }) => Math.max(...loud) < 0.005,
  );
  const one = await ada();
  await pause(500);
  const two = await ada();
  assert.equal(two?.time, one?.time);
  assert.equal(two?.count, one?.count);
});

test('back to live within a second', async () => {
  await cy.page.getByRole('button', { name: 'Back to live' }).click();
  const asked = Date.now();
  await until(
    'the picture of now',
    async () => ({ c: await ada(), now: (await cy.page.evaluate(() => window.scaip.stats())).clock.now }),
    ({ c, now }) => c?.state === 'live' && now - c.shown < 700_000,
  );
  const picture = Date.now() - asked;
  await until(
    'Bob is heard',
    () => tones(cy.page, [STEADY]),
    ({ loud }) => loud[0] > LOUD,
  );
  const voice = Date.now() - asked;
  console.log(`# live after ${picture} ms (picture), ${voice} ms (voice, by a window of 340 ms)`);
  // What is live is at hand: it takes no longer than to fetch the past did, however slow the machine is.
  assert.ok(picture < 1000 + back && voice < 1340 + back, `${picture} ms, ${voice} ms; the past took ${back} ms`);
});

test('over the bar of a running call the picture of the moment under the pointer is seen', async () => {
  const slider = cy.page.getByRole('slider', { name: 'Moment of the call' });
  const box = await slider.boundingBox();
  assert.ok(box);
  const tip = cy.page.locator('scaip-replay-peek');
  await cy.page.mouse.move(box.x + box.width * 0.4, box.y + box.height / 2);
  await tip.locator('canvas').waitFor();
  const { at, count } = await tip.evaluate((element) => {
    const { of, at: over, renderRoot } = /** @type {any} */ (element);
    const small = new OffscreenCanvas(90, 10);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (small.getContext('2d'));
    context.drawImage(renderRoot.querySelector('canvas'), 0, 0, 90, 10);
    const { data } = context.getImageData(0, 5, 90, 1);
    let bits = 0;
    for (let bit = 0; bit < 9; bit++) if (data[(bit * 10 + 5) * 4] > 128) bits |= 1 << bit;
    return { at: of.place(over), count: bits };
  });
  const live = await until('Ada is seen', ada, (c) => (c?.shown ?? 0) > 0);
  const want = Number(live?.count) + ((at - Number(live?.shown)) / 1e6) * FPS;
  const before = (((want - count) % COUNT) + COUNT) % COUNT; // pictures since the key frame: there is one a second
  assert.ok(before <= FPS + 2 || before > COUNT - 2, `the counter is ${count}, the moment's ${want}`);
  await cy.page.mouse.move(box.x, 10);
  await tip.waitFor({ state: 'detached' });
});

test('what was missed while the network was cut is heard, and nothing else with it', async () => {
  const live = await cy.page.evaluate(() => performance.now() / 1000);
  const lateBefore = await late(cy.page);
  await pause(1500);
  const before = (await cy.page.evaluate(() => window.scaip.stats())).clock.now / 1000;
  line.cut();
  await pause(5000);
  line.mend();
  const missed = cy.page.getByRole('button', { name: 'Hear what you missed' });
  await missed.waitFor();
  await pause(3000); // some of what comes live is heard before
  await missed.click();
  const first = await until('it plays', past, (p) => p?.state === 'playing');
  assert.ok(first.time > before - 500 && first.time < before + 4000, `it begins at ${first.time}, cut was ${before}`);
  const compared = await compare(16);
  assert.ok(compared >= 3, `only ${compared} tones could be compared`);
  await until('live again', past, (p) => p === null, 90_000);
  await whole(cy.page, live, lateBefore);
});

test('who joins late catches up at twice the speed, with the pitch kept', async () => {
  await cy.page.getByRole('button', { name: 'Leave' }).click();
  const page = await (await cy.browser.newContext({ locale: 'en-GB' })).newPage();
  page.on('pageerror', (e) => cy.errors.push(String(e.stack ?? e)));
  await record(page);
  await page.goto(daemon.url);
  await page.evaluate(async () => {
    const body = JSON.stringify({ login: 'dan', password: 'long enough' });
    await fetch('/api/auth/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  });
  await page.goto(`${daemon.url}/#/c/${call}`);
  await page.reload();
  await join(page);
  await page.getByRole('button', { name: 'Catch up from the start' }).click();
  const ask = () => page.evaluate(() => ({ past: window.scaip.past(), at: Date.now() }));
  const begun = await until('it plays', ask, ({ past: p }) => p?.state === 'playing');
  const since = (await page.evaluate(() => performance.now())) / 1000;
  const due = (begun.past.end - begun.past.time) / (begun.past.rate - 1);
  await pause(3000);
  const near = Array.from({ length: 41 }, (_, i) => STEADY - 20 + i);
  let measured = 0;
  for (let looks = 0; looks < 40 && measured < 4; looks++) {
    const { loud } = await tones(page, near);
    if (Math.max(...loud) > LOUD) {
      measured++;
      const hz = near[strongest(loud)];
      assert.ok(Math.abs(hz - STEADY) <= 5, `${STEADY} Hz has become ${hz}`);
    }
    await pause(300);
  }
  assert.ok(measured >= 4, `the tone was heard ${measured} times`);
  await until('live', ask, ({ past: p }) => p === null, 2 * due + 60_000);
  const took = Date.now() - begun.at;
  console.log(`# caught up in ${took} ms, due after ${Math.round(due)} ms`);
  // Where the machine does not keep up, it waits for what is to come.
  assert.ok(took > due - 2500 && took < 1.5 * due + 2500, `it took ${took} ms instead of ${due}`);
  await whole(page, since);
});

test('no page has reported an error', async () => {
  assert.deepEqual(await errorsOf(cy), []);
});
