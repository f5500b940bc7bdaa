import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallClock, CaptureClock, TwinClock, WindowMin } from '../lib/clock.js';

test('WindowMin forgets what has left the window', () => {
  const w = new WindowMin(10);
  assert.equal(w.add(0, 5), 5);
  assert.equal(w.add(4, 7), 5);
  assert.equal(w.add(10, 9), 5);
  assert.equal(w.add(11, 9), 7);
  assert.equal(w.add(15, 20), 9);
});

test('WindowMin equals the plain minimum', () => {
  const w = new WindowMin(50);
  const seen = [];
  for (let at = 0; at < 500; at += 3) {
    const value = Math.round(Math.sin(at * 12.9898) * 1000);
    seen.push({ at, value });
    const want = Math.min(...seen.filter((s) => s.at >= at - 50).map((s) => s.value));
    assert.equal(w.add(at, value), want);
  }
});

test('the call clock takes the ping with the smallest round trip', () => {
  const clock = new CallClock();
  const real = (local) => local * 1000 + 7_000_000;
  clock.pong(1000, 1100, real(1090)); // slow, and lopsided
  assert.notEqual(clock.at(2000), real(2000));
  clock.pong(1200, 1204, real(1202));
  clock.pong(1300, 1390, real(1310));
  assert.equal(clock.at(2000), real(2000));
  assert.equal(clock.rtt, 4);
  assert.equal(clock.local(real(2000)), 2000);
});

test('the call clock forgets old pings, since clocks drift', () => {
  const clock = new CallClock();
  clock.pong(0, 2, 1000);
  clock.pong(70_000, 70_040, 70_120_000);
  assert.equal(clock.rtt, 40);
});

test('a hello serves until the first pong', () => {
  const clock = new CallClock();
  assert.equal(clock.known, false);
  clock.hint(100, 500_000);
  assert.equal(clock.at(200), 600_000);
  clock.pong(300, 302, 701_000 + 1000);
  clock.hint(400, 750_000);
  assert.equal(clock.at(301), 702_000);
});

test('a hello that contradicts the pings starts the clock anew', () => {
  const clock = new CallClock();
  clock.pong(1000, 1002, 1_000_000);
  clock.hint(2000, 1_999_000 + 300_000);
  assert.equal(clock.at(2001), 2_000_000);
  clock.hint(2000, 60_000_000);
  assert.equal(clock.at(2001), 60_001_000);
});

test('capture times follow the least late arrival and never go back', () => {
  const clock = new CaptureClock();
  assert.equal(clock.map(0, 1030), 1030); // 30 ms late
  assert.equal(clock.map(33, 1045), 1045); // 12 ms late
  assert.equal(clock.map(66, 1150), 1078); // 84 ms late: mapped as if 12
  assert.equal(clock.map(100, 1105), 1105); // 5 ms late
  assert.equal(clock.map(101, 1180), 1106);
});

test('a device whose stamps go back has another clock: what it captures is not taken for late', () => {
  const clock = new CaptureClock();
  for (let n = 0; n < 9; n++) assert.ok(clock.map(5000 + n * 10, 1000 + n / 10) <= 1001);
  for (let n = 0; n < 100; n++) {
    const local = 1002 + n * 10;
    assert.equal(clock.map(1700 + n * 10, local), local);
  }
  // A stamp that wavers is none of another.
  assert.equal(clock.map(2680, 2023), 1992);
});

test('two clocks that tell each other what they hear say the same', () => {
  /** @type {TwinClock[]} */
  const twins = [];
  // What is told comes later, and in between the other hears something itself.
  const post = [];
  twins.push(new TwinClock((heard) => post.push(() => twins[1].told(heard))));
  twins.push(new TwinClock((heard) => post.push(() => twins[0].told(heard))));
  twins[0].hint(0, 1_000_000);
  for (let n = 0; n < 60; n++) {
    const at = n * 500;
    const way = 5 + ((n * 7) % 11);
    twins[n % 2].pong(at, at + 2 * way, (at + way / 2 + 1000) * 1000);
    if (n % 3 === 0) for (const tell of post.splice(0)) tell();
  }
  for (const tell of post.splice(0)) tell();
  const [a, b] = twins.map((c) => c.at(31_000));
  assert.ok(Math.abs(a - b) < 500, `${a - b} µs apart`);
  assert.equal(twins[0].rtt, twins[1].rtt);
});
