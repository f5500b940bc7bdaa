import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Aligner } from '../lib/align.js';
import { Gate } from '../lib/gate.js';
import { Jitter } from '../lib/jitter.js';
import { limit, Playhead } from '../lib/playhead.js';
import { Playout } from '../lib/playout.js';
import { CAPACITY, RING_BYTES, Ring } from '../lib/ring.js';
import { level, Speaking } from '../lib/speaking.js';

const ramp = (n, from = 1) => Float32Array.from({ length: n }, (_, i) => from + i);
const ring = () => new Ring(new ArrayBuffer(RING_BYTES));

test('a ring gives back what stands at a position, and silence elsewhere', () => {
  const r = ring();
  r.write(100, ramp(10));
  const out = new Float32Array(6);
  assert.equal(r.read(106, out), 4);
  assert.deepEqual([...out], [7, 8, 9, 10, 0, 0]);
  r.write(115, ramp(2, 50));
  assert.equal(r.read(108, out), 6);
  assert.deepEqual([...out], [9, 10, 0, 0, 0, 0]);
  r.read(114, out);
  assert.deepEqual([...out], [0, 50, 51, 0, 0, 0]);
});

test('in a ring the first to come wins', () => {
  const r = ring();
  r.write(0, ramp(4));
  r.write(2, ramp(4, 50));
  const out = new Float32Array(6);
  assert.equal(r.read(0, out), 6);
  assert.deepEqual([...out], [1, 2, 3, 4, 52, 53]);
});

test('a ring goes on over its own end and over the wrap of positions', () => {
  const r = ring();
  const start = 2 ** 31 - 500;
  for (let at = start; at < start + 1000; at += 100) r.write(at, new Float32Array(100).fill(at - start + 1));
  const out = new Float32Array(1);
  for (const at of [0, 499, 500, 999]) {
    assert.equal(r.read(start + at, out), 1, String(at));
    assert.equal(out[0], Math.floor(at / 100) * 100 + 1);
  }
});

test('a ring does not play what it has overwritten', () => {
  const r = ring();
  for (let at = 0; at <= CAPACITY; at += 512) r.write(at, new Float32Array(512).fill(1));
  const out = new Float32Array(128);
  assert.equal(r.read(0, out), 0);
  assert.equal(out[0], 0);
});

/** Writes a 440 Hz tone and reads it where it is due; returns what is heard. */
function play({ blocks, drift = 1, delay = 2000, lose = () => false }) {
  const r = ring();
  const head = new Playhead(r);
  const heard = [];
  const tone = (at) => Math.sin((at / 48_000) * 440 * 2 * Math.PI) * 0.5;
  let written = 0;
  for (let b = 0; b < blocks; b++) {
    while (written < b * 128 + delay) {
      const block = Float32Array.from({ length: 960 }, (_, i) => tone(written + i));
      if (!lose(written / 960)) r.write(written, block);
      written += 960;
    }
    const out = new Float32Array(128);
    head.mix(b * 128 * drift, out, 1);
    heard.push(...out);
  }
  return { heard, head };
}

/** The largest step between two samples, after the fading in. */
const roughest = (heard) => heard.slice(256).reduce((most, x, i) => Math.max(most, Math.abs(x - heard[i + 255])), 0);

test('a tone comes out whole', () => {
  const { heard, head } = play({ blocks: 2000 });
  assert.equal(head.underruns, 0);
  assert.equal(head.jumps, 0);
  assert.ok(roughest(heard) < 0.04, `a step of ${roughest(heard)}`);
});

test('a clock that runs away is followed without a jump', () => {
  for (const drift of [1.0005, 0.9995]) {
    const { head, heard } = play({ blocks: 4000, drift, delay: 8000 });
    assert.equal(head.jumps, 0);
    assert.equal(head.underruns, 0);
    assert.ok(Math.abs(head.position - 4000 * 128 * drift) < 200);
    assert.ok(roughest(heard) < 0.06, `a step of ${roughest(heard)}`);
  }
});

test('a speaker who stops fades and is counted once', () => {
  const { head, heard } = play({ blocks: 600, lose: (n) => n >= 40 });
  assert.equal(head.underruns, 1);
  assert.ok(heard.slice(-128).every((x) => x === 0));
});

