import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Park } from '../lib/park.js';
import { rosterAt } from '../lib/roster.js';

test('who was in at a moment, with what', () => {
  const events = [
    { at: 0, type: 'started' },
    { at: 1, type: 'joined', user: 'a', seat: 1 },
    { at: 2, type: 'media_changed', user: 'a', audio: true, video: false },
    { at: 3, type: 'joined', user: 'b', seat: 2 },
    { at: 5, type: 'left', user: 'a' },
    { at: 9, type: 'ended' },
  ];
  const names = (pts) => rosterAt(events, pts).map((p) => `${p.user}${p.seat}${p.audio ? ' audio' : ''}`);
  assert.deepEqual(names(0), []);
  assert.deepEqual(names(1), ['a1']);
  assert.deepEqual(names(3), ['a1 audio', 'b2']);
  assert.deepEqual(names(5), ['b2']);
  assert.deepEqual(names(9), []);
  const up = (pts) => rosterAt([...events.slice(0, 4), ...hands], pts).map((p) => (p.hand ? p.user : ''));
  const hands = [
    { at: 6, type: 'hand_raised', user: 'b' },
    { at: 7, type: 'hand_lowered', user: 'b' },
  ];
  assert.deepEqual(
    [up(5), up(6), up(7)],
    [
      ['', ''],
      ['', 'b'],
      ['', ''],
    ],
  );
});

const frame = (pts, { key = false, config = false, track = 4, rendition = 0 } = {}) =>
  /** @type {any} */ ({ pts, key, config, track, rendition });

test('who comes back from the past gets what a decoder needs, and no more', () => {
  const park = new Park();
  park.keep(frame(0)); // before its config it is of no use
  park.keep(frame(0, { config: true }));
  park.keep(frame(1)); // and before a key frame neither
  for (let pts = 2; pts < 100; pts++) park.keep(frame(pts, { key: pts % 10 === 0 }));
  park.keep(frame(7, { config: true, track: 8 }));
  const tail = () => park.tail().map((frames) => frames.map((f) => f.pts));
  assert.deepEqual(tail(), [[0, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99], [7]]);
  park.gone(4);
  assert.deepEqual(tail(), [[7]]);
});
