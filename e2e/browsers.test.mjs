// Browsers that lack something, as far as Chromium shows it with that taken away: a call works as well as it can, and what can't be is
// said in words. And devices that fail, go and come in the call.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { command } from './moments.mjs';
import { binary, capture, Daemon, errorsOf, person, until, visit } from './rig.mjs';
import { about, hears, sees } from './senses.mjs';
import { setUp } from './steps.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** @type {Daemon} */
let daemon;
/** @type {Awaited<ReturnType<typeof person>>} whose browser lacks nothing; she sounds as 440 Hz */
let ada;
/** @type {typeof ada} whose browser has the guests' contexts; they sound as 880 Hz */
let host;
let call = '';
/** @type {string[]} */
const errors = [];

const CODECS = ['VideoEncoder', 'VideoDecoder', 'AudioEncoder', 'AudioDecoder'];

before(async () => {
  daemon = new Daemon(binary());
  await daemon.start();
  [ada, host] = await Promise.all([person(capture('walk', 440)), person(capture('box', 880), 2)]);
  await setUp(ada.page, daemon.setup);
  for (const [login, name] of Object.entries({ bob: 'Bob Noyce', cy: 'Cy Young' }))
    command(daemon, ['user', 'add', login, '--name', name, '--password-stdin'], 'long enough\n');
  command(daemon, ['group', 'add', 'Browsers', '--owner', 'ada', '--member', 'bob', '--member', 'cy']);
  call = JSON.parse(command(daemon, ['call', 'start', 'Browsers', '--as', 'ada', '--json'])).call;
  await ada.page.goto(`${daemon.url}/#/c/${call}`);
  await enter(ada.page);
});

after(async () => {
  await Promise.all([ada, host].map((p) => p?.browser.close()));
  await daemon?.remove();
});

/** Takes away. @param {string[]} names */
function lack(names) {
  for (const name of names) {
    const path = name.split('.');
    const last = /** @type {string} */ (path.pop());
    const owner = path.reduce((o, key) => o?.[key], /** @type {any} */ (globalThis));
    if (owner) delete owner[last];
  }
}

/**
 * A page of Bob's at the call's door.
 * @param {{without?: string[], worker?: string, script?: () => void, login?: string, lost?: number}} how without: what its browser lacks, in its page
 *   and in its workers; worker: what runs before these; lost: how often workers and worklets can't be loaded
 */
