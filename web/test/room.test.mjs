import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMOJI } from '../app/signs.js';
import { arrange, largeOf } from '../lib/arrange.js';
import { Crowd, hands } from '../lib/hands.js';
import { actOf, KEYS } from '../lib/keys.js';
import { Quality } from '../lib/quality.js';
import { report } from '../lib/report.js';

const BOXES = [
  { width: 1256, height: 640 },
  { width: 880, height: 640 },
  { width: 374, height: 620 },
  { width: 300, height: 460 },
];
const camera = (seat, self = false) => ({ key: `c${seat}`, user: `u${seat}`, seat, source: 'camera', self });
const screen = (seat) => ({ key: `s${seat}`, user: `u${seat}`, seat, source: 'screen', self: false });
const people = (n) => [...Array.from({ length: n - 1 }, (_, i) => camera(i + 2)), camera(1, true)];

const apart = (a, b) =>
  a.left + a.width <= b.left || b.left + b.width <= a.left || a.top + a.height <= b.top || b.top + b.height <= a.top;

test('whoever is in a call is on one page of it, in the box, and beside the others', () => {
  for (const box of BOXES) {
    for (const large of ['', 'c2', 's3']) {
      for (const n of [1, 2, 3, 5, 9, 16, 30, 60]) {
        const items = large === 's3' ? [screen(3), ...people(Math.max(3, n))] : people(n);
        const seen = new Map();
        for (let page = 0, pages = 1; page < pages; page++) {
          const a = arrange(items, box, { large, page });
          pages = a.pages;
          const flat = a.places.filter((p) => p.role !== 'self');
          for (const p of a.places) {
            seen.set(p.key, (seen.get(p.key) ?? 0) + 1);
            const inside =
              p.left >= 0 && p.top >= 0 && p.left + p.width <= box.width + 1 && p.top + p.height <= box.height + 1;
            assert.ok(inside, `${JSON.stringify(p)} in ${JSON.stringify(box)}`);
            assert.ok(p.width >= 60 && p.height >= 60, `${JSON.stringify(p)} can't be read`);
          }
          for (const [i, p] of flat.entries())
            for (const q of flat.slice(i + 1))
              assert.ok(apart(p, q), `${JSON.stringify(p)} covers ${JSON.stringify(q)}`);
        }
        for (const i of items) {
          const always = i.self || i.key === large;
          assert.ok(always ? seen.get(i.key) > 0 : seen.get(i.key) === 1, `${i.key} of ${n}: ${seen.get(i.key)} times`);
        }
      }
    }
  }
});

test('many go onto pages instead of shrinking', () => {
  const wide = arrange(people(60), BOXES[0], { large: '', page: 0 });
  assert.ok(wide.pages > 2 && wide.places.every((p) => p.role === 'self' || p.width >= 200));
  const phone = arrange(people(16), BOXES[2], { large: '', page: 99 });
  assert.equal(phone.page, phone.pages - 1);
  assert.ok(phone.places.every((p) => p.role === 'self' || p.width >= 150));
});

test('one’s own picture is small beside others, and large alone', () => {
  const self = (n, large = '') => arrange(people(n), BOXES[0], { large, page: 0 }).places.find((p) => p.key === 'c1');
  assert.equal(self(1).role, 'tile');
  assert.ok(self(1).width > 700);
  assert.deepEqual([self(2).role, self(4).role, self(4, 'c2').role], ['self', 'self', 'strip']);
  assert.ok(self(4).width < 220);
});

test('on a phone the strip is below, on a desktop at the side', () => {
  const [large, ...strip] = arrange(people(4), BOXES[2], { large: 'c2', page: 0 }).places;
  assert.ok(strip.every((p) => p.top >= large.top + large.height));
  const [big, ...side] = arrange(people(4), BOXES[0], { large: 'c2', page: 0 }).places;
  assert.ok(side.every((p) => p.left >= big.left + big.width));
});

test('a pin goes first, then the newest screen, then the speaker', () => {
  const by = { mode: 'grid', pinned: '', lowered: new Set(), order: [], speaker: 3 };
  assert.equal(largeOf(people(4), by), '');
  assert.equal(largeOf(people(4), { ...by, mode: 'speaker' }), 'c3');
  assert.equal(largeOf(people(4), { ...by, mode: 'speaker', speaker: 0 }), 'c2');
  assert.equal(largeOf(people(1), { ...by, mode: 'speaker' }), '');
  const shared = [screen(2), screen(3), ...people(4)];
  const order = ['s3', 's2'];
  assert.equal(largeOf(shared, { ...by, order }), 's2');
  assert.equal(largeOf(shared, { ...by, order, lowered: new Set(['s2']) }), 's3');
  assert.equal(largeOf(shared, { ...by, order, lowered: new Set(order) }), '');
  assert.equal(largeOf(shared, { ...by, order, pinned: 'c4' }), 'c4');
  assert.equal(largeOf(shared, { ...by, order, pinned: 'c9' }), 's2');
});

const well = (seat, change = {}) => ({
  seat,
  concealed: 0,
  raised: 0,
  margin: 20,
  received: 0,
  lost: 0,
  off: false,
  ...change,
});
const OWN = { step: 0, excess: 0, down: false };

