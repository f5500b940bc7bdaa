// The keys of a call, and how those of a call and of a replay are listed. No DOM.

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

/** Keys and the word for what they do; ' ' is the space bar. @typedef {readonly (readonly [keys: readonly string[], word: string])[]} KeyList */

/** @type {KeyList} */
export const CALL_KEYS = KEYS.map(([key, act]) => [[key.toUpperCase()], `key.${act}`]);

/** @type {KeyList} */
export const REPLAY_KEYS = [
  [['K', ' '], 'replay.key.toggle'],
  [['J', 'L'], 'replay.key.ten'],
  [['←', '→'], 'replay.key.five'],
  [[',', '.'], 'replay.key.step'],
  [['0 – 9'], 'replay.key.tenth'],
  [['Home', 'End'], 'replay.key.ends'],
  [['<', '>'], 'replay.key.rate'],
  [['P', 'N'], 'replay.key.speakers'],
  [['I', 'O'], 'replay.key.mark'],
  [['M'], 'replay.key.mute'],
  [['C'], 'key.chat'],
  [['F'], 'key.full'],
  [['Shift ←', 'Shift →'], 'replay.key.peek'],
  [['?'], 'key.help'],
];
