import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backlog } from '../lib/backlog.js';
import { PlayClock, untilLive } from '../lib/play-clock.js';
import { Playout } from '../lib/playout.js';
import { Tape } from '../lib/tape.js';
import { Tempo } from '../lib/tempo.js';
import { turns } from '../lib/turns.js';
import { VideoPlayer } from '../media/video-player.js';

/** A generator of numbers 0 to 1 that a seed makes repeatable. @param {number} seed */
const random = (seed) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);

test('the clock of playing: whatever is done to it, time shown is the sum of its stretches', () => {
  const next = random(SEED);
  const clock = new PlayClock();
  let local = 1000;
  let shown = 0;
  for (let step = 0; step < 500; step++) {
    const passed = next() * 1000;
    local += passed;
    if (clock.running) shown += passed * 1000 * clock.rate;
    assert.ok(
      Math.abs(clock.at(local) - shown) < 1,
      `seed ${SEED}, step ${step}: ${clock.at(local)} instead of ${shown}`,
    );
    const act = Math.floor(next() * 4);
    if (act === 0) clock.start(local);
    if (act === 1) clock.stop(local);
    if (act === 2) clock.setRate([0.5, 1, 1.5, 2, 4][Math.floor(next() * 5)], local);
    if (act === 3) {
      shown = next() * 1e9;
      clock.seek(shown, local);
    }
    const later = shown + next() * 1e6;
    if (clock.running) assert.ok(Math.abs(clock.at(clock.when(later)) - later) < 1);
  }
});

test('a start that lies ahead shows its moment until then', () => {
  const clock = new PlayClock();
  clock.seek(5_000_000, 0);
  clock.start(100);
  assert.equal(clock.at(50), 5_000_000);
  assert.equal(clock.at(150), 5_050_000);
});

test('catching up: at twice the speed, who is a minute behind is live in a minute', () => {
  assert.equal(untilLive(60e6, 2), 60e6);
  assert.equal(untilLive(60e6, 1.5), 120e6);
  assert.equal(untilLive(60e6, 1), Infinity);
  assert.equal(untilLive(0, 1), 0);
});

/** Puts a sound through a Tempo in blocks of 20 ms; returns what comes out, by position. */
function stretch({ rate, samples, start = 0, block = 960, hole = () => 0 }) {
  const tempo = new Tempo({ rate, input: 0, output: 0 });
  const out = new Float32Array(Math.ceil((start + samples.length + 48_000) / rate) + 10_000);
  let end = 0;
  let holes = 0;
  for (let at = 0; at < samples.length; at += block) {
    holes += hole(at);
    for (const p of tempo.push(start + at + holes, samples.subarray(at, at + block))) {
      for (let i = 0; i < p.samples.length; i++) if (p.position + i >= 0) out[p.position + i] = p.samples[i];
      end = Math.max(end, p.position + p.samples.length);
    }
  }
  return out.subarray(0, end);
}

const tone = (hz, seconds, gain = 0.5) =>
  Float32Array.from({ length: seconds * 48_000 }, (_, i) => gain * Math.sin((2 * Math.PI * hz * i) / 48_000));

/** The frequency of a tone, by its upward crossings of zero. */
function frequency(x) {
  const crossings = [];
  for (let i = 1; i < x.length; i++) if (x[i - 1] < 0 && x[i] >= 0) crossings.push(i - x[i] / (x[i] - x[i - 1]));
  return (48_000 * (crossings.length - 1)) / (crossings[crossings.length - 1] - crossings[0]);
}

test('at every speed a tone keeps its pitch, its loudness and its length in proportion', () => {
  for (const hz of [110, 220, 440, 997]) {
    for (const rate of [0.5, 0.75, 1.25, 1.5, 2, 3, 4]) {
      const out = stretch({ rate, samples: tone(hz, 4) });
      const inner = out.subarray(4800, out.length - 2400);
      const got = frequency(inner);
      assert.ok(Math.abs(got - hz) < Math.max(2, hz * 0.008), `${hz} Hz at ${rate}×: ${got}`);
      const rms = Math.sqrt(inner.reduce((s, v) => s + v * v, 0) / inner.length);
      assert.ok(Math.abs(rms - 0.354) < 0.02, `${hz} Hz at ${rate}×: loudness ${rms}`);
      assert.ok(
        Math.abs(out.length * rate - 4 * 48_000) < 4000 * Math.max(1, rate),
        `${hz} Hz at ${rate}×: ${out.length}`,
      );
    }
  }
});