test('voices are summed and never leave ±1', () => {
  const out = new Float32Array(128);
  for (let i = 0; i < 4; i++) {
    const r = ring();
    r.write(0, new Float32Array(1000).fill(0.4));
    const head = new Playhead(r);
    head.mix(0, new Float32Array(128), 1);
    head.mix(128, out, 1);
  }
  assert.ok(out[127] > 1.5);
  limit(out);
  assert.ok(out[127] <= 1 && out[127] > 0.9);
  const quiet = Float32Array.of(0.5, -0.69);
  limit(quiet);
  assert.deepEqual([...quiet], [...Float32Array.of(0.5, -0.69)]);
});

test('blocks with wavering stamps stand end to end', () => {
  const a = new Aligner();
  let end;
  for (let n = 0; n < 500; n++) {
    const waver = Math.round(Math.sin(n) * 300); // µs
    const { position, samples } = a.place(n * 20_000 + waver, new Float32Array(960));
    if (end !== undefined) assert.equal(position, end);
    end = position + samples.length;
  }
  assert.ok(Math.abs(end - 500 * 960) < 100);
});

test('a fast sound card is made good, a gap is kept', () => {
  const a = new Aligner();
  let end = 0;
  for (let n = 0; n < 1000; n++) {
    const { position, samples } = a.place(n * 20_010, new Float32Array(960)); // 500 ppm
    end = position + samples.length;
  }
  assert.ok(Math.abs(end - 1000 * 20_010 * 0.048) < 100);
  assert.equal(a.place(60_000_000, new Float32Array(960)).position, 2_880_000);
});

/** Feeds frames of 20 ms whose lateness is `late(n)` µs. */
function feed(j, count, late, from = 0) {
  for (let n = from; n < from + count; n++) j.arrive(n * 20_000, n * 20_000 + late(n));
}

test('jitter: a steady way costs the least margin', () => {
  const j = new Jitter();
  assert.equal(j.delay, 0);
  feed(j, 500, () => 30_000);
  assert.equal(j.delay, 70_000);
  assert.equal(j.late, 0);
});

test('jitter: the margin is what 95 % need, plus a frame', () => {
  const j = new Jitter();
  feed(j, 2000, (n) => 30_000 + (n % 50 === 0 ? 400_000 : (n % 10) * 10_000)); // 2 % are outliers
  assert.ok(j.margin >= 100_000 && j.margin <= 130_000, `${j.margin}`);
  feed(j, 200, () => 330_000, 2000); // 10 % now come that late
  assert.ok(j.margin > 300_000, `${j.margin}`);
});

test('jitter: bad times are forgotten', () => {
  const j = new Jitter();
  feed(j, 500, (n) => (n % 2) * 500_000);
  assert.ok(j.margin > 500_000);
  feed(j, 1000, () => 0, 500);
  assert.ok(j.margin > 500_000, 'not at once');
  feed(j, 3000, () => 0, 1500);
  assert.equal(j.margin, 40_000);
});

test('playout: the picture may hold the voice back by a little, not by much', () => {
  const p = new Playout();
  p.audio.arrive(0, 30_000);
  assert.equal(p.delay(0, 10_000), 80_000);
  p.video.arrive(0, 70_000);
  assert.equal(p.delay(10, 10_000), 110_000);
  const slow = new Playout();
  slow.audio.arrive(0, 30_000);
  slow.video.arrive(0, 900_000);
  assert.equal(slow.delay(0, 0), 150_000);
});

test('playout: the delay rises at once and falls slowly', () => {
  const p = new Playout();
  p.audio.arrive(0, 100_000);
  p.delay(0, 0);
  p.audio.base.items = [{ at: 0, value: 1000 }];
  assert.equal(p.delay(1000, 0), 135_000);
});

test('levels as in RFC 6464', () => {
  assert.equal(level(new Float32Array(960)), 127);
  assert.equal(level(new Float32Array(960).fill(1)), 0);
  assert.equal(level(new Float32Array(960).fill(0.1)), 20);
});

test('speaking: two loud frames switch it on, a click does not, half a second of silence ends it', () => {
  const s = new Speaking();
  s.frame(20, 0);
  assert.equal(s.at(1), false);
  s.frame(20, 500);
  assert.equal(s.at(501), false);
  s.frame(20, 520);
  assert.equal(s.at(521), true);
  s.frame(80, 540);
  assert.equal(s.at(1000), true);
  assert.equal(s.at(1021), false);
});

test('silence is not sent, but for its beginning and a sign of life', () => {
  const g = new Gate();
  assert.equal(g.pass(30), true);
  const sent = Array.from({ length: 100 }, () => g.pass(127));
  assert.equal(sent.filter(Boolean).length, 10 + 5);
  assert.equal(g.pass(60), true);
  assert.equal(g.pass(127), true);
});
