// The statistics of a call as text, to be pasted where somebody helps. No DOM.

/** @typedef {import('./quality.js').Verdict} Verdict */

const ms = (/** @type {unknown} */ n) => (typeof n === 'number' && Number.isFinite(n) ? `${Math.round(n)} ms` : '–');
const kb = (/** @type {number} */ n) => `${Math.round(n / 1024)} KiB`;
const pixels = (/** @type {any} */ v) => (v.width ? `${v.width}×${v.height}` : '–');

/** How well lips fit. @param {{middle: number, low: number, high: number} | undefined} s */
export const skewText = (s) => (s ? `${s.middle} ms (${s.low} … ${s.high})` : '–');

/** The layer that comes. @param {any} v of stats().people[].video */
export function layerText(v) {
  const parts = [pixels(v)];
  if (v.rendition !== undefined && v.rendition >= 0) parts.push(`r${v.rendition}`);
  if (v.temporal !== undefined && v.temporal >= 0) parts.push(`t${v.temporal}`);
  return parts.join(' ');
}

/**
 * @param {any} s what stats() says
 * @param {{own: Verdict, people: Map<number, Verdict>}} quality
 * @param {{at: string, agent: string}} where
 */
export function report(s, quality, { at, agent }) {
  const { audio, video } = s.sent;
  const verdict = (/** @type {Verdict | undefined} */ v) => (v ? `${v.bars}/4${v.side ? ` (${v.side})` : ''}` : '–');
  const lines = [
    `Scaip, call ${s.call}, ${at}`,
    agent,
    `own line ${verdict(quality.own)}, round trip ${ms(s.clock.rtt)}, sound output ${ms(s.latency)}`,
    `sent: sound ${kb(audio.bytesOut)}, picture ${kb(video.bytesOut)}, ${video.frames} pictures, ${video.skipped} skipped, step ${video.step}`,
    `received: sound ${kb(audio.bytesIn)}, picture ${kb(video.bytesIn)}`,
  ];
  for (const p of s.people) {
    if (!p.name) continue;
    lines.push(
      '',
      `${p.name} (seat ${p.seat}): line ${verdict(quality.people.get(p.seat))}, delay ${ms(p.delay)}, skew ${skewText(p.skew)}`,
    );
    const a = p.audio;
    if (a) {
      lines.push(
        `  sound: ${a.codec ?? 'opus'}, jitter ${ms(a.jitter)}, margin ${ms(a.margin)}, raised ${ms(a.raised)}, lost ${a.lost}, late ${a.late}, ` +
          `made up ${ms(a.concealed)}, gaps ${a.underruns ?? 0}`,
      );
    }
    for (const [what, v] of [
      ['picture', p.video],
      ['screen', p.screen],
    ]) {
      if (!v) continue;
      lines.push(
        `  ${what}: ${v.codec ?? '–'}, ${layerText(v)}, age ${ms(v.age)}, lost ${v.lost}, late ${v.late}${v.off ? `, off: ${v.off}` : ''}`,
      );
    }
  }
  return lines.join('\n');
}