test('what is heard stands where its time is, also behind a silence that was not sent', () => {
  for (const rate of [0.5, 1.5, 2]) {
    // A click in each second, with a second of nothing sent in the middle.
    const samples = new Float32Array(4 * 48_000);
    for (let s = 0; s < 4; s++) for (let i = 0; i < 480; i++) samples[s * 48_000 + 24_000 + i] = Math.sin(i / 3);
    const out = stretch({ rate, samples, hole: (at) => (at === 96_000 ? 48_000 : 0) });
    for (const second of [0.5, 1.5, 3.5, 4.5]) {
      const want = (second * 48_000) / rate;
      let loudest = 0;
      for (let i = 0; i < out.length; i++) {
        if (Math.abs(i - want) < 24_000 / rate && Math.abs(out[i]) > Math.abs(out[loudest])) loudest = i;
      }
      assert.ok(Math.abs(loudest - want) < 1900, `${rate}×: the click of ${second} s is at ${loudest}, not ${want}`);
    }
  }
});

test('at 1× samples pass unchanged, at their place', () => {
  const tempo = new Tempo({ rate: 1, input: 48_000, output: 1000 });
  const samples = tone(300, 0.02);
  assert.deepEqual(tempo.push(48_960, samples), [{ position: 1960, samples }]);
});

const frame = (pts, { key = false, rendition = 0, config = false, temporal = 0 } = {}) => ({
  key,
  config,
  rendition,
  pts,
  temporal,
  level: 0,
  track: 4,
  seq: 0,
  payload: new Uint8Array(config ? 2 : 100),
});
/** @param {Tape} tape */
function all(tape, upTo) {
  const list = [];
  for (let f = tape.take(upTo); f; f = tape.take(upTo)) list.push(f.config ? `config ${f.rendition}` : f.pts);
  return list;
}

test('a tape gives what is due, its config first, and nothing twice', () => {
  const tape = new Tape('video');
  tape.add(frame(0));
  tape.add(frame(0, { config: true }));
  for (let pts = 0; pts < 100; pts += 10) tape.add(frame(pts, { key: pts % 50 === 0 }));
  tape.add(frame(90));
  assert.deepEqual(all(tape, 30), ['config 0', 0, 10, 20, 30]);
  assert.deepEqual(all(tape, 60), [40, 50, 60]);
  assert.equal(tape.due, 70);
  tape.rewind(75);
  assert.deepEqual(all(tape, 80), ['config 0', 50, 60, 70, 80]);
});

test('a tape shows the rendition that comes, changing at key frames, to a lesser one too', () => {
  const tape = new Tape('video');
  for (const rendition of [0, 1]) tape.add(frame(0, { config: true, rendition }));
  const put = (pts, rendition, key) => tape.add(frame(pts, { rendition, key }));
  put(0, 0, true);
  put(10, 0, false);
  put(15, 1, true);
  put(20, 0, false);
  put(25, 1, false);
  assert.deepEqual(all(tape, 100), ['config 0', 0, 10, 'config 1', 15, 25]);
  put(640_000, 0, true); // the better one has not come for a while
  put(640_010, 0, false);
  assert.deepEqual(all(tape, 3e6), ['config 0', 640_000, 640_010]);
});

