// What this browser can do of a call: found by asking for each thing, never by its name.

import { CODECS } from '../lib/renditions.js';
import { LONG, opus } from './opus.js';

/**
 * @typedef {object} Able
 * @property {boolean} hear others' voices
 * @property {boolean} see others' pictures
 * @property {boolean} speak
 * @property {boolean} show one's picture
 */

const has = (/** @type {string} */ name) => typeof (/** @type {any} */ (globalThis)[name]) === 'function';

/** @type {Promise<Able> | undefined} */
let known;

/** @returns {Promise<Able>} asked once a page */
export function able() {
  known ??= ask();
  return known;
}

async function ask() {
  const mixes = has('AudioContext') && has('AudioWorkletNode');
  const [speak, show] = await Promise.all([speaks(), shows()]);
  return { hear: mixes && has('AudioDecoder'), see: has('VideoDecoder'), speak: mixes && speak, show };
}

async function speaks() {
  if (!has('AudioEncoder')) return false;
  return (await AudioEncoder.isConfigSupported(opus(LONG)).catch(() => undefined))?.supported === true;
}

/** In the codec that everybody decodes. */
async function shows() {
  if (!has('VideoEncoder') || !has('VideoFrame') || !has('Worker')) return false;
  const config = { codec: CODECS.vp8, width: 640, height: 360 };
  return (await VideoEncoder.isConfigSupported(config).catch(() => undefined))?.supported === true;
}

/**
 * Why one can't be in a call at all; empty: one can.
 * @param {Able} can
 * @returns {'' | 'insecure' | 'old'} insecure: browsers give what is needed to secure pages only
 */
export function barred({ hear, see }) {
  if (hear || see) return '';
  return globalThis.isSecureContext ? 'old' : 'insecure';
}
