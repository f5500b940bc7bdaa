// Everything that a page plays, recorded and read: a tone that rises with time says which moment is heard, so that what is heard twice or never
// shows.

/** @typedef {import('playwright-core').Page} Page */
/**
 * What was heard without a break of one output: the first of a page's is that of the call, others are of its past.
 * @typedef {{from: number, to: number, past: boolean, wall: number, until: number}} Span from, to: s of the clip; they count on beyond its 32 s.
 *   wall, until: when
 */

const PAUSE = 0.25; // s in which nothing is heard end a span
const JUMP = 0.06; // s of the clip: so does a jump, in the past; live, time is stretched by such
const FASTEST = 2.1; // s of the clip that are heard in one
const SMEAR = 0.1; // s
const LEAST = 0.05; // amplitude

const LOW = 2400; // Hz at the beginning of the clip
const SLOPE = 300; // Hz a second
export const SWEEP = `sin(2*PI*(${LOW}*t+${SLOPE / 2}*t*t))`;

/**
 * From the next page on, all that goes to the loudspeaker is kept: by a track whose blocks wait, so that a page that is busy loses none.
 * @param {Page} page
 */
export async function record(page) {
  await page.addInitScript(() => {
    const LENGTH = 512;
    /** @type {{of: number, at: number, samples: Float32Array}[]} */
    const pieces = [];
    let outputs = 0;
    /** @param {MediaStreamTrack} track */
    const keep = async (track) => {
      const of = outputs++;
      const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 1000 }).readable.getReader();
      let shift = Infinity; // s from the stamp of a block to when it came at the earliest
      let piece = { of, at: 0, samples: new Float32Array(LENGTH) };
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
        piece = { of, at: stamp + shift + room / 48_000, samples: new Float32Array(LENGTH) };
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
 * What has been heard: which second of the clip, when, of which output.
 * @param {Page} page
 * @param {number} since s, by the page's performance.now()
 * @returns {Promise<{of: number, wall: number, clip: number}[]>} s, about every 10 ms
 */
export function readings(page, since) {
  return page.evaluate(
    ([low, slope, least, start]) => {
      const WINDOW = 1024;
      const HOP = 512;
      const LATER = 480; // samples between two looks at a tone, whose phases tell its pitch
      const STEP = 40; // Hz
      const hann = Float64Array.from({ length: WINDOW }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW));
      const turn = (/** @type {number} */ hz, /** @type {number} */ count) => (2 * Math.PI * hz * count) / 48_000;
      /** A tone, after Goertzel. @param {Float32Array} x @param {number} from @param {number} hz */
      const look = (x, from, hz) => {
        const c = 2 * Math.cos(turn(hz, 1));
        let a = 0;
        let b = 0;
        for (let i = 0; i < WINDOW; i++) [a, b] = [x[from + i] * hann[i] + c * a - b, a];
        return {
          loud: Math.sqrt(Math.max(0, a * a + b * b - c * a * b)) / (WINDOW / 4),
          phase: Math.atan2(b * Math.sin(turn(hz, 1)), a - b * Math.cos(turn(hz, 1))),
        };
      };
      const found = [];
      const pieces = /** @type {{of: number, at: number, samples: Float32Array}[]} */ (
        /** @type {any} */ (window).pieces
      ).filter((p) => p.at > start);
      for (const of of new Set(pieces.map((p) => p.of))) {
        const own = pieces.filter((p) => p.of === of);
        const x = new Float32Array(own.length * HOP);
        for (const [n, p] of own.entries()) x.set(p.samples, n * HOP);
        for (let n = 0; n * HOP + WINDOW + LATER <= x.length; n++) {
          let [best, loud] = [0, least];
          for (let hz = low; hz < low + 32 * slope; hz += STEP) {
            const { loud: l } = look(x, n * HOP, hz);
            if (l > loud) [best, loud] = [hz, l];
          }
          if (best === 0) continue;
          const ahead = look(x, n * HOP + LATER, best).phase - look(x, n * HOP, best).phase - turn(best, LATER);
          const off = ahead - 2 * Math.PI * Math.round(ahead / (2 * Math.PI));
          const hz = best + (off * 48_000) / (2 * Math.PI * LATER);
          found.push({ of, wall: own[n].at + (WINDOW + LATER) / 96_000, clip: (hz - low) / slope });
        }
      }
      return found;
    },
    [LOW, SLOPE, LEAST, since],
  );
}

/**
 * The spans in which the clip was heard.
 * @param {{of: number, wall: number, clip: number}[]} heard
 * @returns {Span[]} by the clip's time
 */
export function spans(heard) {
  /** @type {(Span & {last: number})[]} */
  const list = [];
  const of = [...new Set([...heard].sort((a, b) => a.wall - b.wall).map((r) => r.of))].map((n) =>
    heard.filter((r) => r.of === n),
  );
  /** @type {number | undefined} */
  let due; // of what is live, at wall 0
  for (const own of of) {
    const past = own[0].of > 0;
    /** @type {Span & {last: number} | undefined} */
    let span;
    const calm = own.map((r, i) => ({ ...r, clip: middle(own.slice(Math.max(0, i - 1), i + 2).map((o) => o.clip)) }));
    for (const { wall, clip } of calm) {
      const passed = span ? wall - span.until : Infinity;
      // The clip begins again after 32 s: the round is the one nearest to what is due, for the past the last one before.
      const want = span ? span.last + passed : due === undefined ? (list[list.length - 1]?.to ?? clip) : due + wall;
      const round = (want - clip) / 32;
      const at = clip + 32 * (past && !span && due !== undefined ? Math.floor(round) : Math.round(round));
      if (!past) due ??= at - wall;
      const step = span ? at - span.last : 0;
      if (span && passed < PAUSE && (!past || (step > -JUMP && step < FASTEST * passed + JUMP))) {
        span.to = Math.max(span.to, at);
        span.last = at;
        span.until = wall;
      } else {
        span = { from: at, to: at, last: at, wall, until: wall, past };
        list.push(span);
      }
    }
  }
  return list.filter((s) => s.to > s.from).sort((a, b) => a.from - b.from);
}

/** @param {number[]} list */
const middle = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/**
 * What was heard more than once, and what not at all, where the past begins, ends and is played.
 * @param {Span[]} list by the clip's time
 * @returns {{twice: number, never: number, seams: number}} s; seams: at which they were read
 */
export function tally(list) {
  let twice = 0;
  let never = 0;
  let seams = 0;
  let last = list[0];
  for (const span of list.slice(1)) {
    const again = Math.round(span.from / 32) * 32; // the clip begins again: a reading has some of its end and some of its beginning
    const smeared = [last.to, span.from].every((at) => Math.abs(at - again) < SMEAR);
    if ((span.past || last.past) && !smeared) {
      seams++;
      twice += Math.max(0, Math.min(span.to, last.to) - span.from);
      never += Math.max(0, span.from - last.to);
    }
    if (span.to > last.to) last = span;
  }
  return { twice, never, seams };
}