test('one weak voice among three is that one’s line; all weak is one’s own', () => {
  const q = new Quality();
  q.sample([well(1), well(2), well(3)], OWN);
  const one = q.sample([well(1), well(2, { concealed: 90 }), well(3)], OWN);
  assert.deepEqual(one.people.get(2), { bars: 2, side: 'theirs' });
  assert.deepEqual(one.people.get(1), { bars: 4, side: '' });
  const all = q.sample([well(1, { concealed: 300 }), well(2, { concealed: 400 }), well(3)], OWN);
  assert.deepEqual(
    [all.people.get(1), all.people.get(2)],
    [
      { bars: 1, side: 'mine' },
      { bars: 1, side: 'mine' },
    ],
  );
});

test('a picture that the server holds back is one’s own line, and so is a slow ping', () => {
  assert.deepEqual(new Quality().sample([well(1, { off: true }), well(2)], OWN).people.get(1), {
    bars: 2,
    side: 'mine',
  });
  const slow = new Quality().sample([well(1, { raised: 120 })], { ...OWN, excess: 200 });
  assert.deepEqual(
    [slow.people.get(1), slow.own],
    [
      { bars: 3, side: 'mine' },
      { bars: 3, side: 'mine' },
    ],
  );
});

test('the worst of three seconds is shown, then it is good again', () => {
  const q = new Quality();
  const bars = [0, 0, 400, 400, 400, 400].map(
    (concealed) => q.sample([well(1, { concealed })], OWN).people.get(1).bars,
  );
  assert.deepEqual(bars, [4, 4, 1, 1, 1, 4]);
});

test('what one sends less of is told of oneself', () => {
  const bars = (own) => new Quality().sample([], { ...OWN, ...own }).own.bars;
  assert.deepEqual(
    [bars({}), bars({ step: 1 }), bars({ step: 4 }), bars({ step: 7 }), bars({ down: true })],
    [4, 3, 2, 1, 0],
  );
});

test('hands stand in the order in which they went up', () => {
  const p = (seat, hand) => ({ seat, hand });
  const list = [
    p(1, '2026-01-01T00:00:02.5Z'),
    p(2, ''),
    p(3, '2026-01-01T00:00:02Z'),
    p(4),
    p(5, '2026-01-01T00:00:02Z'),
  ];
  assert.deepEqual(
    hands(list).map((x) => x.seat),
    [3, 5, 1],
  );
});

test('who comes and goes is said in one go, and not at all if back at once', () => {
  const c = new Crowd();
  assert.deepEqual([c.add('in', 'Ada'), c.add('in', 'Bob'), c.add('out', 'Cy')], [true, false, false]);
  c.add('in', 'Cy');
  assert.deepEqual(c.take(), [{ way: 'in', name: 'Ada', others: 1 }]);
  assert.deepEqual(c.take(), []);
  assert.equal(c.add('out', 'Ada'), true);
});

test('each key does one thing, and nothing together with Ctrl', () => {
  const plain = { ctrlKey: false, metaKey: false, altKey: false };
  assert.equal(new Set(KEYS.map(([k]) => k)).size, KEYS.length);
  assert.equal(actOf({ key: 'M', ...plain }), 'mute');
  assert.equal(actOf({ key: '?', ...plain }), 'help');
  assert.equal(actOf({ key: 'x', ...plain }), undefined);
  assert.equal(actOf({ key: 'c', ...plain, ctrlKey: true }), undefined);
});

test('the statistics can be read as text', () => {
  const link = { bytesOut: 2048, bytesIn: 4096, frames: 30, skipped: 1, step: 0 };
  const picture = {
    codec: 'vp8',
    width: 640,
    height: 360,
    rendition: 1,
    temporal: 2,
    age: 91,
    lost: 3,
    late: 4,
    off: '',
  };
  const s = {
    ...{ call: 'c', clock: { rtt: 3.4 }, latency: 20, sent: { audio: link, video: link } },
    people: [
      {
        seat: 2,
        name: 'Bob',
        delay: 81.2,
        skew: { middle: 2, low: -9, high: 11 },
        audio: { jitter: 5, lost: 1, late: 2, concealed: 12 },
        video: picture,
      },
      { seat: 9, name: '' },
    ],
  };
  const quality = { own: { bars: 4, side: '' }, people: new Map([[2, { bars: 2, side: 'theirs' }]]) };
  const text = report(s, quality, { at: '2026-01-01', agent: 'X' });
  for (const want of [
    'call c',
    'round trip 3 ms',
    'Bob (seat 2): line 2/4 (theirs), delay 81 ms, skew 2 ms (-9 … 11)',
    'vp8, 640×360 r1 t2',
    'lost 1, late 2',
  ])
    assert.ok(text.includes(want), `${want} is not in\n${text}`);
  assert.ok(!text.includes('seat 9'));
});

test('the reactions are those of the daemon', async () => {
  const { readFile } = await import('node:fs/promises');
  const source = await readFile(new URL('../../internal/event/calls.go', import.meta.url), 'utf8');
  const [, list] = /func CallEmoji\(\) \[\]string \{\s+return \[\]string\{(.*)\}/.exec(source) ?? [];
  assert.deepEqual(EMOJI, JSON.parse(`[${list}]`));
});
