// From the past to live and back: which samples are heard, with decoders that answer at once.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Mixer } from '../lib/mix.js';
import { VoiceDelay } from '../lib/playout.js';
import { Recent } from '../lib/recent.js';
import { Tempo } from '../lib/tempo.js';
import { Voices } from '../lib/voices.js';
import { AudioPlayer } from '../media/audio-player.js';
import { PastVoice } from '../media/past-voice.js';

const PACKET = 20_000; // µs
const COUNT = 960; // samples of it
const TRACK = 4;

/** Each sample says where it stands. @param {number} position */
const sample = (position) => ((position % 40_000) + 1) / 50_000;

/** Decodes at once, or when it is told to. */
class Decoder {
  static held = /** @type {(() => void)[] | undefined} */ (undefined);
  state = 'unconfigured';

  /** @param {{output: (data: any) => void}} how */
  constructor({ output }) {
    this.output = output;
  }

  configure() {
    this.state = 'configured';
  }

  /** @param {{timestamp: number}} chunk */
  decode({ timestamp }) {
    const say = () => {
      if (this.state === 'closed') return;
      this.output({
        timestamp,
        duration: PACKET,
        numberOfFrames: COUNT,
        copyTo: (/** @type {Float32Array} */ into) => {
          for (let i = 0; i < COUNT; i++) into[i] = sample(Math.round(timestamp * 0.048) + i);
        },
        close: () => undefined,
      });
    };
    if (Decoder.held) Decoder.held.push(say);
    else say();
  }

  close() {
    this.state = 'closed';
  }
}

beforeEach(() => {
  Object.assign(globalThis, {
    AudioDecoder: Decoder,
    EncodedAudioChunk: class {
      constructor(/** @type {any} */ o) {
        Object.assign(this, o);
      }
    },
  });
});

afterEach(() => {
  Decoder.held = undefined;
  for (const name of ['AudioDecoder', 'EncodedAudioChunk']) Reflect.deleteProperty(globalThis, name);
});

/** @param {number} n */
const packet = (n) =>
  /** @type {any} */ ({ track: TRACK, seq: n, pts: n * PACKET, level: 30, payload: new Uint8Array(1) });
const config = /** @type {any} */ ({
  track: TRACK,
  config: true,
  pts: 0,
  payload: new TextEncoder().encode(
    JSON.stringify({ codec: 'opus', sampleRate: 48_000, channels: 1, user: 'u', name: 'N' }),
  ),
});

/** A mixer, and what of a voice it plays. */
function ear() {
  const mixer = new Mixer();
  const voices = new Voices((m) => mixer.message(m));
  mixer.message({ anchor: { frame: 0, position: 0 } });
  let frame = 0;
  /** @type {number[]} */
  const heard = [];
  const to = (/** @type {number} */ end) => {
    for (; frame < end; frame += 128) {
      const out = new Float32Array(128);
      mixer.mix(frame, out);
      heard.push(...out);
    }
  };
  return { voices, heard, to };
}

/** Where in what was heard the samples of packets stand, one after another without a break. @param {number[]} heard @param {number} first @param {number} count */
function find(heard, first, count) {
  const near = (/** @type {number} */ at, /** @type {number} */ position) =>
    Math.abs(heard[at] - sample(position)) < 1e-6;
  const start = heard.findIndex((_, at) => near(at, first * COUNT + 500) && near(at + 1, first * COUNT + 501)) - 500;
  for (let i = 260; start >= -500 && i < count * COUNT - 260; i++)
    if (!near(start + i, first * COUNT + i)) return { start, broken: i };
  return { start, broken: -1 };
}

test('who comes back from the past hears each packet that he has not heard, from its first sample, when it is due', () => {
  const { voices, heard, to } = ear();
  const player = new AudioPlayer(TRACK, voices, () => 0);
  const now = performance.timeOrigin + performance.now();
  const live = 400_000; // µs of the call by now
  player.frame(config, now, live);
  // Packet 9 was the last of the past: it ends at 200 ms, and is heard until 260 ms from now.
  player.pace.hold(live + 260_000 - 200_000, now + 260);
  for (let n = 6; n < 20; n++) player.frame(packet(n), now, live, n > 9 ? 'kept' : 'heard');
  to((live + 700_000) * 0.048);
  const { start, broken } = find(heard, 10, 10);
  assert.equal(broken, -1, `it breaks off after ${broken} samples`);
  assert.ok(Math.abs(start - (live + 260_000) * 0.048) < 300, `heard at ${start / 48} ms of the call, not 660`);
  assert.ok(
    heard.slice(0, start - 300).every((x) => x === 0),
    'nothing of before is heard again',
  );
  assert.equal(player.pace.jitter.arrived, 0, 'how late it was says nothing of the way');
});

