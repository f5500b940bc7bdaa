// Lip sync: flashbeep.webm as Ada's camera and microphone. The flash is timed from the camera to Bob's screen, the beep from the
// microphone to his loudspeaker; the difference is how much the picture comes after the voice.

import { pause } from '../rig.mjs';
import { delays, quantile, skews } from './figures.mjs';
import { look } from './live.mjs';
import { Scene } from './scene.mjs';

const SETTLE = 15_000;
const LOOK = 45_000;

export const rows = {
  lips: async () => {
    const scene = await Scene.open({ flashing: true });
    try {
      await pause(SETTLE);
      const [a, b] = await look([scene.ada, scene.bob], LOOK);
      // Both ends of the way: a picture is seen for a refresh, whose middle counts; a sound is heard when the card has played it.
      const { refresh, output } = await scene.bob.evaluate(() => window.bench.screen());
      const flashes = delays(a.lit, b.seenLit, 900).map((d) => ({ ...d, late: d.late + refresh / 2 }));
      const beeps = delays(a.spoken, b.heard, 900).map((d) => ({ ...d, late: d.late + output }));
      const list = skews(flashes, beeps);
      const [low, middle, high] = [0.025, 0.5, 0.975].map((q) => quantile(list, q));
      const size = list.map(Math.abs);
      const [p95, worst] = [quantile(size, 0.95), [Math.min(...list), Math.max(...list)]];
      return [
        {
          figure: 'picture after voice, flashbeep.webm',
          measured: `middle ${middle.toFixed(0)} ms, 95 % within ±${p95.toFixed(0)} ms, ${worst[0].toFixed(0)} to ${worst[1].toFixed(0)} ms, ${list.length} flashes`,
          reference: '',
          aim: '95 % within ±20 ms, none beyond −45 and +125 ms',
          met: list.length > 20 && p95 <= 20 && worst[0] >= -45 && worst[1] <= 125,
          values: { n: list.length, low, middle, high, p95, worst, refresh, output },
        },
      ];
    } finally {
      await scene.close();
    }
  },
};
