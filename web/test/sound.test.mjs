import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Aligner } from '../lib/align.js';
import { Gate } from '../lib/gate.js';
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

test('in a ring a hole is silence, or missing', () => {
  const r = ring();
  r.write(0, ramp(4));
  r.write(6, ramp(2), true);
  r.write(10, ramp(2));
  const out = new Float32Array(4);
  assert.equal(r.read(2, out), 2);
  assert.deepEqual([...out], [3, 4, 0, 0]);
  assert.equal(r.read(8, out), 4);
  assert.deepEqual([...out], [0, 0, 1, 2]);
  r.history(8, out);
  assert.deepEqual([...out], [0, 0, 1, 2]);
});

test('in a ring nothing is missed after a rest, and after that again', () => {
  const r = ring();
  assert.equal(r.resting(0), false, 'before anything came');
  r.rest();
  r.write(0, ramp(4));
  assert.equal(r.resting(4), false);
  r.rest();
  assert.equal(r.resting(4), true);
  assert.equal(r.resting(3), false);
  r.write(8, ramp(2), true);
  for (const at of [4, 7]) assert.equal(r.resting(at), true, `the hole at ${at}`);
  for (const at of [3, 8, 10]) assert.equal(r.resting(at), false, `the sample at ${at}`);
  const out = new Float32Array(4);
  assert.equal(r.read(2, out), 2);
  assert.deepEqual([...out], [3, 4, 0, 0]);
  r.history(9, out);
  assert.deepEqual([...out], [0, 0, 0, 1]);
  r.write(14, ramp(1), true);
  assert.equal(r.resting(11), false, 'a hole of what was lost');
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

test('one lost frame is a gap, although it is as long as drift may be', () => {
  const a = new Aligner();
  a.place(0, new Float32Array(960));
  assert.equal(a.place(40_000, new Float32Array(960), true).position, 1920);
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

test('speaking: a click is none in short frames either', () => {
  const s = new Speaking();
  s.frame(20, 0);
  s.frame(20, 10);
  assert.equal(s.at(11), false);
  s.frame(20, 20);
  assert.equal(s.at(21), true);
});

test('silence is not sent, but for its beginning and a sign of life', () => {
  const g = new Gate();
  assert.equal(g.pass(30, 20), true);
  const sent = Array.from({ length: 100 }, () => g.pass(127, 20));
  assert.equal(sent.filter(Boolean).length, 10 + 5);
  assert.equal(g.pass(60, 20), true);
  const short = Array.from({ length: 200 }, () => g.pass(127, 10));
  assert.equal(short.filter(Boolean).length, 20 + 5, 'the same time of shorter blocks');
  assert.equal(g.pass(60, 10), true);
  assert.equal(g.pass(127, 10), true);
});