test('what was kept back and is decoded late is heard later, and whole', () => {
  const { voices, heard, to } = ear();
  const player = new AudioPlayer(TRACK, voices, () => 0);
  const now = performance.timeOrigin + performance.now();
  const live = 900_000;
  player.frame(config, now, live);
  player.pace.hold(100_000, now);
  for (let n = 10; n < 30; n++) player.frame(packet(n), now, live, 'kept');
  to(live * 0.048 - 4800); // nothing is due before
  to((live + 900_000) * 0.048);
  const { broken } = find(heard, 10, 19);
  assert.equal(broken, -1, `it breaks off after ${broken} samples`);
});

test('a delay that is held stays until its time, and falls from there', () => {
  const pace = new VoiceDelay();
  for (let n = 0; n < 100; n++) pace.jitter.arrive(n * PACKET, n * PACKET + 30_000);
  const needed = pace.delay(2000, 10_000);
  pace.hold(400_000, 2300);
  assert.equal(pace.delay(2100, 10_000), 400_000);
  assert.equal(pace.delay(2299, 10_000), 400_000);
  const soon = pace.delay(2400, 10_000);
  assert.ok(soon < 400_000 && soon > 350_000, `${soon} µs after 0.1 s`);
  for (let now = 2500; now < 20_000; now += 50) pace.delay(now, 10_000);
  assert.equal(pace.delay(20_000, 10_000), needed);
  pace.hold(needed / 2, 0);
  assert.equal(pace.delay(20_001, 10_000), needed, 'a lesser one changes nothing');
});

test('of what came lately each track keeps three seconds, in order', () => {
  const recent = new Recent();
  for (let n = 0; n < 1000; n++) for (const track of [4, 8]) recent.add({ ...packet(n), track });
  assert.deepEqual(
    recent.after(4, 995 * PACKET).map((p) => p.seq),
    [996, 997, 998, 999],
  );
  assert.ok(recent.after(8, 0).length <= 151);
  const seam = { track: 4, pts: 5, end: 6, at: 7 };
  const others = { pts: 1, end: 2, at: 3 };
  assert.deepEqual(recent.seams({ seams: [seam], others }), [seam, { ...others, track: 8 }]);
  recent.gone(8);
  assert.deepEqual(recent.after(8, 0), []);
  assert.deepEqual(recent.after(12, 0), []);
});

/** A voice of the past at a speed, from the call's beginning, heard from `output` on. @param {{rate?: number, output?: number, mixed?: number}} how samples */
function past({ rate = 1.5, output = 4800, mixed = 0 } = {}) {
  const { voices, heard, to } = ear();
  /** @type {number[]} µs */
  const late = [];
  const clock = { mixed };
  const sound = /** @type {any} */ ({ voices, setVolume: () => undefined });
  const voice = new PastVoice(TRACK, sound, { mixed: () => clock.mixed, late: (pts) => late.push(pts) });
  voice.begin({ rate, input: 0, output });
  voice.frame(config);
  return { voice, heard, to, late, clock };
}

/** How long something is heard, samples. @param {number[]} heard */
const length = (heard) => heard.findLastIndex((x) => Math.abs(x) > 0.001) - heard.findIndex((x) => Math.abs(x) > 0.001);

test('of the past all is heard up to a packet that was heard before, which is not, and from behind it on', () => {
  const { voice, heard, to } = past();
  for (let n = 0; n < 100; n++) voice.frame(packet(n), n >= 30 && n < 60);
  assert.deepEqual(voice.last, { pts: 99 * PACKET, end: 100 * PACKET });
  to(60_000);
  const gap = heard.slice(4800 + (30 * COUNT) / 1.5 + 4000, 4800 + (60 * COUNT) / 1.5 - 300);
  assert.ok(
    gap.every((x) => x === 0),
    'what was heard is heard again',
  );
  const first = length(heard.slice(0, 4800 + (45 * COUNT) / 1.5));
  const due = (30 * COUNT) / 1.5;
  assert.ok(first > due - 300 && first < due + 4000, `${first} samples are heard of ${due}, and at most a made-up end`);
});

