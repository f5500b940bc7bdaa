// The harness of `make bench-media`, as far as it needs no measuring: what it makes of what was noted, and that a page of it draws,
// sees and hears itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delays, glass, quantile, rate, skews } from './bench/figures.mjs';
import { launch, open, Scene } from './bench/scene.mjs';
import { table } from './bench/table.mjs';
import { until } from './rig.mjs';
import { files } from './speak.mjs';

test('figures: shares, delays and skews', () => {
  const list = Array.from({ length: 100 }, (_, i) => 100 - i);
  assert.deepEqual([quantile(list, 0.5), quantile(list, 0.95), quantile(list, 1)], [51, 96, 100]);
  assert.ok(Number.isNaN(quantile([], 0.5)));
  assert.deepEqual(delays([0, 500, 1000], [40, 1070], 450), [
    { at: 0, late: 40 },
    { at: 1000, late: 70 },
  ]);
  const seen = [0, 33, 66, 99].map((at) => ({ drawn: at, seen: at + 40 }));
  assert.deepEqual(glass(seen), [40, 40, 40, 40]);
  assert.equal(Math.round(rate(seen)), 30);
  assert.deepEqual(skews([{ at: 10, late: 50 }], [{ at: 0, late: 62 }]), [-12]);
  assert.deepEqual(skews([{ at: 10, late: 50 }], []), []);
});

test('a table has a line for each figure, and says what was missed', () => {
  const figure = { row: 'a', figure: 'b', measured: '1 ms', reference: '', aim: '0 ms', met: false };
  assert.equal(table([figure]).split('\n').at(-1), '| a | b | 1 ms | – | 0 ms | missed |');
});

test('the drawn clock and the clicks are found at the other end of a peer connection', async () => {
  const [browser, site] = await Promise.all([launch(false), files(false)]);
  try {
    const page = await open(browser, '');
    await page.goto(site.url);
    await page.evaluate(() => window.bench.reference({ voice: true }));
    const notes = await until(
      'pictures and clicks',
      () => page.evaluate(() => window.bench.notes()),
      (n) => n.seen.length > 30 && delays(n.spoken, n.heard, 450).length > 2,
      60_000,
    );
    const late = glass(notes.seen);
    assert.ok(late.every((ms) => ms >= -1 && ms < 60_000));
    assert.ok(quantile(late, 0) < 450, `${quantile(late, 0)} ms at best`);
  } finally {
    await browser.close();
    site.server.close();
  }
});

test('the same through the client and the server, over a line', async () => {
  const scene = await Scene.open({ line: [] });
  try {
    const [a, b] = await until(
      'pictures and clicks',
      () => Promise.all([scene.ada, scene.bob].map((page) => page.evaluate(() => window.bench.notes()))),
      ([from, to]) => to.seen.length > 30 && delays(from.spoken, to.heard, 5000).length > 2,
      60_000,
    );
    assert.ok(glass(b.seen).every((ms) => ms >= -1 && ms < 60_000));
    assert.ok(a.seen.length === 0, 'Ada looks at nobody');
    assert.ok((await scene.other()).video.drawn > 0);
  } finally {
    await scene.close();
  }
});
