import assert from 'node:assert/strict';
import { test } from 'node:test';
import { space } from '../lib/space.js';

const now = new Date('2026-11-30T12:00:00Z');
const report = {
  files: 2,
  bytes: 600,
  waiting: 0,
  running: 200,
  quota: 0,
  spent: false,
  disk: 3200,
  left: 3200,
  per_day: 320,
  days_left: 10,
  groups: [],
};

test('without a quota it is the disk that will be full', () => {
  assert.deepEqual(space(report, now), {
    taken: 800,
    most: 4000,
    share: 0.2,
    by: 'disk',
    full: new Date('2026-12-10T12:00:00Z'),
  });
});

test('what is full first limits: the quota, or the disk below it', () => {
  const quota = space({ ...report, quota: 1000, left: 200, days_left: 0.625 }, now);
  assert.deepEqual([quota.by, quota.most, quota.share], ['quota', 1000, 0.8]);
  assert.equal(quota.full?.toISOString(), '2026-12-01T03:00:00.000Z');
  const disk = space({ ...report, quota: 10_000 }, now);
  assert.deepEqual([disk.by, disk.most, disk.share], ['disk', 4000, 0.2]);
});

test('more than all is all, and nothing of nothing is full', () => {
  assert.equal(space({ ...report, quota: 500, left: 0 }, now).share, 1);
  assert.equal(space({ ...report, bytes: 0, running: 0, disk: 0, left: 0 }, now).share, 1);
});

test('no day is named if nothing came lately, or if it is too far away', () => {
  assert.equal(space({ ...report, days_left: -1 }, now).full, undefined);
  assert.equal(space({ ...report, days_left: 4000 }, now).full, undefined);
});
