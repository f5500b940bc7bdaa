import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { COLORS, ink } from '../lib/color.js';
import { duration, initials, size, stopwatch } from '../lib/format.js';
import { newID } from '../lib/ids.js';
import { grid } from '../lib/layout.js';
import { split } from '../lib/links.js';
import { place } from '../lib/place.js';
import { format, parse } from '../lib/route.js';
import * as timeline from '../lib/timeline.js';
import { t, WORDS } from '../lib/words.js';
import * as world from '../lib/world.js';

test('a grid holds all tiles, in bounds, for 1 to 49 on any screen', () => {
  for (const box of [
    { width: 1280, height: 640 },
    { width: 374, height: 640 },
    { width: 800, height: 800 },
  ]) {
    for (let n = 1; n <= 49; n++) {
      const g = grid(n, { ...box, gap: 10 });
      assert.ok(g.columns * g.rows >= n);
      assert.ok(g.columns * g.width + (g.columns - 1) * 10 <= box.width, `${n} too wide`);
      assert.ok(g.rows * g.height + (g.rows - 1) * 10 <= box.height, `${n} too high`);
      const shape = g.width / g.height;
      assert.ok(shape > 0.72 && shape < 1.8, `${n}: ${shape}`);
      const used = (n * g.width * g.height) / (box.width * box.height);
      assert.ok(n > 16 || used > 0.5, `${n} tiles use ${used} of ${box.width}×${box.height}`);
    }
  }
});

test('two stand side by side on a desktop and on top of each other on a phone', () => {
  assert.equal(grid(2, { width: 1280, height: 640, gap: 10 }).columns, 2);
  assert.equal(grid(2, { width: 374, height: 640, gap: 10 }).columns, 1);
});

test('three on a desktop are not cut to upright strips', () => {
  const g = grid(3, { width: 1256, height: 690, gap: 10 });
  assert.equal(g.columns, 2);
  assert.ok(g.width > g.height);
});

test('a menu lies below its button, above it at the bottom, and never off the screen', () => {
  const screen = { width: 400, height: 800 };
  const menu = { width: 200, height: 150 };
  assert.deepEqual(place({ left: 300, top: 10, width: 40, height: 40 }, menu, screen), { left: 140, top: 56 });
  assert.deepEqual(place({ left: 300, top: 740, width: 40, height: 40 }, menu, screen), { left: 140, top: 584 });
  assert.deepEqual(place({ left: 10, top: 10, width: 40, height: 40 }, menu, screen), { left: 6, top: 56 });
  assert.equal(place({ left: 10, top: 10, width: 40, height: 40 }, { width: 500, height: 900 }, screen).top, 6);
});

test('routes come back from their fragments', () => {
  const all = [
    { name: 'home' },
    { name: 'profile' },
    { name: 'recordings' },
    { name: 'group', id: 'abc', tab: 'chat' },
    { name: 'group', id: 'abc', tab: 'calls' },
    { name: 'call', id: 'x_1-Z' },
    { name: 'setup', token: 'T0k' },
  ];
  for (const r of all) assert.deepEqual(parse(format(r)), r);
  assert.deepEqual(parse('#/g/../x'), { name: 'home' });
  assert.deepEqual(parse('#/g/abc/nowhere'), { name: 'group', id: 'abc', tab: 'chat' });
});

const message = (number, more = {}) => ({
  id: `m${number}`,
  group: 'g',
  number,
  author: 'ada',
  text: `text ${number}`,
  at: new Date(1e12 + number * 60_000).toISOString(),
  edited: null,
  deleted: false,
  call: '',
  reactions: [],
  ...more,
});
const posted = (number, author = 'ada') => ({
  type: 'messaging.posted',
  at: new Date(1e12).toISOString(),
  body: { message: `m${number}`, group: 'g', number, author, text: `text ${number}` },
});
const numbers = (x) => x.messages.map((m) => m.number);

test('a timeline joins pages and events, each message once, by number', () => {
  let x = timeline.withPage(timeline.empty(), { messages: [message(8), message(9)], more: true }, true);
  x = timeline.withEvent(x, posted(11));
  x = timeline.withEvent(x, posted(10));
  x = timeline.withEvent(x, posted(10));
  x = timeline.withPage(x, { messages: [message(6), message(7)], more: false });
  assert.deepEqual(numbers(x), [6, 7, 8, 9, 10, 11]);
  assert.equal(x.more, false);
});

