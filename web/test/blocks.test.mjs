import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backlog } from '../lib/backlog.js';
import { Blocks } from '../lib/blocks.js';
import { Resampler } from '../lib/resample.js';
import { pitch, roughest, tone } from './player.mjs';
import { random } from './traces.mjs';

/** A tone at one rate, in buffers of changing length, at another. */
function resampled(from, to, hz, seed) {
  const r = random(seed);
  const resampler = new Resampler(from, to);
  const out = [];
  let at = 0;
  while (at < from) {
    const length = 1 + Math.floor(r() * 700);
    const samples = Float32Array.from({ length }, (_, i) => 0.5 * Math.sin(((at + i) / from) * 2 * Math.PI * hz));
    out.push(...resampler.push(samples));
    at += length;
  }
  assert.ok(Math.abs(out.length - (at * to) / from) < 200, `${out.length} samples of ${at}`);
  return out;
}

test('another sample rate is the same sound', () => {
  for (const [from, to] of [
    [44_100, 48_000],
    [16_000, 48_000],
    [96_000, 48_000],
    [8000, 48_000],
  ]) {
    const out = resampled(from, to, 440, from);
    const off = out.slice(100).map((x, i) => Math.abs(x - 0.5 * Math.sin(((i + 100) / to) * 2 * Math.PI * 440)));
    assert.ok(Math.max(...off) < 0.004, `${from} → ${to}: ${Math.max(...off)} off`);
  }
});

test('what is too high for the new rate is gone', () => {
  const out = resampled(96_000, 48_000, 40_000, 3);
  assert.ok(roughest(out.slice(100)) < 0.01);
});

test('blocks of 20 ms with the time of their first sample, whatever the buffers are', () => {
  const r = random(2);
  const blocks = new Blocks(20);
  const done = [];
  for (let n = 0; n < 300; n++) {
    const at = n * 441;
    const samples = Float32Array.from({ length: 441 }, (_, i) => tone(440)(((at + i) * 48) / 44.1));
    done.push(...blocks.push(samples, 44_100, n * 10 + r() * 0.4));
  }
  assert.ok(done.length >= 148);
  for (const [n, b] of done.entries()) {
    assert.equal(b.samples.length, 960);
    const from = n * 20 + 9.6; // of the first buffer's 9.7 ms that can be told the last 0.2
    assert.ok(Math.abs(b.stamp - from) < 0.6, `${b.stamp} instead of ${from}`);
  }
  const sound = done.slice(10).flatMap((b) => [...b.samples]);
  assert.ok(roughest(sound) < 0.031);
  assert.ok(Math.abs(pitch(sound) - 440) < 0.2);
});

test('a block is whole when a buffer has come, whatever the rate and the buffer', () => {
  for (const [rate, buffer, length] of [
    [48_000, 480, 10],
    [44_100, 441, 10],
    [44_100, 441, 20],
    [16_000, 160, 10],
    [48_000, 240, 10],
  ]) {
    const blocks = new Blocks(length);
    const ms = (buffer * 1000) / rate;
    let waited = 0; // ms from a block's end to the buffer's with which it came
    let count = 0;
    for (let n = 0; n < 1000; n++) {
      for (const b of blocks.push(new Float32Array(buffer), rate, n * ms)) {
        waited = Math.max(waited, (n + 1) * ms - (b.stamp + length));
        count++;
      }
    }
    assert.ok(count > (1000 * ms) / length - 2 && waited < 0.9, `${rate} Hz, ${buffer}: ${count}, ${waited} ms`);
  }
});

test('after a hole a block begins anew, at its own time', () => {
  const blocks = new Blocks(20);
  assert.equal(blocks.push(new Float32Array(480), 48_000, 0).length, 0);
  assert.equal(blocks.push(new Float32Array(480), 48_000, 500).length, 0);
  assert.equal(blocks.push(new Float32Array(480), 48_000, 510).length, 0);
  const [b] = blocks.push(new Float32Array(480), 48_000, 520);
  assert.ok(Math.abs(b.stamp - 509.83) < 0.01, `${b.stamp}`);
});

test('another length counts from the next block on, and no sample is lost', () => {
  const blocks = new Blocks(20);
  const ramp = (/** @type {number} */ from) => Float32Array.from({ length: 480 }, (_, i) => (from + i) / 48_000);
  for (const n of [0, 1]) assert.equal(blocks.push(ramp(n * 480), 48_000, n * 10).length, 0);
  blocks.length = 10;
  const done = [2, 3, 4].flatMap((n) => blocks.push(ramp(n * 480), 48_000, n * 10));
  assert.deepEqual(
    done.map((b) => b.samples.length),
    [960, 480, 480],
  );
  for (const [i, x] of done.flatMap((b) => [...b.samples]).entries()) assert.equal(x, Math.fround((i + 472) / 48_000));
  assert.deepEqual(
    done.map((b) => Math.round(b.stamp)),
    [10, 30, 40],
  );
});

test('a backlog is dropped, and only that', () => {
  const b = new Backlog(600_000);
  for (let n = 0; n < 100; n++) assert.equal(b.drop(n * 20_000, n * 20_000 + 20_000 + (n % 7) * 100_000), false);
  // The page was busy for three seconds; what has piled up comes at once.
  const back = 5_000_000;
  const taken = [];
  for (let n = 100; n < 280; n++) if (!b.drop(n * 20_000, Math.max(back, n * 20_000 + 20_000))) taken.push(n);
  assert.ok(b.dropped > 50 && b.dropped < 180, `${b.dropped} dropped`);
  assert.ok(taken[0] * 20_000 > back - 400_000, 'what is taken again is fresh');
});

test('a way that has become long is not dropped for long', () => {
  const b = new Backlog(600_000);
  for (let n = 0; n < 100; n++) b.drop(n * 20_000, n * 20_000 + 20_000);
  for (let n = 100; n < 400; n++) b.drop(n * 20_000, n * 20_000 + 1_500_000);
  assert.ok(b.dropped <= 101, `${b.dropped} dropped`);
  assert.equal(b.dropping, false);
});
