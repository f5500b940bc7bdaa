import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Heard } from '../lib/heard.js';
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

test('what was played live is known packet for packet, and what was lost between is not taken for it', () => {
  const heard = new Heard();
  const packet = (/** @type {number} */ seq, track = 4) => ({ track, seq: seq >>> 0, pts: 20_000 * seq });
  const of = (/** @type {number[]} */ ...seqs) => seqs.map((seq) => heard.has(packet(seq)));
  for (const seq of [1, 2, 3, 6, 7, 9]) heard.add(packet(seq));
  assert.deepEqual(of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), [0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 0].map(Boolean));
  assert.equal(heard.has(packet(2, 8)), false, 'of another track nothing is known');
  heard.add({ track: 8, seq: 2 ** 32 - 1, pts: 0 });
  heard.add({ track: 8, seq: 0, pts: 20_000 });
  assert.equal(heard.tracks.get(8)?.length, 1, 'numbers go round');
  heard.add({ track: 8, seq: 1, pts: 10_000 }); // a sender that began anew
  assert.equal(heard.tracks.get(8)?.length, 2);
});

test('of a day of lost packets little is remembered, the latest', () => {
  const heard = new Heard();
  for (let seq = 0; seq < 10_000; seq += 2) heard.add({ track: 4, seq, pts: 20_000 * seq });
  assert.ok((heard.tracks.get(4)?.length ?? 0) <= 64);
  assert.ok(heard.has({ track: 4, pts: 20_000 * 9998 }));
});