test('a newest page that does not reach what is known replaces it', () => {
  let x = timeline.withPage(timeline.empty(), { messages: [message(1), message(2)], more: false }, true);
  x = timeline.withPage(x, { messages: [message(50), message(51)], more: true }, true);
  assert.deepEqual(numbers(x), [50, 51]);
  assert.equal(x.more, true);
});

test('edits, deletions and reactions', () => {
  let x = timeline.withPage(timeline.empty(), { messages: [message(1)], more: false }, true);
  const step = (type, body) => {
    x = timeline.withEvent(x, { type: `messaging.${type}`, at: 'now', body: { message: 'm1', group: 'g', ...body } });
  };
  step('edited', { text: 'new' });
  assert.equal(x.messages[0].text, 'new');
  assert.equal(x.messages[0].edited, 'now');
  step('reacted', { user: 'bob', emoji: '👍', on: true });
  step('reacted', { user: 'eve', emoji: '👍', on: true });
  step('reacted', { user: 'eve', emoji: '👍', on: true });
  assert.deepEqual(x.messages[0].reactions, [{ emoji: '👍', users: ['bob', 'eve'] }]);
  step('reacted', { user: 'bob', emoji: '👍', on: false });
  step('reacted', { user: 'eve', emoji: '👍', on: false });
  assert.deepEqual(x.messages[0].reactions, []);
  step('deleted', {});
  assert.deepEqual([x.messages[0].deleted, x.messages[0].text], [true, '']);
});

test('one’s own message stands last until it is in the log', () => {
  let x = timeline.withSending(timeline.empty(), message(0, { id: 'mine' }));
  x = timeline.withEvent(x, posted(1, 'bob'));
  assert.deepEqual(numbers(x), [1, 0]);
  const failed = timeline.sent(x, 'mine', 'Too long.');
  assert.deepEqual([failed.messages[1].state, failed.messages[1].error], ['failed', 'Too long.']);
  x = timeline.sent(timeline.withEvent(x, posted(2)), 'mine');
  assert.deepEqual(numbers(x), [1, 2]);
});

test('messages of one author within five minutes belong together, but not over midnight', () => {
  const at = (iso) => message(1, { at: iso });
  const got = timeline.blocks(
    [at('2026-01-01T23:50:00Z'), at('2026-01-01T23:54:00Z'), at('2026-01-01T23:59:30Z'), at('2026-01-02T00:00:10Z')],
    (d) => d.toISOString().slice(0, 10),
  );
  assert.deepEqual(
    got.map((b) => [b.day, b.follows]),
    [
      ['2026-01-01', false],
      ['', true],
      ['', false],
      ['2026-01-02', false],
    ],
  );
});

const me = {
  user: { id: 'ada', login: 'ada', name: 'Ada', color: '#111111', role: 'user', disabled: false },
  groups: [],
};
const tell = (w, type, body) => world.reduce(w, { type, at: '2026-01-01T00:00:00Z', body });

test('the world follows events: a group, its members, a call from start to end', () => {
  let w = world.withMe(world.nowhere(), me);
  w = tell(w, 'groups.created', { group: 'g', name: 'Team', owner: 'ada' });
  w = tell(w, 'groups.member_added', { group: 'g', user: 'ada', role: 'owner' });
  w = tell(w, 'groups.member_added', { group: 'g', user: 'bob', role: 'member' });
  w = tell(w, 'groups.member_added', { group: 'g', user: 'bob', role: 'member' });
  assert.equal(w.groups.get('g').members, 2);
  w = tell(w, 'calls.started', { call: 'c', group: 'g', title: '', maker: 'ada', start: 's' });
  assert.equal(w.groups.get('g').call, 'c');
  w = tell(w, 'calls.joined', { call: 'c', group: 'g', user: 'bob', seat: 2 });
  w = tell(w, 'calls.joined', { call: 'c', group: 'g', user: 'bob', seat: 2 });
  w = tell(w, 'calls.media_changed', { call: 'c', group: 'g', user: 'bob', audio: true, video: false });
  const [bob] = w.calls.get('c').participants;
  assert.deepEqual([bob.seat, bob.in, bob.audio, bob.video], [2, true, true, false]);
  assert.equal(w.calls.get('c').participants.length, 1);
  const seat = () => w.calls.get('c').participants[0];
  w = tell(w, 'calls.hand_raised', { call: 'c', group: 'g', user: 'bob' });
  w = tell(w, 'calls.muted', { call: 'c', group: 'g', user: 'bob', by: 'ada' });
  assert.deepEqual([seat().hand, seat().muted], ['2026-01-01T00:00:00Z', true]);
  w = tell(w, 'calls.unmuted', { call: 'c', group: 'g', user: 'bob' });
  w = tell(w, 'calls.left', { call: 'c', group: 'g', user: 'bob', reason: 'expelled', by: 'ada' });
  assert.deepEqual([seat().hand, seat().muted, seat().in, seat().barred], ['', false, false, true]);
  w = tell(w, 'calls.admitted', { call: 'c', group: 'g', user: 'bob' });
  assert.equal(seat().barred, false);
  w = tell(w, 'calls.ended', { call: 'c', group: 'g', reason: 'ended', end: 'e' });
  assert.deepEqual(
    [w.calls.get('c').state, w.groups.get('g').call, w.calls.get('c').participants[0].in],
    ['ended', '', false],
  );
  w = tell(w, 'groups.member_removed', { group: 'g', user: 'ada', left: true });
  assert.equal(w.groups.size, 0);
});

