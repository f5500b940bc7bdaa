// Everything that a page plays, recorded and read: a tone that rises with time says which moment is heard, so that what is heard twice or never
// shows.

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{from: number, to: number}} Span s of the clip */

const PAUSE = 0.5; // s in which nothing is heard end a run

const LOW = 2400; // Hz at the beginning of the clip
const SLOPE = 60; // Hz a second
export const SWEEP = `sin(2*PI*(${LOW}*t+${SLOPE / 2}*t*t))`;

/**
 * From the next page on, all that goes to the loudspeaker is kept: by a track whose blocks wait, so that a page that is busy loses none.
 * @param {Page} page
 */
export async function record(page) {
  await page.addInitScript(() => {
    const LENGTH = 4096;
    /** @type {{at: number, samples: Float32Array}[]} */
    const pieces = [];
    /** @param {MediaStreamTrack} track */
    const keep = async (track) => {
      const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 1000 }).readable.getReader();
      let shift = Infinity; // s from the stamp of a block to when it came at the earliest
      let piece = { at: 0, samples: new Float32Array(LENGTH) };
      let filled = 0;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const stamp = value.timestamp / 1e6;
        shift = Math.min(shift, performance.now() / 1000 - stamp);
        const block = new Float32Array(value.numberOfFrames);
        value.copyTo(block, { planeIndex: 0, format: 'f32-planar' });
        value.close();
        if (filled === 0) piece.at = stamp + shift;
        const room = Math.min(LENGTH - filled, block.length);
        piece.samples.set(block.subarray(0, room), filled);
        filled += room;
        if (filled < LENGTH) continue;
        pieces.push(piece);
        piece = { at: stamp + shift + room / 48_000, samples: new Float32Array(LENGTH) };
        piece.samples.set(block.subarray(room));
        filled = block.length - room;
      }
    };
    const { connect } = AudioNode.prototype;
    AudioNode.prototype.connect = /** @type {any} */ (
      function (/** @type {any} */ to, /** @type {any[]} */ ...rest) {
        if (to instanceof AudioDestinationNode) {
          const copy = new MediaStreamAudioDestinationNode(to.context, { channelCount: 1 });
          // @ts-expect-error: it is an AudioNode
          connect.call(this, copy);
          void keep(copy.stream.getAudioTracks()[0]);
        }
        // @ts-expect-error: it is an AudioNode
        return connect.call(this, to, ...rest);
      }
    );
    Object.defineProperty(window, 'pieces', { value: pieces });
  });
}

/**
 * What has been heard since a time: which second of the clip, when.
 * @param {Page} page
 * @returns {Promise<{wall: number, clip: number}[]>} s, by wall
 */
export function readings(page) {
  return page.evaluate(
    ([low, slope]) => {
      const STEP = 8; // Hz
      const count = Math.ceil((32 * slope) / STEP);
      const found = [];
      for (const { at, samples } of /** @type {any} */ (window).pieces) {
        const loud = new Float64Array(count);
        for (let k = 0; k < count; k++) {
          const w = (2 * Math.PI * (low + k * STEP)) / 48_000;
          const c = 2 * Math.cos(w);
          let a = 0;
          let b = 0;
          for (let i = 0; i < samples.length; i++) {
            const x = samples[i] * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / samples.length));
            [a, b] = [x + c * a - b, a];
          }
          loud[k] = Math.sqrt(Math.max(0, a * a + b * b - c * a * b)) / (samples.length / 4);
        }
        const best = loud.indexOf(Math.max(...loud));
        if (loud[best] < 0.03) continue;
        const [l, m, r] = [loud[best - 1] ?? 0, loud[best], loud[best + 1] ?? 0];
        const hz = low + (best + (r - l) / (2 * (2 * m - l - r) || 1)) * STEP;
        found.push({ wall: at + samples.length / 96_000, clip: (hz - low) / slope });
      }
      return found.sort((x, y) => x.wall - y.wall);
    },
    [LOW, SLOPE],
  );
}

/**
 * The runs in which the clip was heard without a jump. The clip begins again after 32 s: that is no jump.
 * @param {{wall: number, clip: number}[]} heard
 * @returns {(Span & {wall: number})[]} from and to may be beyond 32 s: they count on
 */
export function runs(heard) {
  /** @type {(Span & {wall: number, until: number})[]} */
  const list = [];
  for (const { wall, clip } of heard) {
    const last = list[list.length - 1];
    // The nearest moment to what is due after the last one.
    const due = last ? last.to + (wall - last.until) : clip;
    const at = clip + Math.round((due - clip) / 32) * 32;
    const passed = last ? wall - last.until : 0;
    if (last && passed < PAUSE && at - last.to > -0.06 && at - last.to < 1.8 * passed + 0.12) {
      last.to = Math.max(last.to, at);
      last.until = wall;
    } else list.push({ from: at, to: at, wall, until: wall });
  }
  return list.filter((r) => r.to - r.from > 0.15); // a single reading is noise
}

/**
 * What was heard more than once, and what not at all, between the first and the last moment.
 * @param {Span[]} spans
 * @returns {{twice: number, never: number}} s
 */
export function tally(spans) {
  const sorted = [...spans].sort((a, b) => a.from - b.from);
  let twice = 0;
  let never = 0;
  let end = sorted[0].from;
  for (const { from, to } of sorted) {
    if (from < end) twice += Math.min(to, end) - from;
    else never += from - end;
    end = Math.max(end, to);
  }
  return { twice, never };
}