test('a voice that pauses is heard to its end, though nothing follows it', () => {
  const tempo = new Tempo({ rate: 2, input: 0, output: 0 });
  const tone = Float32Array.from({ length: 48_000 }, (_, i) => 0.5 * Math.sin(i / 20));
  const pieces = [...tempo.push(0, tone), ...tempo.end()];
  const out = new Float32Array(30_000);
  for (const p of pieces) out.set(p.samples, p.position);
  const loud = (/** @type {number} */ from, /** @type {number} */ to) =>
    Math.sqrt(out.slice(from, to).reduce((s, x) => s + x * x, 0) / (to - from));
  for (let at = 0; at < 23_500; at += 250) assert.ok(loud(at, at + 250) > 0.28, `at ${at}: ${loud(at, at + 250)}`);
  assert.deepEqual(tempo.end(), [], 'once');
  const again = tempo.push(96_000, tone);
  assert.equal(again[0].position, 48_000, 'what comes then begins at its place');
});

test('sound that was decoded too late is told, with its moment, and not taken for heard', () => {
  Decoder.held = [];
  const { voice, late, clock } = past();
  for (let n = 0; n < 60; n++) voice.frame(packet(n));
  for (const say of Decoder.held.splice(0, 30)) say();
  assert.deepEqual(late, []);
  const last = voice.last;
  assert.deepEqual(last, { pts: 29 * PACKET, end: 30 * PACKET });
  clock.mixed = 4800 + (40 * COUNT) / 1.5;
  for (const say of Decoder.held.splice(0, 3)) say();
  assert.ok(late.length > 0 && late[0] > 26 * PACKET && late[0] <= 30 * PACKET, `late from ${late[0]} µs on`);
  assert.deepEqual(voice.last, last);
});

test('where decoders were too late again and again, what comes live is taken up at once all the same', async () => {
  globalThis.navigator ??= /** @type {any} */ ({}); // node 20 has none
  Object.assign(globalThis, { AudioContext: class {}, cancelAnimationFrame: () => undefined });
  try {
    const { Past } = await import('../app/past.js');
    const past = new Past('c');
    past.person(1).add('audio', config);
    for (let n = 0; n < 8; n++) {
      past.state.value = 'playing';
      past.ear.late(0);
    }
    past.sound.close = async () => undefined;
    const before = performance.timeOrigin + performance.now();
    const {
      seams: [{ at }],
    } = past.finish();
    const after = performance.timeOrigin + performance.now();
    assert.ok(at - after < 100 && at - before >= 60, `${at - before} ms from then on`);
  } finally {
    for (const name of ['AudioContext', 'cancelAnimationFrame']) Reflect.deleteProperty(globalThis, name);
  }
});

test('what is not decoded yet when the past ends is left to what comes live', () => {
  Decoder.held = [];
  const { voice, heard, to } = past();
  for (let n = 0; n < 60; n++) voice.frame(packet(n));
  for (const say of Decoder.held.splice(0, 30)) say();
  voice.finish();
  for (const say of Decoder.held) say();
  assert.deepEqual(voice.last, { pts: 29 * PACKET, end: 30 * PACKET });
  to(60_000);
  const due = (30 * COUNT) / 1.5;
  assert.ok(length(heard) > due - 300 && length(heard) < due + 4000, `${length(heard)} samples are heard of ${due}`);
});

test('what the end of the past has left of a packet is too late to be heard there, and is left to what comes live', () => {
  const { voice, late, clock } = past();
  for (let n = 0; n < 30; n++) voice.frame(packet(n));
  clock.mixed = 4800 + (40 * COUNT) / 1.5;
  voice.finish();
  assert.deepEqual(late, [], 'it plays no more');
  const from = /** @type {{pts: number}} */ (voice.last).pts;
  assert.ok(from > 26 * PACKET && from < 29 * PACKET, `live from ${from} µs on`);
});
