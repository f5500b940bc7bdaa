import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Loudest } from '../lib/loudest.js';
import { MutedHint, PushToTalk, Stage } from '../lib/talk.js';
import { random } from './traces.mjs';

const vectors = JSON.parse(readFileSync(new URL('../../testdata/loudest.json', import.meta.url), 'utf8'));

test('there are vectors', () => assert.ok(vectors.length > 0));
for (const { name, n, hangMs, steps } of vectors) {
  test(`loudest: ${name}`, () => {
    const l = new Loudest(n, hangMs);
    for (const [i, s] of steps.entries()) assert.equal(l.heard(s.track, s.level, s.ms), s.rank, `step ${i}`);
  });
}

test('loudest: with steady levels the ranks are those of the levels', () => {
  for (let seed = 1; seed < 50; seed++) {
    const r = random(seed);
    const levels = [...new Set(Array.from({ length: 12 }, () => Math.floor(r() * 128)))];
    const sorted = levels.toSorted((a, b) => a - b);
    const l = new Loudest(3, 500);
    for (let round = 0; round < 3; round++)
      for (const [i, level] of levels.entries()) {
        const rank = l.heard(4 + 4 * i, level, round * 20 + i);
        if (round > 0) assert.equal(rank, sorted.indexOf(level), `seed ${seed}`);
      }
  }
});

/** Frames of 20 ms of one track. */
function talk(stage, track, from, to, level = 20) {
  for (let now = from; now < to; now += 20) stage.frame(track, level, now);
}

test('stage: the first to speak has it at once; another one after a second and a half', () => {
  const s = new Stage();
  talk(s, 4, 0, 40);
  assert.equal(s.track, 4);
  talk(s, 8, 1000, 2400);
  assert.equal(s.track, 4);
  talk(s, 8, 2400, 2560);
  assert.equal(s.track, 8);
});

test('stage: a word between does not take it, nor does a pause give it away', () => {
  const s = new Stage();
  talk(s, 4, 0, 5000);
  talk(s, 8, 5000, 5600, 15);
  talk(s, 4, 5600, 9000);
  assert.equal(s.track, 4);
  talk(s, 8, 12_000, 12_700);
  talk(s, 8, 14_000, 14_700);
  talk(s, 8, 16_000, 16_700);
  assert.equal(s.track, 4, 'three words with pauses');
  s.ended(4);
  talk(s, 8, 18_000, 18_020);
  assert.equal(s.track, 8);
});

test('who talks though muted is told, once in a while', () => {
  const h = new MutedHint();
  const said = [];
  for (let now = 0; now < 60_000; now += 20) if (h.frame(20, true, now)) said.push(now);
  assert.ok(said[0] >= 400 && said[0] < 500, `${said[0]}`);
  const seconds = said.length / 50;
  assert.ok(seconds >= 11 && seconds <= 13, `${seconds} s of three times four`);
});

test('a cough is no talk; who is not muted, or is no more, is told nothing', () => {
  const h = new MutedHint();
  for (let now = 0; now < 3000; now += 20) assert.equal(h.frame(now % 1000 < 60 ? 20 : 90, true, now), false, `${now}`);
  const loud = new MutedHint();
  for (let now = 0; now < 3000; now += 20) assert.equal(loud.frame(20, false, now), false);
  for (let now = 3000; now < 4000; now += 20) loud.frame(20, true, now);
  assert.equal(loud.frame(20, true, 4000), true);
  assert.equal(loud.frame(20, false, 4020), false);
});

test('push to talk: open while it is held, and for the last syllable', () => {
  const p = new PushToTalk();
  assert.equal(p.open(0), false);
  assert.equal(p.hold(true, 100), 0);
  assert.equal(p.open(5000), true);
  assert.equal(p.hold(false, 5000), 200);
  assert.equal(p.open(5100), true);
  assert.equal(p.open(5200), false);
  p.hold(false, 9000);
  assert.equal(p.open(9001), false, 'who did not hold it has no tail');
});
