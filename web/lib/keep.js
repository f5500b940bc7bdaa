// How long the recording of a call is kept, in words.

import { t } from './words.js';

/** @typedef {import('./world.js').Group} Group @typedef {import('./world.js').Call} Call */

/**
 * What holds for a call that is not over: as its group has it now, and as far as there is room.
 * @param {Group | undefined} group @param {Call | undefined} call @param {string} full why calls are not kept now; empty: they are
 */
export function keepText(group, call, full) {
  if (group?.keep === 'none') return t('keep.none');
  const less = lessText(group, call, full);
  if (less) return less;
  if (group?.keep === 'days') return t('keep.days', { days: String(group.days) });
  return t('call.kept');
}

/**
 * That less of a call is kept than its group wants, and why; empty if it is not so. As keepText; without a call, of one to come.
 * @param {Group | undefined} group @param {Call | undefined} call @param {string} full
 */
export function lessText(group, call, full) {
  if (group?.keep === 'none') return '';
  if (call?.stopped) return t(`keep.stopped.${call.stopped}`);
  return full ? t(`keep.full.${full}`) : '';
}

/**
 * What group.set_keep is to say, from the choice in the form: "forever", "none" or a number of days.
 * @param {string} choice
 */
export function keepChoice(choice) {
  return choice === 'forever' || choice === 'none' ? { keep: choice } : { keep: 'days', days: Number(choice) };
}
