import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Jitter } from '../lib/jitter.js';
import { Playout, VoiceDelay } from '../lib/playout.js';
import { HEAD } from '../lib/ring.js';
import { Stalls } from '../lib/stalls.js';
import { Refresh, Skew } from '../lib/sync.js';
import { play, voice } from './player.mjs';
import { FRAME, networks, random } from './traces.mjs';

/** Feeds frames of 20 ms whose lateness is `late(n)` µs. */
function feed(j, count, late, from = 0) {
  for (let n = from; n < from + count; n++) j.arrive(n * 20_000, n * 20_000 + late(n));
}

test('jitter: a steady way costs next to nothing', () => {
  const j = new Jitter();
  assert.equal(j.delay, 0);
  feed(j, 500, () => 30_000);
  assert.equal(j.delay, 37_000);
  assert.equal(j.late, 0);
});

test('jitter: the margin is what 95 % need, and a little', () => {
  const j = new Jitter();
  feed(j, 2000, (n) => 30_000 + (n % 50 === 0 ? 400_000 : (n % 10) * 10_000)); // 2 % are outliers
  assert.ok(j.margin >= 90_000 && j.margin <= 110_000, `${j.margin}`);
  feed(j, 200, () => 330_000, 2000); // 10 % now come that late
  assert.ok(j.margin > 300_000, `${j.margin}`);
});

test('jitter: a late frame raises the delay at once, for twenty times as long as it was late', () => {
  for (const [late, kept] of [
    [100_000, 2],
    [20_000, 0.4],
  ]) {
    const j = new Jitter();
    feed(j, 500, () => 30_000);
    j.arrive(10_000_000, 10_030_000 + late);
    const raised = 30_000 + late + Math.min(10_000, 2000 + late / 2);
    assert.equal(j.delay, raised);
    assert.equal(j.late, 1);
    feed(j, kept * 50 - 1, () => 30_000, 501);
    assert.equal(j.delay, raised);
    feed(j, 10, () => 30_000, 500 + kept * 50);
    assert.equal(j.delay, 37_000);
  }
});

test('jitter: rare frames that are a little late are not waited for by all', () => {
  let waited = 0; // µs, of the frames of two minutes, five times
  for (let seed = 1; seed <= 5; seed++) {
    const r = random(seed);
    const j = new Jitter();
    for (let n = 0; n < 6000; n++) {
      const hiccup = n > 500 && r() < 1 / 450; // once in nine seconds
      feed(j, 1, () => 30_000 + r() * 2000 + (hiccup ? 14_000 : 0), n);
      waited += (j.delay - 37_000) / 30_000;
    }
  }
  assert.ok(waited > 0 && waited < 2200, `${waited} µs`);
});

test('jitter: one long stall in ten seconds is not waited for, a second one is', () => {
  const j = new Jitter();
  feed(j, 500, () => 30_000);
  const stall = (/** @type {number} */ n) => feed(j, 1, () => 130_000, n);
  stall(500);
  feed(j, 150, () => 30_000, 501);
  assert.equal(j.delay, 37_000);
  stall(651);
  feed(j, 150, () => 30_000, 652);
  assert.equal(j.delay, 130_000, 'but for 10 ms, and as many more');
  feed(j, 400, () => 30_000, 802); // and are eleven seconds old, and eight
  assert.equal(j.delay, 37_000);
});

test('jitter: what one can not talk over is kept for a moment only, however often it comes', () => {
  const j = new Jitter();
  const far = (/** @type {number} */ n) => n % 150 === 149; // every three seconds
  let least = Infinity;
  for (let n = 0; n < 3000; n++) {
    feed(j, 1, () => (far(n) ? 630_000 : n % 10 === 0 ? 330_000 : 30_000), n);
    if (n > 1500) least = Math.min(least, j.delay);
  }
  assert.ok(least >= 330_000 && least < 345_000, `${least} µs`);
});

test('jitter: what comes again and again is kept', () => {
  const j = new Jitter();
  feed(j, 2000, (n) => (n % 200 === 0 ? 130_000 : 30_000)); // every four seconds
  let least = Infinity;
  for (let n = 2000; n < 3000; n++) {
    feed(j, 1, () => (n % 200 === 0 ? 130_000 : 30_000), n);
    least = Math.min(least, j.delay);
  }
  assert.ok(least > 100_000, `${least}`);
});

test('jitter: one very late frame does not raise it without bounds', () => {
  const j = new Jitter();
  feed(j, 500, () => 30_000);
  j.arrive(10_000_000, 14_000_000);
  assert.ok(j.delay <= 30_000 + 24_000 + 200_000, `${j.delay}`);
});

test('jitter: bad times are forgotten', () => {
  const j = new Jitter();
  feed(j, 3000, (n) => (n % 2) * 500_000); // a minute of a machine that is far too busy
  assert.ok(j.delay > 500_000);
  feed(j, 100, () => 0, 3000);
  assert.ok(j.delay > 400_000, 'not at once');
  feed(j, 550, () => 0, 3100);
  assert.equal(j.delay, 7_000, 'after thirteen seconds');
});

