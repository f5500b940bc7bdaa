import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EASES, Easing } from '../lib/ease.js';
import { Playout, VoiceDelay } from '../lib/playout.js';
import { VideoPlayer } from '../media/video-player.js';
import { random } from './traces.mjs';

const LATENCY = 10_000; // µs of the output

/** A voice and its picture, with what either's frames need, over time: how late pictures are shown against the voice. */
class Scene {
  constructor() {
    this.now = 0; // ms
    this.voice = new VoiceDelay();
    this.playout = new Playout();
    /** ms, of each picture: more than 0: after the voice @type {{at: number, late: number}[]} */
    this.skews = [];
    /** ms @type {{at: number, delay: number}[]} */
    this.delays = [];
  }

  /** @param {number} seconds @param {() => number} voice ms that a frame needs @param {() => number} picture ms */
  run(seconds, voice, picture) {
    for (const end = this.now + seconds * 1000; this.now < end; this.now += 10) {
      const { now, playout } = this;
      this.voice.jitter.arrive(now * 1000, (now + voice()) * 1000);
      playout.heard(now);
      if (now % 50 === 0) this.voice.picture = playout.need(now * 1000);
      const delay = this.voice.delay(now, LATENCY);
      this.delays.push({ at: now, delay: delay / 1000 });
      if (now % 30 !== 0) continue;
      const came = picture();
      playout.video.arrive(now * 1000, (now + came) * 1000);
      const shown = Math.max(came, playout.show(now, delay) / 1000);
      this.skews.push({ at: now, late: shown - delay / 1000 });
    }
  }

  /** The share of pictures from `from` on that nobody finds early or late (ITU-R BT.1359). @param {number} from ms */
  fit(from) {
    const list = this.skews.filter((s) => s.at >= from);
    return list.filter((s) => s.late > -125 && s.late < 45).length / list.length;
  }

  /** The longest delay from `from` on. @param {number} from ms */
  longest(from) {
    return Math.max(...this.delays.filter((d) => d.at >= from).map((d) => d.delay));
  }
}

test('lips: a picture that stays late is waited for, as long as one can talk', () => {
  for (let seed = 1; seed <= 5; seed++) {
    const r = random(seed);
    const scene = new Scene();
    const voice = () => 15 + r() * 5;
    scene.run(20, voice, () => 20 + r() * 180); // a page that is busy
    assert.ok(scene.fit(7000) > 0.95, `seed ${seed}: ${scene.fit(7000)} of the pictures fit`);
    assert.ok(scene.longest(0) <= 201, `seed ${seed}: the voice comes after ${scene.longest(0)} ms`);
    scene.run(10, voice, () => 20 + r() * 5);
    assert.ok(scene.longest(28_000) < 40, `seed ${seed}: ${scene.longest(28_000)} ms eight seconds after all is well`);
    assert.ok(scene.fit(20_000) > 0.95);
  }
});

test('lips: a picture that is late for a moment holds the voice back by a little', () => {
  const r = random(3);
  const scene = new Scene();
  const voice = () => 15 + r() * 5;
  scene.run(10, voice, () => 20 + r() * 5);
  scene.run(1, voice, () => 150 + r() * 20);
  scene.run(10, voice, () => 20 + r() * 5);
  assert.ok(scene.longest(3000) < 120, `${scene.longest(3000)} ms`);
});

test('lips: a picture that is far too late, or is no more, is not waited for', () => {
  const r = random(4);
  const scene = new Scene();
  scene.run(
    10,
    () => 15 + r() * 5,
    () => 400 + r() * 50,
  );
  assert.ok(scene.longest(3000) < 40, `${scene.longest(3000)} ms`);
  const p = new Playout();
  p.video.arrive(0, 100_000);
  assert.ok(p.need(4_000_000) >= 100_000);
  assert.equal(p.need(6_000_000), 0);
  p.video.arrive(6_000_000, 6_100_000);
  p.blind();
  assert.equal(p.need(6_200_000), 0);
});

/**
 * A machine that shows so much of the pictures in time; whether it is enough shows two seconds later.
 * @param {Easing} easing @param {{now: number, changes: number, over: number, deepest: number}} world @param {number} carries @param {number} seconds
 */
function work(easing, world, carries, seconds) {
  const COST = [30, 15, 8, 2];
  const past = [];
  for (const end = world.now + seconds * 1000; world.now < end; world.now += 50) {
    past.push(COST[easing.ladder.level] > carries);
    const late = past[Math.max(0, past.length - 40)];
    if (late) world.over += 50;
    if (easing.sample(world.now, late ? 300_000 : 10_000)) world.changes++;
    world.deepest = Math.max(world.deepest, easing.ladder.level);
  }
}

test('ease: what a machine can show in time is found and kept, and all comes back when it can', () => {
  for (const [carries, level] of [
    [20, 1],
    [10, 2],
    [3, 3],
  ]) {
    const [easing, world] = [new Easing(), { now: 0, changes: 0, over: 0, deepest: 0 }];
    work(easing, world, 100, 10);
    assert.deepEqual([easing.ladder.level, world.changes], [0, 0]);
    work(easing, world, carries, 20);
    assert.equal(world.deepest, level, `a machine that shows ${carries}`);
    Object.assign(world, { changes: 0, over: 0 });
    work(easing, world, carries, 300);
    assert.ok(world.over < 45_000 && world.changes < 24, `${world.over} ms late, ${world.changes} changes`);
    work(easing, world, 100, 60);
    assert.equal(easing.ladder.level, 0);
  }
});

test('ease: moments, and times without a voice, change nothing', () => {
  const easing = new Easing();
  for (let now = 0; now < 60_000; now += 50) {
    assert.equal(easing.sample(now, now % 10_000 < 1500 ? 300_000 : 0), false);
  }
  for (let now = 60_000; now < 90_000; now += 50) assert.equal(easing.sample(now, Infinity), false);
  assert.deepEqual(easing.step, EASES[0]);

  for (let now = 90_000; now < 94_000; now += 50) easing.sample(now, 300_000);
  assert.notDeepEqual(easing.step, EASES[0]);
  for (let now = 94_000; now < 144_000; now += 50) easing.sample(now, Infinity);
  assert.deepEqual(easing.step, EASES[0], 'who has nobody to hear gets all pictures again');
});

test('ease: pictures that were not asked for are not lost; those before a key frame that is skipped to are', () => {
  globalThis.VideoDecoder = /** @type {any} */ (class {});
  try {
    const player = new VideoPlayer(new Playout());
    const give = (/** @type {number[]} */ list) => {
      for (const seq of list)
        player.frame(/** @type {any} */ ({ seq, pts: seq * 33_000, key: seq % 60 === 0, temporal: 0 }), seq * 33_000);
    };
    const numbers = Array.from({ length: 181 }, (_, n) => n);
    give(numbers.slice(0, 61));
    assert.equal(player.stats.lost, 0);
    give(numbers.slice(61).filter((n) => n % 2 === 0)); // the top layer is left out
    assert.equal(player.stats.lost, 0);
    give([181, 182, 240]);
    assert.equal(player.stats.lost, 57);
  } finally {
    delete globalThis.VideoDecoder;
  }
});
