// The voice's codec.

/** ms of sound in a packet: short ones as long as few are in a call, since each costs all who hear it a message. */
export const SHORT = 10;
export const LONG = 20;
/** So many in a call are few. */
export const FEW = 2;

/**
 * bit/s, by the length of a packet: half as long ones code the same voice less well. Beside a tone of 660 Hz the noise at 440 Hz is 44 dB
 * below it in short packets of 32 kbit/s, 61 in those of 48, 65 in long ones of 32 (ffmpeg, libopus -frame_duration 10 and 20).
 * @type {Record<number, number>}
 */
const RATE = { [SHORT]: 48_000, [LONG]: 32_000 };

/**
 * @param {number} length ms of a packet
 * @returns {AudioEncoderConfig}
 */
export const opus = (length) => ({
  codec: 'opus',
  sampleRate: 48_000,
  numberOfChannels: 1,
  bitrate: RATE[length],
  // The types of TypeScript lag behind the registration of Opus for WebCodecs.
  .../** @type {object} */ ({ opus: { frameDuration: length * 1000, useinbandfec: true, packetlossperc: 5 } }),
});
