// The voice's codec.

/** ms of sound in a packet: short ones as long as few are in a call, since each costs all who hear it a message. */
export const SHORT = 10;
export const LONG = 20;
/** So many in a call are few. */
export const FEW = 4;

/**
 * @param {number} length ms of a packet
 * @returns {AudioEncoderConfig}
 */
export const opus = (length) => ({
  codec: 'opus',
  sampleRate: 48_000,
  numberOfChannels: 1,
  bitrate: 32_000,
  // The types of TypeScript lag behind the registration of Opus for WebCodecs.
  .../** @type {object} */ ({ opus: { frameDuration: length * 1000, useinbandfec: true, packetlossperc: 5 } }),
});
