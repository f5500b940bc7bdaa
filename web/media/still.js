// One picture of one key frame.

import { parseConfig } from '../lib/wire.js';

/** @typedef {import('../lib/wire.js').Frame} Frame */

const WIDTH = 320; // px, at most

/**
 * @param {Frame} config
 * @param {Frame} key
 * @returns {Promise<ImageBitmap | undefined>} undefined: it can't be decoded here
 */
export async function still(config, key) {
  /** @type {Promise<ImageBitmap | undefined>} */
  let made = Promise.resolve(undefined);
  const decoder = new VideoDecoder({
    output: (frame) => {
      const width = Math.min(WIDTH, frame.displayWidth);
      const height = Math.max(1, Math.round((frame.displayHeight * width) / frame.displayWidth));
      made = createImageBitmap(frame, { resizeWidth: width, resizeHeight: height }).finally(() => frame.close());
    },
    error: () => undefined, // flush says it
  });
  try {
    const { codec } = parseConfig(config);
    decoder.configure({ codec, optimizeForLatency: true });
    decoder.decode(new EncodedVideoChunk({ type: 'key', timestamp: key.pts, data: key.payload }));
    await decoder.flush();
    return await made;
  } catch {
    return undefined;
  } finally {
    if (decoder.state !== 'closed') decoder.close();
  }
}
