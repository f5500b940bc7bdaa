import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepChoice, keepText } from '../lib/keep.js';
import { t } from '../lib/words.js';
import * as world from '../lib/world.js';

/** @param {any} w @param {string} type @param {any} body */
const hear = (w, type, body) => world.reduce(w, { type, at: '2026-01-01T00:00:00Z', body });

test('how long a recording is kept follows the events', () => {
  /** @type {any} */
  let w = { ...world.nowhere(), me: 'me' };
  w = hear(w, 'groups.created', { group: 'g', name: 'Team', owner: 'me' });
  const says = (full = '') => keepText(w.groups.get('g'), w.calls.get('c'), full);
  assert.equal(says(), t('call.kept'));
  w = hear(w, 'groups.keep_set', { group: 'g', keep: 'days', days: 30 });
  assert.equal(says(), t('keep.days', { days: '30' }));
  w = hear(w, 'groups.keep_set', { group: 'g', keep: 'none' });
  assert.equal(says('quota'), t('keep.none'), 'there is nothing to keep');
  w = hear(w, 'groups.keep_set', { group: 'g', keep: 'days', days: 30 });
  assert.equal(says('quota'), t('keep.full.quota'));
  assert.equal(says('disk'), t('keep.full.disk'));
  w = hear(w, 'calls.started', { call: 'c', group: 'g', title: '', maker: 'me', start: '2026-01-01T00:00:00Z' });
  w = hear(w, 'calls.keeping_stopped', { call: 'c', group: 'g', reason: 'disk' });
  assert.equal(says(), t('keep.stopped.disk'), 'when there is room again it is as it was');
  assert.equal(says('quota'), t('keep.stopped.disk'));
  w = hear(w, 'groups.keep_set', { group: 'g', keep: 'none' });
  assert.equal(says(), t('keep.none'));
  w = hear(w, 'calls.ended', {
    call: 'c',
    group: 'g',
    reason: 'empty',
    end: '2026-01-01T01:00:00Z',
    keep: 'days',
    until: '2026-01-02T01:00:00Z',
  });
  assert.deepEqual([w.calls.get('c')?.kept, w.calls.get('c')?.until], [true, '2026-01-02T01:00:00Z']);
  const none = hear(w, 'calls.ended', { call: 'c', group: 'g', keep: 'none', end: '2026-01-01T02:00:00Z' });
  assert.equal(none.calls.get('c')?.kept, false);
  w = hear(w, 'calls.forgotten', { call: 'c', group: 'g', reason: 'days' });
  assert.equal(w.calls.get('c')?.kept, false);
});

test('a choice becomes a command', () => {
  assert.deepEqual(keepChoice('forever'), { keep: 'forever' });
  assert.deepEqual(keepChoice('none'), { keep: 'none' });
  assert.deepEqual(keepChoice('30'), { keep: 'days', days: 30 });
});
