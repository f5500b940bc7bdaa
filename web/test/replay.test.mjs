import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inLink, moveEdge, partAround } from '../lib/part.js';
import { format, parse } from '../lib/route.js';
import { act, boxes, nextRate, placeOf, seconds, ticks, timeAt } from '../lib/ruler.js';
import { stepTo } from '../lib/step.js';
import {
  covers,
  find,
  lanes,
  moments,
  nextSpeaker,
  past,
  previousSpeaker,
  signsAt,
  skipSilence,
  union,
} from '../lib/story.js';

const S = 1e6;
const span = (from, to) => ({ from: from * S, to: to * S });
const story = () => ({
  version: 1,
  call: 'c',
  title: 'Team',
  start: '2026-01-01T10:00:00Z',
  zero: 0,
  end: 100 * S,
  people: [
    { user: 'b', name: 'Bob', seat: 2 },
    { user: 'a', name: 'Ada', seat: 1 },
  ],
  events: [
    { t: 0, type: 'calls.started', body: { maker: 'a' } },
    { t: 1 * S, type: 'calls.joined', body: { user: 'a', seat: 1 } },
    { t: 20 * S, type: 'calls.joined', body: { user: 'b', seat: 2 } },
    { t: 40 * S, type: 'calls.left', body: { user: 'b' } },
    { t: 60 * S, type: 'calls.joined', body: { user: 'b', seat: 2 } },
    { t: 100 * S, type: 'calls.ended', body: {} },
  ],
  chat: [{ t: 30 * S, user: 'b', name: 'Bob', text: 'Where is row 14?' }],
  talk: [
    { seat: 1, ...span(2, 10) },
    { seat: 2, ...span(25, 30) },
    { seat: 1, ...span(29, 35) },
    { seat: 1, ...span(80, 90) },
  ],
  shares: [{ seat: 2, ...span(61, 70) }],
});

test('lanes are by seat, with what each did', () => {
  const [ada, bob] = lanes(story());
  assert.equal(ada.name, 'Ada');
  assert.deepEqual(ada.here, [span(1, 100)]);
  assert.deepEqual(bob.here, [span(20, 40), span(60, 100)]);
  assert.deepEqual(bob.talk, [span(25, 30)]);
  assert.deepEqual(bob.shares, [span(61, 70)]);
});

test('a hand, a screen and reactions are told by the events', () => {
  const s = story();
  s.shares = [];
  const add = (t, type, body) => s.events.push({ t: t * S, type, body });
  add(22, 'calls.hand_raised', { user: 'b' });
  add(24, 'calls.hand_raised', { user: 'a' });
  add(26, 'calls.hand_lowered', { user: 'b', by: 'a' });
  add(50, 'calls.media_changed', { user: 'a', audio: true, video: true, screen: true });
  add(52, 'calls.media_changed', { user: 'a', audio: false, video: true, screen: true });
  add(55, 'calls.media_changed', { user: 'a', audio: true, video: true });
  add(58, 'calls.reacted', { user: 'b', emoji: '🎉' });
  add(62, 'calls.hand_raised', { user: 'b' });
  add(64, 'calls.left', { user: 'b' });
  s.events.sort((a, b) => a.t - b.t);
  const [ada, bob] = lanes(s);
  assert.deepEqual(bob.hand, [span(22, 26), span(62, 64)]);
  assert.deepEqual(ada.hand, [span(24, 100)]);
  assert.deepEqual(ada.shares, [span(50, 55)]);
  assert.deepEqual(bob.shares, []);
  assert.deepEqual(bob.reactions, [{ t: 58 * S, emoji: '🎉' }]);
  assert.equal(signsAt([ada, bob], 23 * S), '2:✋');
  assert.equal(signsAt([ada, bob], 60 * S), '1:✋ 2:🎉');
  assert.equal(signsAt([ada, bob], 10 * S), '');
  const hand = moments(s).find((m) => m.kind === 'react');
  assert.deepEqual([hand?.user, hand?.text], ['b', '🎉']);
});

test('who came before a cut recording begins was there', () => {
  const s = story();
  s.zero = 30 * S;
  s.events = s.events.filter((e) => e.t >= s.zero);
  const [ada, bob] = lanes(s);
  assert.deepEqual(bob.here, [span(30, 40), span(60, 100)]);
  assert.ok(covers(ada.here, 85 * S), 'whom one hears is there');
});

test('a part has at least a second, and stays in the call', () => {
  const range = { zero: 2 * S, end: 100 * S };
  assert.deepEqual(partAround(range, 5 * S), span(2, 15));
  assert.deepEqual(partAround(range, 95 * S), span(85, 100));
  assert.deepEqual(moveEdge(span(10, 20), 'from', 15 * S, range), span(15, 20));
  assert.deepEqual(moveEdge(span(10, 20), 'from', 30 * S, range), span(30, 31), 'its end gives way');
  assert.deepEqual(moveEdge(span(10, 20), 'to', 3 * S, range), span(2, 3), 'its beginning too');
  assert.deepEqual(moveEdge(span(10, 20), 'to', 200 * S, range), span(10, 100));
  assert.deepEqual(moveEdge(span(10, 20), 'from', 200 * S, range), span(99, 100));
  assert.equal(inLink(83_549_999), '83.5');
});

test('the union of spans is in order and apart', () => {
  assert.deepEqual(union([span(5, 6), span(1, 3), span(2, 4), span(4, 4.5)]), [span(1, 4.5), span(5, 6)]);
  assert.deepEqual(union([span(1, 2), span(2.5, 3)], S), [span(1, 3)]);
});

