import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { encodeConfig, encodeFrame, lost, parseConfig, parseFrames, seatOf, slotOf, WireError } from '../lib/wire.js';

const vectors = JSON.parse(await readFile(new URL('../../testdata/frames.json', import.meta.url), 'utf8'));
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const buffer = (text) => new Uint8Array(Buffer.from(text, 'hex')).buffer;
const plain = (f) => ({ ...f, payload: hex(f.payload) });

for (const v of vectors.valid) {
  test(`reads and writes: ${v.name}`, () => {
    const frames = parseFrames(buffer(v.hex));
    assert.deepEqual(frames.map(plain), v.frames);
    assert.equal(frames.map((f) => hex(encodeFrame(f))).join(''), v.hex);
  });
}

for (const v of vectors.malformed) {
  test(`refuses: ${v.name}`, () => {
    assert.throws(() => parseFrames(buffer(v.hex)), WireError);
  });
}

test('refuses to write what no reader takes', () => {
  const good = { key: true, config: false, temporal: 0, rendition: 0, level: 0, track: 4, seq: 0, pts: 0 };
  const payload = new Uint8Array(1);
  assert.doesNotThrow(() => encodeFrame({ ...good, payload }));
  for (const bad of [
    { pts: -1 },
    { pts: 0.5 },
    { level: 128 },
    { track: 3 },
    { temporal: 8 },
    { payload: new Uint8Array(0) },
  ]) {
    assert.throws(() => encodeFrame({ ...good, payload, ...bad }), WireError, JSON.stringify(bad));
  }
});

test('a config comes back', () => {
  const config = { user: 'u1', name: 'Zoë', codec: 'vp8', width: 640, height: 480 };
  const [frame] = parseFrames(encodeConfig({ track: 8, seq: 5, pts: 10 }, config).buffer);
  assert.equal(frame.config, true);
  assert.deepEqual(parseConfig(frame), config);
});

test('counts gaps, over the wrap too', () => {
  assert.equal(lost(1, 2), 0);
  assert.equal(lost(1, 5), 3);
  assert.equal(lost(0xffffffff, 0), 0);
  assert.equal(lost(0xfffffffe, 1), 2);
  assert.equal(lost(5, 5), 0);
  assert.equal(lost(5, 3), 0);
});

test('a track is a seat and a slot', () => {
  assert.deepEqual([seatOf(9), slotOf(9)], [2, 1]);
});
