// Which loudspeaker is used, where the browser lets one choose, and a sound to try it.

/** @typedef {AudioContext & {setSinkId?: (id: string) => Promise<void>}} Choosing */

/** Whether this browser lets one choose. */
export const canChoose = () => typeof AudioContext === 'function' && 'setSinkId' in AudioContext.prototype;

/**
 * One that is gone is no reason to be silent: then the default is used.
 * @param {Choosing | undefined} context
 * @param {string} id empty: the default
 */
export async function leadTo(context, id) {
  await context?.setSinkId?.(id).catch(() => context.setSinkId?.(''));
}

const NOTES = [523.25, 659.25, 783.99]; // Hz: C, E, G
const NOTE = 0.18; // s

/** Three notes up. Resolves when they have been played. @param {string} id of the loudspeaker */
export async function chime(id) {
  /** @type {Choosing} */
  const context = new AudioContext();
  try {
    await leadTo(context, id);
    await context.resume();
    const end = NOTES.map((hz, i) => note(context, hz, context.currentTime + 0.05 + i * NOTE)).at(-1);
    await new Promise((resolve) => end?.addEventListener('ended', resolve, { once: true }));
  } finally {
    await context.close();
  }
}

/** @param {AudioContext} context @param {number} hz @param {number} at s */
function note(context, hz, at) {
  const tone = new OscillatorNode(context, { frequency: hz });
  const gain = new GainNode(context, { gain: 0 });
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 2.4 * NOTE);
  tone.connect(gain).connect(context.destination);
  tone.start(at);
  tone.stop(at + 2.5 * NOTE);
  return tone;
}
