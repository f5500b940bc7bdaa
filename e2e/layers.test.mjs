// Renditions by tile size, a shared screen, and lines that are bad, cut and back: in real browsers, over a line of our own.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { dirname, join as path } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { binary, capture, Daemon, errorsOf, out, pause, person, until } from './rig.mjs';
import { heard } from './senses.mjs';
import { join, makeGroup, register, setUp } from './steps.mjs';

const root = path(dirname(fileURLToPath(import.meta.url)), '..');

/** A bad line (internal/netsim): orders go in, a line each. */
class Line {
  /** @param {string} to host and port */
  static async open(to) {
    const program = path(out, 'netsim');
    execFileSync('go', ['build', '-o', program, './internal/netsim/cmd/netsim'], { cwd: root, stdio: 'inherit' });
    const line = new Line();
    line.child = spawn(program, ['--to', to], { stdio: ['pipe', 'pipe', 'inherit'] });
    line.answers = createInterface({ input: line.child.stdout })[Symbol.asyncIterator]();
    line.url = `http://${JSON.parse((await line.answers.next()).value).listen}`;
    return line;
  }

  /** @param {string | object} order */
  async order(order) {
    this.child.stdin.write(`${typeof order === 'string' ? order : JSON.stringify(order)}\n`);
    const answer = JSON.parse((await this.answers.next()).value);
    assert.deepEqual(answer, { ok: true });
  }

  close() {
    this.child.stdin.end();
  }
}

/** @type {Daemon} */
let daemon;
/** @type {Line} */
let line;
/** @type {Awaited<ReturnType<typeof person>>} */
let ada;
/** @type {typeof ada} */
let bob;

const stats = (who) => who.page.evaluate(() => window.scaip.stats());
const other = async (who) => (await stats(who))?.people[0];

before(async () => {
  daemon = new Daemon(binary());
  await daemon.start();
  line = await Line.open(`127.0.0.1:${daemon.port}`);
  [ada, bob] = await Promise.all([person(capture('walk', 440)), person(capture('box', 880))]);
  await setUp(ada.page, daemon.setup);
  await register(bob.page, line.url, { name: 'Bob Noyce', login: 'bob' });
  await makeGroup(ada.page, 'Layers', 'Bob Noyce');
  await ada.page.getByRole('button', { name: 'Call', exact: true }).click();
  await join(ada.page, { original: true });
  await bob.page.getByRole('link', { name: /Layers/ }).click();
  await bob.page.getByRole('link', { name: 'Join' }).click();
  await join(bob.page, { original: true });
});

after(async () => {
  await Promise.all([ada, bob].map((p) => p?.browser.close()));
  line?.close();
  await daemon?.remove();
});

test('what is shown large is sent large, what is shown small is sent small', async () => {
  await until(
    'a large picture',
    () => other(bob),
    (p) => p?.video?.height > 360,
  );
  const before = (await other(bob)).video;
  await bob.page.setViewportSize({ width: 360, height: 300 });
  const small = await until(
    'a small picture',
    () => other(bob),
    (p) => p.video.height <= 270,
  );
  assert.equal(small.video.errors, before.errors);
  assert.ok(
    (await stats(ada)).sent.video.asked.renditions.every((r) => r < 2),
    'the large one is made no more',
  );
  await bob.page.setViewportSize({ width: 1280, height: 800 });
  await until(
    'a large one again',
    () => other(bob),
    (p) => p.video.height > 360,
  );
});

test('a shared screen is a picture of its own', async () => {
  await ada.page.evaluate(async () => {
    // Headless browsers have no screen to choose: a canvas that moves stands for it.
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1280, 720];
    const paint = canvas.getContext('2d');
    let n = 0;
    setInterval(() => {
      paint.fillStyle = n++ % 2 ? '#fff' : '#eee';
      paint.fillRect(0, 0, 1280, 720);
      paint.fillStyle = '#000';
      paint.font = '40px sans-serif';
      paint.fillText(`text ${n}`, 100, 100);
    }, 200);
    navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(5);
  });
  await ada.page.getByRole('button', { name: 'Share screen' }).click();
  await bob.page.getByRole('img', { name: 'Ada Lovelace’s screen' }).waitFor();
  const seen = await until(
    'the screen',
    () => other(bob),
    (p) => p?.screen?.drawn > 2,
  );
  assert.deepEqual([seen.screen.width, seen.screen.height, seen.screen.errors], [1280, 720, 0]);
  assert.ok(seen.video.drawn > 0, 'the camera goes on');
  await ada.page.getByRole('toolbar', { name: 'Call controls' }).getByRole('button', { name: 'Stop sharing' }).click();
  await bob.page.getByRole('img', { name: 'Ada Lovelace’s screen' }).waitFor({ state: 'detached' });
  const drawn = (await other(bob)).video.drawn;
  await until(
    'the camera alone',
    () => other(bob),
    (p) => !(p.screen?.drawn > 0) && p.video.drawn > drawn,
  );
});

