// The keys of a call. No DOM.

/** @typedef {'mute' | 'camera' | 'talk' | 'share' | 'hand' | 'chat' | 'people' | 'layout' | 'full' | 'pause' | 'back' | 'help'} Act */

/** In the order in which they are listed. @type {readonly (readonly [key: string, act: Act])[]} */
export const KEYS = [
  ['m', 'mute'],
  [' ', 'talk'],
  ['v', 'camera'],
  ['s', 'share'],
  ['h', 'hand'],
  ['c', 'chat'],
  ['p', 'people'],
  ['g', 'layout'],
  ['f', 'full'],
  ['k', 'pause'],
  ['j', 'back'],
  ['?', 'help'],
];

/**
 * What a key does; nothing together with Ctrl, Alt or the like.
 * @param {{key: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean}} event
 * @returns {Act | undefined}
 */
export function actOf({ key, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return undefined;
  return KEYS.find(([k]) => k === key.toLowerCase())?.[1];
}