async function guest({ without = [], worker = '', script, login = 'bob', lost = 0 } = {}) {
  const g = await visit(host.browser);
  await g.context.addInitScript(lack, without);
  if (script) await g.context.addInitScript(script);
  // A worker whose script went through the test has no address, and must not open sockets to this machine unless that is allowed.
  await g.context.grantPermissions(['camera', 'microphone', 'local-network-access']);
  await g.context.route('**/mixer-worklet.js', (route) => (lost-- > 0 ? route.abort() : route.continue()));
  await g.context.route('**/*-worker.js', async (route) => {
    if (lost-- > 0) return route.abort();
    const response = await route.fetch();
    const first = `(${lack})(${JSON.stringify(without)}); ${worker}`;
    await route.fulfill({ response, body: `${first}\n${await response.text()}` });
  });
  const { page } = g;
  await page.goto(daemon.url);
  await page.evaluate(async (name) => {
    const body = JSON.stringify({ login: name, password: 'long enough' });
    await fetch('/api/auth/login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  }, login);
  await page.goto(`${daemon.url}/#/c/${call}`);
  await page.reload();
  return g;
}

/** Through the anteroom, with the sound as it is. @param {Page} page */
async function enter(page) {
  const go = page.getByRole('button', { name: /^Join (now|without)/ });
  await go.waitFor();
  const clean = page.getByLabel('Clean up my sound');
  if (!(await clean.isVisible())) await page.locator('summary', { hasText: 'Camera and microphone' }).click();
  await clean.uncheck();
  await go.click();
  await page.getByRole('toolbar', { name: 'Call controls' }).waitFor();
}

/** @param {Awaited<ReturnType<typeof guest>>} g */
async function leave(g) {
  await g.page.getByRole('button', { name: 'Leave' }).click();
  await g.page.getByRole('heading', { name: 'You left the call' }).waitFor();
  errors.push(...(await errorsOf(g)));
  await g.context.close();
}

/** @param {Page} page of the guest */
const bothWays = (page) =>
  Promise.all([sees(page, 'Ada Lovelace'), hears(page, 440), sees(ada.page, 'Bob Noyce'), hears(ada.page, 880)]);

test('as Firefox: tracks can’t be read, encoders have no temporal layers and know nothing of latency', async () => {
  const g = await guest({
    without: ['MediaStreamTrackProcessor', 'AudioContext.prototype.setSinkId'],
    worker: `{ const ask = VideoEncoder.isConfigSupported, configure = VideoEncoder.prototype.configure;
        VideoEncoder.isConfigSupported = (c) => c.scalabilityMode || c.latencyMode ? Promise.resolve({ supported: false, config: c }) : ask.call(VideoEncoder, c);
        VideoEncoder.prototype.configure = function (c) {
          if (c.scalabilityMode || c.latencyMode) throw new DOMException('no', 'NotSupportedError');
          return configure.call(this, c);
        }; }`,
  });
  await enter(g.page);
  await bothWays(g.page);
  assert.equal((await about(ada.page, 'Bob Noyce')).video.temporal, 0, 'there is one temporal layer');
  await leave(g);
});

/** The first pictures that are asked of a video element are not there yet, whatever it says. */
function slowCamera() {
  let asked = 0;
  window.VideoFrame = class extends VideoFrame {
    /** @param {any} source @param {any} [init] */
    constructor(source, init) {
      if (source instanceof HTMLVideoElement && asked++ < 10) throw new DOMException('no picture', 'InvalidStateError');
      super(source, init);
    }
  };
}

test('as an older phone: nothing is shared between threads, nobody tells of pictures, and no screen can be shared', async () => {
  const g = await guest({
    without: [
      'MediaStreamTrackProcessor',
      'HTMLVideoElement.prototype.requestVideoFrameCallback',
      'SharedArrayBuffer',
      'OffscreenCanvas',
      'MediaDevices.prototype.getDisplayMedia',
      'Navigator.prototype.wakeLock',
      'AudioContext.prototype.setSinkId',
      'AudioContext.prototype.getOutputTimestamp',
    ],
    script: slowCamera,
  });
  await enter(g.page);
  await bothWays(g.page);
  assert.equal(await g.page.getByRole('button', { name: 'Share screen' }).count(), 0);
  await leave(g);
});

test('what could not be loaded at the door, since the server was away, is loaded when it is there', async () => {
  const g = await guest({ lost: 2 });
  await g.page.waitForResponse((r) => r.url().endsWith('/audio-worker.js') && r.ok());
  await enter(g.page);
  await bothWays(g.page);
  await leave(g);
});

test('who can’t encode sound watches, listens and shows, and is told', async () => {
  const g = await guest({ without: ['AudioEncoder'] });
  await g.page.getByText('can’t send your voice').waitFor();
  await enter(g.page);
  await Promise.all([sees(g.page, 'Ada Lovelace'), hears(g.page, 440), sees(ada.page, 'Bob Noyce')]);
  await leave(g);
});

test('who can’t encode pictures speaks and watches, and is told', async () => {
  const g = await guest({ without: ['VideoEncoder'] });
  await g.page.getByText('can’t send your picture').waitFor();
  await enter(g.page);
  await Promise.all([sees(g.page, 'Ada Lovelace'), hears(g.page, 440), hears(ada.page, 880)]);
  await ada.page.locator('scaip-tile').filter({ hasText: 'Bob Noyce' }).getByText('BN').waitFor();
  await leave(g);
});

test('who can’t encode anything may watch', async () => {
  const g = await guest({ without: ['VideoEncoder', 'AudioEncoder'] });
  await g.page.getByText('You can watch, listen and write').waitFor();
  await enter(g.page);
  await Promise.all([sees(g.page, 'Ada Lovelace'), hears(g.page, 440)]);
  await leave(g);
});

test('who can’t decode sound sees, and is told; who can’t decode pictures hears', async () => {
  let g = await guest({ without: ['AudioDecoder'] });
  await g.page.getByText('This browser can’t play voices').waitFor();
  await enter(g.page);
  await Promise.all([sees(g.page, 'Ada Lovelace'), hears(ada.page, 880)]);
  await leave(g);
  g = await guest({ without: ['VideoDecoder'] });
  await g.page.getByText('This browser can’t show pictures').waitFor();
  await enter(g.page);
  await Promise.all([hears(g.page, 440), sees(ada.page, 'Bob Noyce')]);
  await leave(g);
});

test('who can’t play anything is told why, and not let in', async () => {
  const g = await guest({ without: CODECS });
  await g.page.getByRole('heading', { name: /This browser can’t play calls: it lacks WebCodecs/ }).waitFor();
  assert.equal(await g.page.getByRole('button', { name: /^Join/ }).count(), 0);
  errors.push(...(await errorsOf(g)));
  await g.context.close();
});

test('permission is refused: one is told, comes in without, and can allow it later', async () => {
  const g = await guest({
    script: () => {
      const real = MediaDevices.prototype.getUserMedia;
      MediaDevices.prototype.getUserMedia = function (wanted) {
        if (/** @type {any} */ (window).allowed) return real.call(this, wanted);
        return Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
      };
    },
  });
  await g.page.getByText('Camera and microphone are blocked').waitFor();
  await enter(g.page);
  await Promise.all([sees(g.page, 'Ada Lovelace'), hears(g.page, 440)]);
  await g.page.evaluate(() => Object.assign(window, { allowed: true }));
  await g.page.getByRole('button', { name: 'Turn camera on' }).click();
  await bothWays(g.page);
  await leave(g);
});

/** Takes a device of a guest's away. @param {Page} page @param {'camera' | 'microphone'} kind */
const unplug = (page, kind) =>
  page.evaluate((which) => {
    const { devices } = /** @type {any} */ (document.querySelector('scaip-app')).app.call.value;
    const track = devices[which].value;
    track.stop();
    track.dispatchEvent(new Event('ended'));
  }, kind);

/** @param {Page} page @param {'camera' | 'microphone'} kind */
const device = (page, kind) =>
  page.evaluate((which) => {
    const { devices } = /** @type {any} */ (document.querySelector('scaip-app')).app.call.value;
    return devices[which].value?.id ?? '';
  }, kind);

test('devices that go, come and are changed in the call', async () => {
  const g = await guest({
    script: () => {
      // Which kinds are not plugged in.
      const gone = /** @type {Set<string>} */ (new Set());
      Object.assign(window, { gone });
      const real = MediaDevices.prototype.getUserMedia;
      MediaDevices.prototype.getUserMedia = function (wanted) {
        const no = (wanted?.audio && gone.has('microphone')) || (wanted?.video && gone.has('camera'));
        return no
          ? Promise.reject(new DOMException('Requested device not found', 'NotFoundError'))
          : real.call(this, wanted);
      };
    },
  });
  const { page } = g;
  const has = (/** @type {string} */ kind, /** @type {boolean} */ there) =>
    page.evaluate(
      ([k, is]) => {
        const { gone } = /** @type {any} */ (window);
        if (is) gone.delete(k);
        else gone.add(k);
        if (is) navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
      },
      /** @type {const} */ ([kind, there]),
    );
  await enter(page);
  await bothWays(page);
  const tile = ada.page.locator('scaip-tile').filter({ hasText: 'Bob Noyce' });

  // One of two cameras: the other one takes its place.
  let was = await device(page, 'camera');
  await unplug(page, 'camera');
  await until(
    'another camera',
    () => device(page, 'camera'),
    (id) => id !== '' && id !== was,
  );
  await sees(ada.page, 'Bob Noyce');

  // The only camera: his face takes its place, his voice goes on, and it comes back when it is plugged in.
  await has('camera', false);
  await unplug(page, 'camera');
  await until(
    'his face',
    async () => ({
      face: await tile.getByText('BN').isVisible(),
      of: await about(ada.page, 'Bob Noyce'),
      his: await page.evaluate(() => {
        const { devices, media, senders } = /** @type {any} */ (document.querySelector('scaip-app')).app.call.value;
        const { camera, cameraTrouble } = devices;
        return {
          camera: camera.value?.id,
          trouble: cameraTrouble.value,
          link: media.video.state,
          sent: senders.video.sent,
        };
      }),
    }),
    ({ face }) => face,
  );
  await hears(ada.page, 880);
  await has('camera', true);
  await sees(ada.page, 'Bob Noyce');

  await has('microphone', false);
  await unplug(page, 'microphone');
  await hears(ada.page, 880, false);
  await sees(ada.page, 'Bob Noyce');
  await has('microphone', true);
  await hears(ada.page, 880);

  // Another camera and another microphone are chosen.
  await page.getByRole('button', { name: 'More', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Camera and microphone' }).click();
  for (const kind of /** @type {const} */ (['camera', 'microphone'])) {
    was = await device(page, kind);
    const list = page.getByRole('combobox', { name: kind === 'camera' ? /^Camera/ : /^Microphone/ });
    await list.selectOption({ index: (await list.locator('option').count()) - 1 });
    await until(
      `another ${kind}`,
      () => device(page, kind),
      (id) => id !== '' && id !== was,
    );
  }
  await page.keyboard.press('Escape');
  await Promise.all([sees(ada.page, 'Bob Noyce'), hears(ada.page, 880)]);
  await leave(g);
});

/** Headless browsers have no screen to choose: a canvas that moves, and a tone as the tab's sound. @param {Page} page @param {number} hz 0: no sound */
const screenOf = (page, hz) =>
  page.evaluate((tone) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [1280, 720];
    const paint = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    let n = 0;
    setInterval(() => {
      paint.fillStyle = n++ % 2 ? '#fff' : '#ddd';
      paint.fillRect(0, 0, 1280, 720);
    }, 200);
    navigator.mediaDevices.getDisplayMedia = async () => {
      const stream = canvas.captureStream(5);
      if (!tone) return stream;
      const sound = new AudioContext();
      const out = sound.createMediaStreamDestination();
      const volume = new GainNode(sound, { gain: 0.3 });
      const oscillator = new OscillatorNode(sound, { frequency: tone });
      oscillator.connect(volume).connect(out);
      oscillator.start();
      stream.addTrack(out.stream.getAudioTracks()[0]);
      return stream;
    };
  }, hz);

test('the browser stops the sound: one is told, and turns it on again', async () => {
  const { page } = ada;
  await page.locator('scaip-call').evaluate((view) => /** @type {any} */ (view).app.call.value.sound.context.suspend());
  await page.getByRole('button', { name: 'Turn it on' }).click();
  await page.getByText('The browser has stopped the sound').waitFor({ state: 'detached' });
  assert.equal(
    await page.locator('scaip-call').evaluate((view) => /** @type {any} */ (view).app.call.value.sound.context.state),
    'running',
  );
});

test('two screens at once, one of them with the sound of its tab', async () => {
  const [bob, cy] = [await guest(), await guest({ login: 'cy' })];
  await enter(bob.page);
  await cy.page.getByRole('button', { name: 'Turn camera off' }).click();
  await cy.page.getByRole('button', { name: 'Mute', exact: true }).click();
  await enter(cy.page);
  await screenOf(ada.page, 1320);
  await screenOf(bob.page, 0);
  for (const { page } of [ada, bob]) await page.getByRole('button', { name: 'Share screen' }).click();
  for (const name of ['Ada Lovelace', 'Bob Noyce']) {
    await cy.page.getByRole('img', { name: `${name}’s screen` }).waitFor();
    const p = await sees(cy.page, name, 'screen');
    assert.deepEqual([p.screen.width, p.screen.height], [1280, 720]);
  }
  await Promise.all([440, 880, 1320].map((hz) => hears(cy.page, hz)));
  assert.equal(
    await ada.page.evaluate(() => window.scaip.stats().sent.audio.refused),
    '',
    'two sounds are not too many',
  );
  await ada.page.getByRole('toolbar', { name: 'Call controls' }).getByRole('button', { name: 'Stop sharing' }).click();
  await cy.page.getByRole('img', { name: 'Ada Lovelace’s screen' }).waitFor({ state: 'detached' });
  await hears(cy.page, 1320, false);
  await Promise.all([hears(cy.page, 440), sees(cy.page, 'Bob Noyce', 'screen')]);
  await leave(cy);
  await leave(bob);
});

test('no page has reported an error', async () => {
  assert.deepEqual([...(await errorsOf(ada)), ...errors], []);
});
