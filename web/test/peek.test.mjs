import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peekAt, peekTracks, Recent } from '../lib/peek.js';
import { covers } from '../lib/story.js';

const S = 1e6;
const lane = (seat, here, talk = [], shares = []) => ({
  seat,
  user: '',
  name: '',
  here,
  talk,
  shares,
  hand: [],
  reactions: [],
});
const span = (from, to) => ({ from: from * S, to: to * S });

test('one moment stands for those around it, and none is beyond the call', () => {
  const short = { zero: 2 * S, end: 32.4 * S };
  assert.equal(peekAt(short, 10.3 * S), 10 * S);
  assert.equal(peekAt(short, 10.4 * S), 10 * S);
  assert.equal(peekAt(short, 40 * S), 32.4 * S);
  const long = { zero: 0, end: 10_800 * S };
  const places = new Set(Array.from({ length: 5000 }, (_, i) => peekAt(long, (i * long.end) / 5000)));
  assert.ok(places.size <= 241, `${places.size} places`);
});

test('a screen shows most, then who speaks, then who is there', () => {
  const all = [
    lane(1, [span(0, 100)], [span(10, 20)]),
    lane(2, [span(0, 100)], [], [span(15, 30)]),
    lane(3, [span(50, 100)]),
  ];
  assert.ok(covers(all[0].talk, 12 * S));
  assert.deepEqual(peekTracks(all, 12 * S), [4, 8]);
  assert.deepEqual(peekTracks(all, 16 * S), [9, 4, 8]);
  assert.deepEqual(peekTracks(all, 60 * S), [4, 8, 12]);
  assert.deepEqual(peekTracks(all, 16 * S, 2), [9, 8], 'of one lane only his');
  assert.deepEqual(peekTracks(all, 10 * S, 3), [], 'who is not there has no picture');
});

test('what was used last is kept, what is pushed out is let go', () => {
  const gone = [];
  const recent = new Recent(2, (v) => gone.push(v));
  recent.set('a', 1);
  recent.set('b', 2);
  assert.equal(recent.get('a'), 1);
  recent.set('c', 3);
  assert.deepEqual([recent.get('a'), recent.get('b'), recent.get('c')], [1, undefined, 3]);
  assert.deepEqual(gone, [2]);
  recent.set('c', 4);
  recent.clear();
  assert.deepEqual(gone, [2, 3, 1, 4]);
});
