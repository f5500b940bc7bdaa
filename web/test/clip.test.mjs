import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { moment, newToken, rangeOf } from '../lib/clip.js';
import { format, parse } from '../lib/route.js';

test('moments are read as they are written', () => {
  for (const [text, want] of /** @type {[string, number | undefined][]} */ ([
    ['0', 0],
    ['83', 83],
    ['1:23', 83],
    ['90:00', 5400],
    [' 1:02:03.5 ', 3723.5],
    ['1:60', undefined],
    ['1:60:00', undefined],
    ['', undefined],
    ['-1', undefined],
    ['a:b', undefined],
  ])) {
    assert.equal(moment(text), want, text);
  }
});

test('a part lies within the recording, on the clock of the call', () => {
  const range = { zero: 2_000_000, end: 62_000_000 };
  assert.deepEqual(rangeOf('0:10', '0:20', range), { from: 12_000_000, to: 22_000_000 });
  assert.deepEqual(rangeOf('0:10', '10:00', range), { from: 12_000_000, to: 62_000_001 });
  assert.equal(rangeOf('0:20', '0:20', range), undefined);
  assert.equal(rangeOf('2:00', '3:00', range), undefined);
  assert.equal(rangeOf('x', '3:00', range), undefined);
});

test('a token has 256 bits, and its hash is that of its text', async () => {
  const a = await newToken();
  const b = await newToken();
  assert.notEqual(a.token, b.token);
  assert.match(a.token, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(Buffer.from(a.token, 'base64url').length, 32);
  assert.equal(a.hash, createHash('sha256').update(a.token).digest('hex'));
  assert.deepEqual(parse(`#/clip/${a.token}`), { name: 'clip', token: a.token });
  assert.equal(format({ name: 'clip', token: a.token }), `#/clip/${a.token}`);
  assert.equal(parse('#/clip/short').name, 'home');
});