test('a screen that was shared is there when one goes back, and its times are events', async () => {
  const screen = bob.page.getByRole('img', { name: 'Ada Lovelace’s screen' });
  const light = async () =>
    (await screen.count()) === 0
      ? 0
      : screen.evaluate((element) => {
          const one = new OffscreenCanvas(1, 1);
          const context = /** @type {OffscreenCanvasRenderingContext2D} */ (one.getContext('2d'));
          context.drawImage(/** @type {HTMLCanvasElement} */ (element), 0, 0, 1, 1);
          return context.getImageData(0, 0, 1, 1).data[1];
        });
  const id = bob.page.url().replace(/.*\/c\//, '');
  const { events } = await bob.page.evaluate(async (c) => (await fetch(`/api/calls/${c}/events`)).json(), id);
  const [on, off] = [true, undefined].map(
    (/** @type {any} */ s) =>
      events.findLast((/** @type {any} */ e) => e.type === 'media_changed' && e.screen === s).at,
  );
  assert.ok(off > on, `shared from ${on} to ${off}`);
  const past = () => bob.page.evaluate(() => window.scaip.past());
  const moment = Math.round((on + off) / 2e5) * 1e5;
  // What is less than a second ago is taken for live.
  await until(
    'it is the past',
    () => stats(bob),
    (s) => s.clock.now > moment + 3e6,
  );
  // Where time stands its one picture is all there is; while it plays the next one comes.
  await bob.page.getByRole('button', { name: '10 seconds back' }).click();
  await bob.page.getByRole('button', { name: 'Pause' }).click();
  await bob.page.getByRole('slider', { name: 'Moment of the call' }).fill(String(moment));
  await until('it stands there', past, (p) => p?.settled && p.time === moment / 1000);
  await until('the white screen', light, (l) => l > 200);
  assert.equal((await past()).time, moment / 1000);
  await bob.page.getByRole('button', { name: 'Play' }).click();
  await until('it plays', past, (p) => p?.state === 'playing' && p.time > moment / 1000);
  await until('the white screen', light, (l) => l > 200);
  await bob.page.getByRole('button', { name: 'Back to live' }).click();
  await screen.waitFor({ state: 'detached' });
});

test('a narrow line: the voice is whole, the picture is what fits', async () => {
  await line.order({ rate: '300k' });
  await pause(4000);
  const [before, sent] = [(await other(bob)).audio, (await stats(ada)).sent.audio.frames];
  await pause(6000);
  const [p, given] = [await other(bob), (await stats(ada)).sent.audio.frames - sent];
  const came = p.audio.received - before.received;
  assert.ok(given > 0 && came > 0.9 * given - 10, `${came} packets of voice of ${given}`);
  assert.equal(p.audio.lost, before.lost);
  await line.order({});
  const wide = Date.now();
  await until(
    'the large picture is back',
    async () => ({ ...(await other(bob)), sent: (await stats(ada)).sent.video }),
    (q) => q.video.height > 360,
    60_000,
  );
  console.log(`# the large picture is back after ${Date.now() - wide} ms`);
});

test('the network is gone for five seconds: picture and voice are back by themselves', async () => {
  const connections = (await stats(bob)).sent.video.connections;
  await line.order('cut');
  await pause(5000);
  await line.order('up');
  const up = Date.now();
  const [{ drawn }, { decoded }] = [(await other(bob)).video, (await other(bob)).audio];
  await Promise.all([
    until(
      'the picture',
      () => other(bob),
      (p) => p?.video.drawn > drawn,
    ).then(() => console.log(`# the picture is back after ${Date.now() - up} ms`)),
    until(
      'the voice',
      async () => ({ audio: (await other(bob))?.audio, loud: (await heard(bob.page, [440]))[0] }),
      ({ audio, loud }) => audio?.decoded > decoded && loud > 0.05,
    ).then(() => console.log(`# the voice is back after ${Date.now() - up} ms, by a window of 340 ms`)),
  ]);
  assert.ok((await stats(bob)).sent.video.connections > connections);
  assert.deepEqual(await errorsOf(ada, bob), []);
});