test('a tape keeps what a decoder needs to begin again, and not much more', () => {
  const tape = new Tape('video');
  tape.add(frame(0, { config: true }));
  for (let i = 0; i < 10_000; i++) {
    const pts = i * 33_000;
    tape.add(frame(pts, { key: i % 60 === 0 }));
    all(tape, pts);
    tape.trim(pts);
    assert.ok(tape.items.length < 150, `${tape.items.length} frames are kept`);
    assert.equal(tape.bytes, tape.items.length * 100);
  }
  const last = 9_999 * 33_000;
  tape.rewind(last);
  assert.equal(all(tape, last)[1], 9_960 * 33_000);
});

test('on the way to a moment only what its picture needs is decoded', () => {
  const tape = new Tape('video');
  tape.add(frame(0, { config: true }));
  for (let i = 0; i <= 14; i++) tape.add(frame(i * 10, { key: i === 0, temporal: [0, 2, 1, 2][i % 4] }));
  tape.hurry(105);
  assert.equal(tape.left(105), 5);
  assert.deepEqual(all(tape, 105), ['config 0', 0, 40, 80, 90, 100]);
  assert.equal(tape.left(105), 0);
  assert.deepEqual(all(tape, 125), [110, 120], 'what will be shown is decoded, each');
  tape.rewind(55);
  assert.deepEqual(all(tape, 55), ['config 0', 0, 10, 20, 30, 40, 50]);
});

test('a base layer of another rendition says nothing of what this one needs', () => {
  const tape = new Tape('video');
  for (const rendition of [0, 1]) tape.add(frame(0, { config: true, rendition }));
  tape.add(frame(0, { key: true, rendition: 1 }));
  tape.add(frame(10, { temporal: 1, rendition: 1 }));
  tape.add(frame(20, { rendition: 0 }));
  tape.hurry(30);
  assert.deepEqual(all(tape, 30), ['config 1', 0, 10]);
});

test('of many that are to be decoded those come first that are soonest done, and a few at once', () => {
  const left = new Map([
    ['a', 30],
    ['b', 0],
    ['c', 5],
    ['d', 12],
    ['e', 0],
  ]);
  const now = (/** @type {number} */ most) =>
    turns([...left.keys()], (x) => left.get(x) ?? 0, most)
      .sort()
      .join('');
  assert.equal(now(1), 'bce');
  assert.equal(now(2), 'bcde');
  assert.equal(now(9), 'abcde');
});

const vp8 = {
  ...frame(0, { config: true }),
  payload: new TextEncoder().encode('{"user":"u","name":"Ada","codec":"vp8"}'),
};

/** Decoders that give what was given to them when they are told to. @param {import('node:test').TestContext} t @returns {any[]} those that are made */
function decoders(t) {
  /** @type {any[]} */
  const made = [];
  class Decoder {
    /** @param {{output: (f: any) => void}} init */
    constructor({ output }) {
      this.output = output;
      this.state = 'unconfigured';
      /** @type {number[]} */
      this.queue = [];
      /** @type {number[]} pictures that were closed */
      this.released = [];
      made.push(this);
    }
    get decodeQueueSize() {
      return this.queue.length;
    }
    configure() {
      this.state = 'configured';
    }
    /** @param {{timestamp: number}} chunk */
    decode({ timestamp }) {
      if (this.state !== 'configured') throw new Error('it is not configured');
      this.queue.push(timestamp);
    }
    reset() {
      this.state = 'unconfigured';
      this.queue = [];
    }
    flush() {
      return new Promise(() => undefined); // it is told when to give
    }
    close() {
      this.state = 'closed';
    }
    give() {
      for (const timestamp of this.queue.splice(0))
        this.output({ timestamp, displayWidth: 2, displayHeight: 2, close: () => this.released.push(timestamp) });
    }
  }
  const scope = /** @type {any} */ (globalThis);
  Object.assign(scope, {
    VideoDecoder: Decoder,
    EncodedVideoChunk: class {
      constructor(/** @type {any} */ init) {
        Object.assign(this, init);
      }
    },
  });
  t.after(() => {
    delete scope.VideoDecoder;
    delete scope.EncodedVideoChunk;
  });
  return made;
}