test('jitter: short frames are forgotten no sooner than long ones', () => {
  const [short, long] = [new Jitter(), new Jitter()];
  feed(long, 500, (n) => (n % 4 === 0 ? 100_000 : 0));
  for (let n = 0; n < 1000; n++) short.arrive(n * 10_000, n * 10_000 + (n % 8 < 2 ? 100_000 : 0));
  for (let n = 1000; n < 1200; n++) short.arrive(n * 10_000, n * 10_000);
  feed(long, 100, () => 0, 500);
  assert.equal(short.margin, long.margin);
});

test('jitter: a bad start is forgotten sooner', () => {
  const j = new Jitter();
  feed(j, 100, (n) => (n % 2) * 500_000);
  assert.ok(j.margin > 500_000);
  feed(j, 400, () => 0, 100);
  assert.equal(j.margin, 7_000);
});

/**
 * Voices that share what they wait for, whose frames of 20 ms come spread over those 20 ms. What stands still lets all that comes meanwhile through at its end.
 * @param {Stalls} stalls
 * @param {number} count
 * @param {number} seconds
 * @param {{from: number, length: number}[]} still µs
 * @param {(voice: number, frame: number) => number} [late] µs by which a frame is late by itself
 */
function together(stalls, count, seconds, still, late = () => 0) {
  const frames = [];
  for (let v = 0; v < count; v++) {
    for (let n = 0; n < seconds * 50; n++) {
      const pts = n * 20_000 + (v * 20_000) / count;
      let at = pts + 30_000 + late(v, n);
      for (const { from, length } of still) if (at >= from && at < from + length) at = from + length;
      frames.push({ v, pts, at });
    }
  }
  frames.sort((a, b) => a.at - b.at);
  const voices = Array.from({ length: count }, () => new Jitter({ stalls }));
  const missed = new Array(count).fill(0); // frames that came after they were due
  for (const { v, pts, at } of frames) {
    const { delay, arrived } = voices[v];
    if (arrived > 0 && at - pts > delay) missed[v]++;
    voices[v].arrive(pts, at);
  }
  return { voices, missed };
}

test('stalls: what made all voices late once is waited for by all for half a minute', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const r = random(seed);
    const count = 2 + Math.floor(r() * 15);
    const length = 20_000 + Math.floor(r() * 60_000);
    const still = [{ from: 3_000_000, length }];
    // Shorter ones after it, rarely enough that each voice by itself forgets.
    for (let at = 6_000_000; at < 30_000_000; at += 3_000_000 + r() * 8_000_000)
      still.push({ from: Math.round(at), length: Math.floor(r() * (length - 20_000 / count)) });
    const stalls = new Stalls();
    const { voices, missed } = together(stalls, count, 31, still);
    // The one stall makes each voice miss what was due in it.
    const once = together(new Stalls(), count, 5, still.slice(0, 1)).missed;
    assert.deepEqual(missed, once, `seed ${seed}: ${count} voices`);
    for (const j of voices) {
      assert.ok(j.delay <= 30_000 + length + 2000, `seed ${seed}: ${j.delay} µs for a stall of ${length}`);
      assert.ok(j.delay > 30_000 + length - 40_000 / count, `seed ${seed}: ${j.delay} µs for a stall of ${length}`);
    }
  }
});

test('stalls: who begins to speak knows them', () => {
  const stalls = new Stalls();
  together(stalls, 4, 5, [{ from: 3_000_000, length: 60_000 }]);
  const j = new Jitter({ stalls });
  j.arrive(5_000_000, 5_030_000);
  assert.ok(j.delay > 75_000 && j.delay <= 92_000, `${j.delay} µs`);
});

test('stalls: they are forgotten after half a minute, and what can not be talked over is not waited for', () => {
  const stalls = new Stalls();
  together(stalls, 4, 5, [{ from: 3_000_000, length: 400_000 }]);
  assert.equal(stalls.needed, 102_000);
  const j = new Jitter({ stalls });
  for (let n = 250; n < 1700; n++) j.arrive(n * 20_000, n * 20_000 + 30_000);
  assert.equal(stalls.needed, 0);
  assert.equal(j.delay, 37_000);
});

test('stalls: one voice alone, and one bad line among others, cost nobody anything', () => {
  const alone = new Stalls();
  const still = [3, 5, 11].map((s) => ({ from: s * 1_000_000, length: 60_000 }));
  const { voices } = together(alone, 1, 20, still);
  assert.equal(alone.needed, 0);
  const itself = new Jitter();
  for (let n = 0; n < 1000; n++) {
    const at = n * 20_000 + 30_000;
    const s = still.find(({ from, length }) => at >= from && at < from + length);
    itself.arrive(n * 20_000, s ? s.from + s.length : at);
  }
  assert.equal(voices[0].delay, itself.delay);
  for (const bad of [1, 3]) {
    const r = random(bad);
    const stalls = new Stalls();
    together(stalls, 8, 60, [], (v) => (v < bad ? r() * 80_000 : r() * 1000));
    assert.equal(stalls.needed, 0, `${bad} of eight`);
  }
});