test('a value of the world is never changed in place', () => {
  const before = world.withMe(world.nowhere(), me);
  tell(before, 'groups.created', { group: 'g', name: 'Team', owner: 'ada' });
  assert.equal(before.groups.size, 0);
});

test('every text the client asks for exists, and all are used', async () => {
  const used = new Set();
  const patterns = [];
  for (const dir of ['ui', 'app', 'lib']) {
    for (const file of await readdir(new URL(`../${dir}/`, import.meta.url))) {
      const source = await readFile(new URL(`../${dir}/${file}`, import.meta.url), 'utf8');
      for (const [, key] of source.matchAll(/['"]([a-z]+(?:\.[a-z.]+)?)['"]/g)) used.add(key);
      for (const [, key] of source.matchAll(/\bt\('([^']+)'/g)) assert.ok(key in WORDS, `${file} asks for ${key}`);
      for (const [, key] of source.matchAll(/\bt\(`([^`]+)`/g)) {
        patterns.push(new RegExp(`^${key.replace(/\./g, '\\.').replace(/\$\{[^}]+\}/g, '[a-z]+')}$`));
      }
    }
  }
  for (const key of Object.keys(WORDS)) {
    assert.ok(used.has(key) || patterns.some((p) => p.test(key)), `${key} is never used`);
  }
});

test('both languages say the same values', () => {
  for (const [key, [english, german]] of Object.entries(WORDS)) {
    const values = (s) => [...new Set([...s.matchAll(/\{\w+\}/g)].map(String))].sort();
    assert.deepEqual(values(english), values(german), key);
  }
  assert.equal(t('members.count', { n: 1 }, 'en'), '1 member');
  assert.equal(t('members.count', { n: 3 }, 'de'), '3 Mitglieder');
});

test('links end where they end', () => {
  assert.deepEqual(
    split('see https://a.b/c(d), or (https://e.f/g). Bye').map((p) => p.url || p.text),
    ['see ', 'https://a.b/c(d)', ', or (', 'https://e.f/g', '). Bye'],
  );
  assert.deepEqual(split('javascript:alert(1)'), [{ text: 'javascript:alert(1)', url: '' }]);
});

test('names, times and sizes', () => {
  assert.deepEqual(['Ada Lovelace', 'bob', ' ', '👩‍🚀 x'].map(initials), ['AL', 'B', '', '👩X']);
  assert.deepEqual([38_000, 240_000, 4_320_000].map(duration), ['38 s', '4 min', '1 h 12 min']);
  assert.deepEqual([187_000, 3_729_000].map(stopwatch), ['3:07', '1:02:09']);
  assert.deepEqual([999, 1500, 25_400_000].map(size), ['999 B', '1.5 kB', '25 MB']);
});

test('letters on every colour have a contrast of 4.5', () => {
  const light = (c) => {
    const n = [1, 3, 5].map((i) => Number.parseInt(c.slice(i, i + 2), 16) / 255);
    const [r, g, b] = n.map((s) => (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const c of COLORS) {
    const [a, b] = [light(c), light(ink(c))].sort((x, y) => y - x);
    assert.ok((a + 0.05) / (b + 0.05) >= 4.5, c);
  }
});

test('IDs are new, valid and sorted by time', () => {
  const ids = Array.from({ length: 200 }, (_, i) => newID(1e12 + i));
  assert.equal(new Set(ids).size, 200);
  assert.deepEqual([...ids].sort(), ids);
  for (const id of ids) assert.match(id, /^[0-9A-Z]{26}$/);
});