test('after a change of place the decoder is the same one, and gives nothing of the place before', (t) => {
  const made = decoders(t);
  const player = new VideoPlayer(new Playout());
  let idle = 0;
  player.idle = () => idle++;
  const play = (/** @type {number[]} */ ...times) => {
    player.frame(/** @type {any} */ (vp8), 1e15);
    for (const pts of times) player.frame(/** @type {any} */ (frame(pts, { key: pts === times[0] })), 1e15);
  };
  play(1000, 1033);
  made[0].give();
  assert.equal(player.due.length, 2);
  assert.equal(idle, 1);
  play(2000);
  player.move();
  assert.equal(player.due.length, 0);
  play(500, 533);
  made[0].give();
  assert.deepEqual(
    player.due.map((f) => f.timestamp),
    [500, 533],
  );
  assert.equal(made.length, 1);
  assert.equal(player.inside, 0);
  player.close();
  assert.equal(made[0].state, 'closed');
});

test('a player that is closed keeps nothing of what comes after, and decodes nothing', (t) => {
  const made = decoders(t);
  const player = new VideoPlayer(new Playout());
  const give = (/** @type {any} */ f) => player.frame(f, 1e15);
  give(vp8);
  give(frame(1000, { key: true }));
  give({ ...vp8, payload: new TextEncoder().encode('{"user":"u","name":"Ada","codec":"vp09.00.10.08"}') });
  give(frame(1033, { key: true }));
  assert.equal(made.length, 2, 'another codec wants another decoder');
  player.close();
  made[0].give();
  assert.deepEqual(made[0].released, [1000], 'the first one lets go of what it gives last');
  assert.equal(player.due.length, 0);
  give(vp8);
  give(frame(2000, { key: true }));
  assert.equal(made.length, 2);
});

test('of the run that a joiner gets, one picture is decoded before it is seen, and none before a key frame that is due', (t) => {
  const made = decoders(t);
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const join = () => {
    const player = new VideoPlayer(new Playout(), new Backlog(1e9));
    const give = (/** @type {any} */ f) => player.frame(f, 500);
    give(vp8);
    for (let pts = 0; pts < 10; pts++) give(frame(pts, { key: pts === 0 }));
    const decoder = made[made.length - 1];
    assert.deepEqual(decoder.queue, [0]);
    return { player, decoder, give };
  };
  const seen = join();
  seen.decoder.give();
  seen.give(frame(10));
  assert.deepEqual(seen.decoder.queue, [], 'decoded, but not seen');
  assert.ok(seen.player.draw(500));
  seen.player.draw(500);
  assert.deepEqual(seen.decoder.queue, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);

  const patient = join();
  now += 101;
  patient.player.draw(500);
  assert.equal(patient.decoder.queue.length, 10, 'none is seen for a while');

  const switched = join();
  switched.give(frame(10, { key: true }));
  switched.give(frame(11));
  switched.decoder.give();
  assert.ok(switched.player.draw(500));
  switched.player.draw(500);
  assert.deepEqual(switched.decoder.queue, [10, 11]);
  assert.equal(switched.player.stats.dropped, 9);
});

test('a canvas that comes when time stands shows the picture there is, and a decoder gets its frames back', () => {
  const player = new VideoPlayer(new Playout());
  /** @type {string[]} */
  const log = [];
  const canvas = (/** @type {string} */ name) =>
    /** @type {any} */ ({
      getContext: () => ({ drawImage: (/** @type {any} */ f) => log.push(`${name} ${f.timestamp}`) }),
    });
  const picture = (/** @type {number} */ timestamp) =>
    /** @type {any} */ ({ timestamp, displayWidth: 2, displayHeight: 2, close: () => log.push(`close ${timestamp}`) });
  player.attach(canvas('early'));
  player.due.push(picture(1), picture(2), picture(9));
  assert.ok(player.draw(5));
  player.attach(canvas('late'));
  assert.deepEqual(log, ['close 1', 'early 2', 'late 2']);
  player.draw(10);
  assert.deepEqual(log.slice(3), ['close 2', 'early 9', 'late 9']);
  player.close();
  assert.deepEqual(log.slice(6), ['close 9']);
});
