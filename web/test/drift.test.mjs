import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallClock, CaptureClock, OutputClock } from '../lib/clock.js';
import { random } from './traces.mjs';

/**
 * Minutes of pings, five quick ones and then one every 2 s, against a server whose clock is `ppm` faster.
 * @returns {{clock: CallClock, errors: {at: number, error: number}[], back: number, leap: number}} error, leap: µs
 */
function live({ seed, ppm, minutes, way = 10, jitter = 20 }) {
  const r = random(seed);
  const real = (local) => 5_000_000 + local * (1000 + ppm / 1000);
  const clock = new CallClock();
  clock.hint(0, real(0) - way * 1000);
  const errors = [];
  let back = 0;
  let leap = 0;
  let last = clock.at(0);
  for (let at = 0, n = 0, next = 0; at < minutes * 60_000; at += 50) {
    if (at >= next) {
      const there = way / 2 + r() ** 3 * jitter;
      const home = way / 2 + r() ** 3 * jitter;
      clock.pong(at, at + there + home, real(at + there));
      next = at + (++n < 5 ? 150 : 2000);
    }
    const shown = clock.at(at);
    if (shown < last) back++;
    if (at > 5000) leap = Math.max(leap, Math.abs(shown - last - 50_000));
    last = shown;
    errors.push({ at, error: Math.abs(shown - real(at)) });
  }
  return { clock, errors, back, leap };
}

test('the clock keeps within 2.5 ms over ten minutes, never goes back, never leaps', () => {
  for (const ppm of [-120, 0, 45, 120])
    for (let seed = 1; seed <= 5; seed++) {
      const { errors, back, leap } = live({ seed, ppm, minutes: 10 });
      const worst = Math.max(...errors.filter((e) => e.at > 60_000).map((e) => e.error));
      assert.ok(worst < 2500, `${ppm} ppm, seed ${seed}: ${worst} µs off`);
      assert.equal(back, 0, `${ppm} ppm, seed ${seed}: it went back`);
      assert.ok(leap < 160, `${ppm} ppm, seed ${seed}: a leap of ${leap} µs within 50 ms`);
    }
});

test('the drift of the two clocks is found within some ppm', () => {
  for (const ppm of [-100, 80]) {
    const { clock } = live({ seed: 3, ppm, minutes: 10, jitter: 5 });
    assert.ok(Math.abs(clock.drift * 1000 - ppm) < 12, `${clock.drift * 1000} instead of ${ppm} ppm`);
  }
});

test('what is bent is inverted: local time and call time go over into each other', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { clock } = live({ seed, ppm: 50, minutes: 1 });
    for (let at = 55_000; at < 75_000; at += 777)
      assert.ok(Math.abs(clock.local(clock.at(at)) - at) < 0.01, `seed ${seed}`);
  }
});

test('a machine that has slept wakes up at the right time', () => {
  const clock = new CallClock();
  for (let at = 0; at < 20_000; at += 2000) clock.pong(at, at + 4, (at + 2) * 1000);
  // Its own clock stood still for a minute.
  clock.pong(20_000, 20_006, (20_003 + 60_000) * 1000);
  assert.ok(Math.abs(clock.at(20_010) - 80_010_000) < 10, `${clock.at(20_010)}`);
});

test('captures: drift is followed gently, a pause at once', () => {
  const r = random(4);
  const clock = new CaptureClock();
  let last = 0;
  for (let n = 0; n < 30_000; n++) {
    const stamp = n * 20 * 0.9998; // 200 ppm slow
    const at = clock.map(stamp, n * 20 + 3 + r() * 10);
    assert.ok(at - last < 20.3 || n < 2, `frame ${n}: ${at - last} ms`);
    if (n > 300) assert.ok(Math.abs(at - n * 20 - 3) < 2, `frame ${n}: ${at - n * 20} ms`);
    last = at;
  }
  // The device stood still for half a second: 4 s later that is known.
  let at = 0;
  for (let n = 30_000; n < 30_300; n++) at = clock.map(n * 20 * 0.9998, n * 20 + 500 + 3);
  assert.ok(Math.abs(at - 30_299 * 20 - 503) < 3, `${at - 30_299 * 20}`);
});

test('output: the middle of wavering reports, and the latency of the first of a burst of blocks', () => {
  const r = random(9);
  const clock = new OutputClock();
  for (let now = 0; now < 20_000; now += 200) {
    const burst = Math.floor(now / 10) * 10; // mixed 10 ms at a time
    const played = now - 1 + (r() - 0.5) * 4;
    clock.observe({ now, mixed: burst + 35 + r() * 10 - 5, played, heard: now });
  }
  assert.ok(Math.abs(/** @type {number} */ (clock.offset) - 1) < 1, `${clock.offset}`);
  assert.ok(clock.latency > 35 && clock.latency < 46, `${clock.latency}`);
  const before = clock.offset;
  clock.observe({ now: 20_000, mixed: 20_035, played: 19_000, heard: 20_000 });
  assert.ok(
    Math.abs(/** @type {number} */ (clock.offset) - /** @type {number} */ (before)) <= 0.2,
    'one that is wrong',
  );
});
