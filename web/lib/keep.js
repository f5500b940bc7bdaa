// How long the recording of a call is kept, in words.

import { t } from './words.js';

/** @typedef {import('./world.js').Group} Group @typedef {import('./world.js').Call} Call */

/**
 * What holds for a call that is not over: as its group has it now.
 * @param {Group | undefined} group @param {Call | undefined} call
 */
export function keepText(group, call) {
  if (call?.stopped) return t(call.stopped === 'quota' ? 'keep.spent' : 'keep.stopped');
  if (group?.keep === 'none') return t('keep.none');
  if (group?.keep === 'days') return t('keep.days', { days: String(group.days) });
  return t('call.kept');
}

/**
 * What group.set_keep is to say, from the choice in the form: "forever", "none" or a number of days.
 * @param {string} choice
 */
export function keepChoice(choice) {
  return choice === 'forever' || choice === 'none' ? { keep: choice } : { keep: 'days', days: Number(choice) };
}
