// The voice's codec.

/** @type {AudioEncoderConfig} */
export const OPUS = {
  codec: 'opus',
  sampleRate: 48_000,
  numberOfChannels: 1,
  bitrate: 32_000,
  // The types of TypeScript lag behind the registration of Opus for WebCodecs.
  .../** @type {object} */ ({ opus: { frameDuration: 20_000, useinbandfec: true, packetlossperc: 5 } }),
};