test('silence is skipped up to just before a voice, and short pauses are not', () => {
  const voices = union(story().talk);
  assert.equal(skipSilence(voices, 5 * S, 100 * S), undefined);
  assert.equal(skipSilence(voices, 10.2 * S, 100 * S), undefined, 'a breath after the voice');
  assert.equal(skipSilence(voices, 11 * S, 100 * S), 24.7 * S);
  assert.equal(skipSilence(voices, 24 * S, 100 * S), undefined, 'it is not worth it');
  assert.equal(skipSilence(voices, 0, 100 * S), 1.7 * S);
  assert.equal(skipSilence(voices, 92 * S, 100 * S), 99.7 * S, 'to the end');
  const at = skipSilence(voices, 11 * S, 100 * S);
  assert.equal(skipSilence(voices, at, 100 * S), undefined, 'where one lands one stays');
});

test('the previous speaker: the begin of the turn, then of the one before', () => {
  const all = lanes(story());
  const turns = [95, 81, 30.5, 29.2, 27, 25.5, 5, 2.5].map((s) => {
    const to = previousSpeaker(all, s * S);
    return to && [to.seat, to.at / S];
  });
  assert.deepEqual(turns, [[1, 28.7], [1, 28.7], [1, 28.7], [2, 24.7], [2, 24.7], [1, 1.7], [1, 1.7], undefined]);
});

test('a step goes to the next picture, or to the one before that is shown', () => {
  const times = [0, 66_000, 70_000, 133_000, 200_000]; // of two people
  assert.equal(stepTo(times, 66_000, 1), 133_000, 'what is closer than 15 ms is the same step');
  assert.equal(stepTo(times, 100_000, 1), 133_000);
  assert.equal(stepTo(times, 150_000, -1), 70_000);
  assert.equal(stepTo(times, 70_000, -1), 0);
  assert.equal(stepTo(times, 0, -1), undefined);
  assert.equal(stepTo(times, 200_000, 1), undefined);
});

test('the next speaker is somebody else', () => {
  const all = lanes(story());
  assert.deepEqual(nextSpeaker(all, 3 * S), { seat: 2, at: 24.7 * S });
  assert.deepEqual(nextSpeaker(all, 24.7 * S), { seat: 1, at: 28.7 * S });
  assert.deepEqual(
    nextSpeaker(all, 31 * S),
    { seat: 1, at: 79.7 * S },
    'or the same again, if nobody else speaks any more',
  );
  assert.equal(nextSpeaker(all, 95 * S), undefined);
});

test('moments are in order and can be searched', () => {
  const list = moments(story());
  assert.deepEqual(
    list.map((m) => m.kind),
    ['start', 'in', 'in', 'chat', 'out', 'in', 'end'],
  );
  assert.equal(past(list, 30 * S), 4);
  assert.equal(past(list, 1000 * S), 7);
  assert.deepEqual(
    find(list, 'ROW bob').map((m) => m.t),
    [30 * S],
  );
  assert.equal(find(list, 'nothing').length, 0);
  assert.equal(find(list, ' ').length, 7);
});

test('places and times are each other’s inverse', () => {
  const range = { zero: 10 * S, end: 110 * S };
  for (const t of [10, 35, 110]) assert.equal(timeAt(range, placeOf(range, t * S)), t * S);
  assert.equal(placeOf(range, 0), 0);
  assert.equal(timeAt(range, 2), 110 * S);
  assert.equal(placeOf({ zero: 0, end: 0 }, 0), 0, 'an empty call has a beginning');
});

test('ticks are round and as many as there is room for', () => {
  assert.deepEqual(ticks({ zero: 0, end: 100 * S }, 5), [0, 30 * S, 60 * S, 90 * S]);
  for (const length of [3, 61, 3601, 11_000, 400_000])
    for (const most of [2, 7, 12]) assert.ok(ticks({ zero: 0, end: length * S }, most).length <= most + 1);
});

test('boxes have a width that is seen', () => {
  assert.equal(
    boxes({ zero: 0, end: 100 * S }, [span(50, 60), span(99, 99.001)]),
    'M500.0 0h100.0v10h-100.0zM990.0 0h1.0v10h-1.0z',
  );
});

test('links to a moment', () => {
  assert.equal(seconds('83.5'), 83.5);
  assert.equal(seconds('1m23s'), 83);
  assert.equal(seconds('1h2m3'), 3723);
  for (const bad of ['', null, 'x', '-3', '1:20']) assert.equal(seconds(bad), undefined);
  assert.deepEqual(parse('#/r/abc?t=83.5'), { name: 'replay', id: 'abc', at: 83.5 });
  assert.deepEqual(parse('#/r/abc?t=10&to=20.5'), { name: 'replay', id: 'abc', at: 10, to: 20.5 });
  assert.deepEqual(parse('#/r/abc'), { name: 'replay', id: 'abc', at: undefined });
  assert.deepEqual(parse('#/r/a b?t=1'), { name: 'home' });
  for (const hash of ['#/r/abc?t=83.5', '#/r/abc']) assert.equal(format(parse(hash)), hash);
});

test('keys are those of a well-known player', () => {
  assert.deepEqual(act('K'), { do: 'toggle' });
  assert.deepEqual(act('7'), { do: 'to', place: 0.7 });
  assert.deepEqual(act('ArrowLeft'), { do: 'by', seconds: -5 });
  assert.equal(act('Tab'), undefined);
  assert.equal(nextRate(1, 1), 1.25);
  assert.equal(nextRate(4, 1), 4);
  assert.equal(nextRate(0.5, -1), 0.5);
});
