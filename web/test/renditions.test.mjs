import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Watching } from '../app/watching.js';
import { bitrateOf, codecToSend, renditionFor, sizes, toMake } from '../lib/renditions.js';
import { STEPS, Uplink } from '../lib/uplink.js';

test('a picture has the renditions that are smaller than it, and itself', () => {
  const of = (w, h, cores = 4) => sizes(w, h, cores).map((s) => `${s.width}x${s.height}`);
  assert.deepEqual(of(1280, 720), ['320x180', '640x360', '1280x720']);
  assert.deepEqual(of(640, 480), ['240x180', '480x360', '640x480']);
  assert.deepEqual(of(640, 360), ['320x180', '640x360']);
  assert.deepEqual(of(3840, 2160), ['320x180', '640x360', '1280x720']);
  assert.deepEqual(of(720, 1280), ['180x320', '360x640', '720x1280']);
  assert.deepEqual(of(160, 120), ['160x120']);
  // Two cores: 640×480 would be encoded in two threads, which wait for each other.
  assert.deepEqual(of(640, 480, 2), ['240x180', '480x360', '632x474']);
  assert.deepEqual(of(1280, 720, 2), ['320x180', '730x410']);
  assert.deepEqual(of(480, 640, 2), ['180x240', '360x480', '474x632']);
  assert.deepEqual(of(640, 360, 2), ['320x180', '640x360']);
  assert.ok(bitrateOf({ width: 320, height: 180 }) < bitrateOf({ width: 640, height: 360 }));
});

test('what is asked for and not there is made as the best below it', () => {
  assert.deepEqual(toMake([0, 2], 3, 2), [0, 2]);
  assert.deepEqual(toMake([2], 2, 2), [1]);
  assert.deepEqual(toMake([1, 2], 3, 1), [1]);
  assert.deepEqual(toMake([2, 0], 3, 0), [0]);
  assert.deepEqual(toMake([], 3, 2), [2]);
});

test('a tile asks for what is not much smaller than it, and does not waver', () => {
  assert.deepEqual(
    [100, 180, 230, 360, 470, 720, 2000].map((h) => renditionFor(h, undefined)),
    [0, 0, 1, 1, 2, 2, 2],
  );
  assert.equal(renditionFor(220, 0), 0);
  assert.equal(renditionFor(220, 1), 1);
  assert.equal(renditionFor(150, 1), 0);
});

test('the codec is one that all decode', () => {
  for (const cores of [2, 6, 64])
    for (const screen of [false, true])
      for (const allowed of [['vp8'], ['vp8', 'vp9'], ['vp8', 'vp9', 'av1', 'h264'], []])
        assert.ok([...allowed, 'vp8'].includes(codecToSend(allowed, { cores, screen })));
  assert.equal(codecToSend(['vp8', 'vp9'], { cores: 16, screen: false }), 'vp9');
});

/** An uplink that carries so many bytes a second, for some seconds; the sender gives what its step says of 100 kB/s. */
function run(uplink, world, carries, seconds) {
  for (const end = world.now + seconds * 1000; world.now < end; world.now += 250) {
    const { share, top } = uplink.step;
    const rate = 100_000 * share * [0.1, 0.4, 1][top];
    world.buffered = Math.max(0, world.buffered + (rate - carries) / 4);
    world.worst = Math.max(world.worst, world.buffered);
    const before = uplink.ladder.level;
    uplink.sample(world.now, { buffered: world.buffered, rate: Math.min(rate, carries), skipped: 0 });
    if (uplink.ladder.level > before) world.downs++;
    // The sender itself drops what is far too much.
    if (world.buffered > 256 * 1024) world.buffered = 0;
  }
}

for (const carries of [10_000, 30_000, 60_000]) {
  test(`an uplink of ${carries} bytes a second is found and kept, and left when it is good again`, () => {
    const uplink = new Uplink();
    const world = { now: 0, buffered: 0, worst: 0, downs: 0 };
    run(uplink, world, 1_000_000, 30);
    assert.equal(uplink.ladder.level, 0);
    run(uplink, world, carries, 20);
    assert.ok(uplink.ladder.level > 0);
    world.downs = world.worst = 0;
    run(uplink, world, carries, 300);
    assert.ok(world.downs <= 35, `${world.downs} times down in five minutes`);
    assert.ok(world.worst / carries < 2.5, `${world.worst} bytes waited`);
    run(uplink, world, 1_000_000, 15);
    assert.equal(uplink.ladder.level, 0, 'everything is sent within 15 s');
  });
}

test('an encoder that does not keep up gets less to do', () => {
  const uplink = new Uplink();
  for (let now = 0; now < 20_000; now += 250) uplink.sample(now, { buffered: 0, rate: 50_000, skipped: 0.5 });
  assert.equal(uplink.step, STEPS[STEPS.length - 1]);
});

test('a busy machine is left behind too: moments without time make it longer by themselves only', () => {
  const uplink = new Uplink();
  let now = 0;
  for (; now < 60_000; now += 250)
    uplink.sample(now, { buffered: 0, rate: 50_000, skipped: now % 7000 < 2000 ? 0.5 : 0 });
  assert.ok(uplink.ladder.level > 0);
  const end = now + 30_000;
  for (; now < end; now += 250) uplink.sample(now, { buffered: 0, rate: 50_000, skipped: now % 1000 < 500 ? 0.15 : 0 });
  assert.equal(uplink.ladder.level, 0);
});

test('nothing is asked for before a picture is seen where there is a place for it, or there has been one for a while', async (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const scope = /** @type {any} */ (globalThis);
  scope.VideoDecoder = scope.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  t.after(() => {
    mock.timers.reset();
    delete scope.VideoDecoder;
    delete scope.ResizeObserver;
  });
  const canvas = /** @type {any} */ ({ isConnected: true, clientWidth: 640, clientHeight: 360 });
  const open = () => {
    /** @type {any} */
    const video = { canvases: new Set(), stats: { received: 0, lost: 0 } };
    /** @type {any[]} */
    const told = [];
    const people = /** @type {any} */ (new Map([[2, { seat: 2, video, screen: {} }]]));
    const watching = new Watching(people, (m) => told.push(m));
    const place = () => {
      video.canvases.add(canvas);
      watching.add(canvas);
    };
    return { watching, told, place };
  };
  const want = [{ want: { tracks: { 8: { rendition: 1, temporal: 7 } } } }];
  const seen = open();
  seen.watching.begin();
  seen.watching.again();
  await undefined;
  assert.deepEqual(seen.told, [], 'there is no place yet');
  seen.place();
  await undefined;
  assert.deepEqual(seen.told, [], 'none is seen there yet');
  seen.watching.begin();
  await undefined;
  assert.deepEqual(seen.told, want);
  seen.watching.close();

  const unseen = open();
  unseen.place();
  mock.timers.tick(1000);
  unseen.watching.again();
  await undefined;
  assert.deepEqual(unseen.told, [], 'before there was a socket no picture could come');
  mock.timers.tick(299);
  await undefined;
  assert.deepEqual(unseen.told, []);
  mock.timers.tick(1);
  await undefined;
  assert.deepEqual(unseen.told, want);
  unseen.watching.close();
});
