// Which families of video codecs this browser decodes.

import { CODECS } from '../lib/renditions.js';

/** @type {Promise<string[]> | undefined} */
let known;

/** @returns {Promise<string[]>} */
export function decodable() {
  known ??= ask();
  return known;
}

async function ask() {
  if (!('VideoDecoder' in globalThis)) return [];
  const all = { ...CODECS, h264: 'avc1.42E01F' };
  const found = [];
  for (const [family, codec] of Object.entries(all)) {
    const answer = await VideoDecoder.isConfigSupported({ codec, codedWidth: 1280, codedHeight: 720 }).catch(
      () => undefined,
    );
    if (answer?.supported) found.push(family);
  }
  return found;
}