test('stalls: the second latest of those who are being heard says how long one was', () => {
  const stalls = new Stalls();
  const [ada, bob, cyd, ...others] = Array.from({ length: 9 }, () => ({}));
  stalls.arrive(cyd, 0, 0, false);
  stalls.arrive(ada, 0, 80_000, true);
  stalls.arrive(bob, 10_000, 30_000, true);
  assert.equal(stalls.needed, 32_000);
  stalls.arrive(cyd, 100_000, 90_000, true);
  assert.equal(stalls.needed, 32_000, 'one is late alone: the others were so at another time');
  for (const o of others) stalls.arrive(o, 200_000, 0, false);
  stalls.arrive(ada, 300_000, 40_000, true);
  stalls.arrive(bob, 300_000, 50_000, true);
  assert.equal(stalls.needed, 32_000, 'two of nine');
  stalls.arrive(ada, 600_000, 40_000, true);
  stalls.arrive(bob, 600_000, 50_000, true);
  assert.equal(stalls.needed, 42_000, 'the others have fallen silent');
});

/** A voice of which one frame has come. */
function spoken(late) {
  const v = new VoiceDelay();
  v.jitter.arrive(0, late);
  return v;
}

test('playout: the picture may hold the voice back by a little, not by much', () => {
  const v = spoken(30_000);
  assert.equal(v.delay(0, 10_000), 47_000);
  v.picture = 55_000;
  assert.equal(v.delay(10, 10_000), 47_000, '10 ms behind the voice is no matter');
  v.picture = 101_000;
  assert.equal(v.delay(20, 10_000), 89_000);
  const slow = spoken(30_000);
  slow.picture = 900_000;
  assert.equal(slow.delay(0, 0), 37_000);
  const p = new Playout();
  p.heard(0);
  p.video.arrive(0, 900_000);
  assert.equal(p.show(0, 37_000), 49_000, 'what comes in time fits; the rest is late alone');
});

test('playout: the picture is as early as lips allow; without a voice, as early as it can be', () => {
  const p = new Playout();
  p.heard(0);
  p.video.arrive(0, 20_000);
  assert.equal(p.show(0, 100_000), 88_000);
  p.mute();
  let shown = 0;
  for (let now = 0; now < 6000; now += 16) shown = p.show(now, 100_000);
  assert.equal(shown, 20_000);
  p.heard(6000);
  assert.equal(p.show(6001, 100_000), 88_000, 'the voice is back');
});

test('playout: the delay rises at once and falls slowly', () => {
  const v = spoken(100_000);
  assert.equal(v.delay(0, 0), 107_000);
  v.jitter.base.items = [{ at: 0, value: 1000 }];
  v.jitter.raised = 0;
  assert.equal(v.delay(1000, 0), 41_000, 'two thirds of what is too much');
  v.current = 30_000;
  assert.equal(v.delay(1500, 0), 15_000, '30 ms a second at least');
});

/** What a network makes of half a minute of a voice. The first three seconds are for learning. */
const results = new Map(
  Object.entries(networks).map(([name, network]) => {
    const arrivals = network(1500, 7);
    const { head, delays } = play({ arrivals, sound: voice });
    const sorted = delays.slice(1200).sort((a, b) => a - b);
    const late = arrivals.map((at, n) => at - n * FRAME);
    return [
      name,
      {
        gaps: head[HEAD.CONCEALED] / 48 / (arrivals.length * FRAME),
        jumps: head[HEAD.JUMPS],
        median: sorted[sorted.length >> 1],
        most: sorted[sorted.length - 1],
        needed: Math.max(...late),
      },
    ];
  }),
);

test('on a good way nothing is missing, and little is waited for', () => {
  const { gaps, median } = /** @type {any} */ (results.get('loopback'));
  assert.equal(gaps, 0);
  assert.ok(median < 80, `${median} ms: 30 of output, 20 of a frame, 30 of buffer at most`);
});

test('the delay never outgrows what the network did, by more than a frame', () => {
  for (const [name, { most, needed, jumps }] of results) {
    assert.ok(most <= needed + 30 + 22 + 3, `${name}: ${most} ms, where ${needed} and 30 of output are needed`);
    assert.equal(jumps, 0, name);
  }
});

test('voice gaps stay below half a percent of time', () => {
  for (const [name, { gaps }] of results) {
    const most = name.startsWith('five') ? 0.015 : 0.005;
    assert.ok(gaps <= most, `${name}: ${(gaps * 100).toFixed(2)} % of time made up`);
  }
});

test('skew: the middle, and what 95 % lie between', () => {
  const s = new Skew();
  assert.equal(s.range(), undefined);
  for (let i = -100; i <= 100; i++) s.add(i * 100);
  assert.deepEqual(s.range(), { middle: 0, low: -9.5, high: 9.5 });
});

test('refresh: the interval of the screen, whatever is missed', () => {
  const r = new Refresh();
  for (let n = 0, at = 0; n < 500; n++) {
    at += n % 10 === 0 ? 100 : 6.94;
    r.tick(at);
  }
  assert.ok(Math.abs(r.interval - 6.94) < 0.2, `${r.interval}`);
});
