import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limiter, Mixer } from '../lib/mix.js';
import { HEAD, RING_BYTES, Ring } from '../lib/ring.js';
import { Voices } from '../lib/voices.js';
import { pitch, play, roughest, tone, voice } from './player.mjs';
import { networks, random, stream } from './traces.mjs';

const loopback = (count) => networks.loopback(count, 1);

test('a tone comes out whole, after the least delay', () => {
  const { heard, head, delays } = play({ arrivals: loopback(500), sound: tone(440) });
  assert.equal(head[HEAD.UNDERRUNS], 0);
  assert.equal(head[HEAD.JUMPS], 0);
  assert.ok(roughest(heard) < 0.031, `a step of ${roughest(heard)}`);
  const delay = delays[delays.length - 1];
  assert.ok(delay > 52 && delay < 65, `${delay} ms, of them 30 of output and 20 of a frame`);
});

test('time is stretched both ways within 15 %, without a click, at the same pitch', () => {
  for (const to of [200, 60]) {
    const from = 260 - to;
    const { heard, head, delays } = play({
      arrivals: loopback(400),
      sound: tone(440),
      steer: (now, set) => set(now < 3000 ? from : to),
    });
    const at = (ms) => Math.round(ms * 48);
    assert.equal(head[HEAD.UNDERRUNS], 0);
    assert.equal(head[HEAD.JUMPS], 0);
    assert.ok(roughest(heard, at(500)) < 0.034, `a step of ${roughest(heard, at(500))}`);
    const moved = heard.slice(at(3050), at(3850));
    assert.ok(Math.abs(pitch(moved) - 440) < 5, `${pitch(moved)} Hz while stretched`);
    const delay = (ms) => delays[Math.round((ms * 48) / 128)];
    const tempo = Math.abs(delay(3600) - delay(3100)) / 500;
    assert.ok(tempo > 0.1 && tempo < 0.165, `${tempo} faster or slower`);
    assert.ok(Math.abs(delay(5500) - to) < 1.5, `${delay(5500)} ms instead of ${to}`);
  }
});

test('any change of the delay, of any voice: no click, no underrun', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const r = random(seed);
    const wishes = Array.from({ length: 20 }, () => 60 + r() * 200);
    const hz = 90 + r() * 500;
    const sound = seed % 2 ? tone(hz) : voice;
    const { heard, head } = play({
      arrivals: loopback(500),
      sound,
      steer: (now, set) => set(wishes[Math.floor(now / 500)]),
    });
    const source = Array.from({ length: 96_000 }, (_, i) => sound(i));
    const most = roughest(source);
    assert.ok(
      roughest(heard, 9600) < most * 1.5,
      `seed ${seed}: a step of ${roughest(heard, 9600)}, of ${most} before`,
    );
    assert.equal(head[HEAD.UNDERRUNS], 0, `seed ${seed}`);
  }
});

test('a lost frame is made up for: no click, hardly a dent', () => {
  for (const sound of [tone(300), voice]) {
    const lose = (n) => n > 50 && n % 25 === 0;
    const { heard, head } = play({ arrivals: loopback(500), sound, lose });
    const source = Array.from({ length: 96_000 }, (_, i) => sound(i));
    assert.ok(roughest(heard, 4800) < roughest(source) * 1.6, `a step of ${roughest(heard, 4800)}`);
    const gone = head[HEAD.CONCEALED] / 960;
    assert.ok(gone >= 17 && gone <= 40, `${gone} frames made up`);
    const power = (list) => list.reduce((sum, x) => sum + x * x, 0) / list.length;
    const whole = play({ arrivals: loopback(500), sound }).heard;
    assert.ok(power(heard.slice(96_000)) > 0.95 * power(whole.slice(96_000)));
  }
});

test('a speaker who breaks off is faded within a tenth of a second, and counted once', () => {
  const { heard, head } = play({ arrivals: loopback(300), sound: tone(440), lose: (n) => n >= 150 });
  assert.equal(head[HEAD.UNDERRUNS], 1);
  assert.ok(roughest(heard) < 0.035, `a step of ${roughest(heard)}`);
  const end = 3000 + 80 + 100;
  assert.ok(heard.slice(end * 48).every((x) => x === 0));
});

test('a pause is no underrun, and speech after it comes when it is due', () => {
  const sound = (at) => (at % 96_000 < 48_000 ? voice(at) : 0);
  const spare = (n) => n % 100 >= 55;
  const { head, heard, delays } = play({ arrivals: loopback(1000), sound, spare });
  assert.equal(head[HEAD.UNDERRUNS], 0);
  assert.equal(head[HEAD.CONCEALED], 0);
  const shift = Math.round((delays[6000] - 30) * 48);
  const from = 8 * 96_000 + 2400;
  const off = Array.from({ length: 4800 }, (_, i) => Math.abs(heard[from + i + shift] - voice(from + i)));
  assert.ok(Math.max(...off) < 0.05, `${Math.max(...off)} off`);
});

test('who is left out while others are louder fades, is missed by nobody, and comes again when it is due', () => {
  const source = Array.from({ length: 96_000 }, (_, i) => voice(i));
  for (let seed = 1; seed <= 20; seed++) {
    const r = random(seed);
    // Heard for 0.2 to 1 s, left out for 1 to 50 packets or 8 s, again and again.
    const out = new Set();
    for (let n = 20; n < 1500; n += 10 + Math.floor(r() * 40)) {
      const count = r() < 0.1 ? 400 : 1 + Math.floor(r() ** 2 * 50);
      for (let i = 0; i < count; i++) out.add(n++);
    }
    const { heard, head, pace } = play({
      arrivals: stream(1500, () => r() * 4),
      sound: voice,
      outdone: (n) => out.has(n),
      steer: (_, set) => set(80),
    });
    assert.equal(head[HEAD.UNDERRUNS], 0, `seed ${seed}`);
    assert.equal(head[HEAD.CONCEALED], 0, `seed ${seed}`);
    assert.equal(pace.jitter.late, 0, `seed ${seed}`);
    assert.ok(roughest(heard, 4800) < roughest(source) * 1.5, `seed ${seed}: a step of ${roughest(heard, 4800)}`);
    const delay = (80 - 30) * 48; // what is mixed now is heard 30 ms later
    let [silent, wrong] = [0, 0];
    for (let n = 21; n < 1490; n++) {
      const at = n * 960 + delay;
      const block = heard.slice(at, at + 960);
      if (out.has(n - 1) && out.has(n) && !block.every((x) => x === 0)) silent++;
      // After a pause a block of the mixer may go by, and the voice fades in.
      if (out.has(n)) continue;
      for (let i = out.has(n - 1) ? 480 : 0; i < 960; i++) if (Math.abs(block[i] - voice(n * 960 + i)) > 0.01) wrong++;
    }
    assert.equal(silent, 0, `seed ${seed}: heard while left out`);
    assert.equal(wrong, 0, `seed ${seed}: samples that are not as they were said`);
  }
});

test('what is lost beside a pause is missed', () => {
  const { head } = play({
    arrivals: loopback(300),
    sound: voice,
    outdone: (n) => n >= 100 && n < 150,
    lose: (n) => n === 60 || n === 200,
  });
  assert.equal(head[HEAD.UNDERRUNS], 2);
});

test('silence stays silence', () => {
  const r = random(5);
  const { heard, head } = play({
    arrivals: stream(400, () => r() * 60),
    sound: () => 0,
    lose: (n) => n % 7 === 0,
  });
  assert.ok(heard.every((x) => x === 0));
  assert.equal(head[HEAD.UNDERRUNS], 0);
});

test('silence is dropped at once, to catch up', () => {
  const { delays } = play({
    arrivals: loopback(200),
    sound: (at) => (at < 48_000 ? voice(at) : 0),
    steer: (now, set) => set(now < 2000 ? 250 : 70),
  });
  const delay = (ms) => delays[Math.round((ms * 48) / 128)];
  assert.ok(delay(2200) < 75, `${delay(2200)} ms`);
});

/** A mixer with tones, each in a ring of its own. */
function tones(list) {
  const mixer = new Mixer();
  mixer.message({ anchor: { frame: 0, position: 0 } });
  const rings = list.map((_, i) => {
    const memory = new ArrayBuffer(RING_BYTES);
    mixer.message({ add: { track: 4 + 4 * i, memory } });
    return new Ring(memory);
  });
  for (let at = 0; at < 96_000; at += 960) {
    for (const [i, ring] of rings.entries())
      ring.write(
        at,
        Float32Array.from({ length: 960 }, (_, k) => list[i](at + k)),
      );
  }
  return mixer;
}

/** @param {Mixer} mixer @param {number} blocks */
function run(mixer, blocks) {
  const heard = [];
  for (let b = 0; b < blocks; b++) {
    const out = new Float32Array(128);
    mixer.mix(b * 128, out);
    heard.push(...out);
  }
  return heard;
}

/** The share of one frequency, as an amplitude. */
function share(samples, hz) {
  let re = 0;
  let im = 0;
  samples.forEach((x, i) => {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / samples.length);
    re += x * window * Math.cos((2 * Math.PI * hz * i) / 48_000);
    im += x * window * Math.sin((2 * Math.PI * hz * i) / 48_000);
  });
  return (4 * Math.hypot(re, im)) / samples.length;
}

test('voices add up: two tones are as loud as each alone, within 1 dB', () => {
  const both = run(tones([tone(440), tone(880)]), 600).slice(24_000);
  for (const hz of [440, 880]) {
    const alone = run(tones([tone(hz)]), 600).slice(24_000);
    const db = 20 * Math.log10(share(both, hz) / share(alone, hz));
    assert.ok(Math.abs(db) < 1, `${hz} Hz: ${db} dB`);
  }
});

test('sixteen voices at once stay within ±1, undistorted and without a click', () => {
  const list = Array.from({ length: 16 }, (_, i) => tone(200 + 37 * i, 0.3));
  const heard = run(tones(list), 600);
  assert.ok(heard.every((x) => Math.abs(x) <= 1));
  const after = heard.slice(24_000);
  const levels = list.map((_, i) => share(after, 200 + 37 * i));
  assert.ok(Math.max(...levels) / Math.min(...levels) < 1.12, 'all are turned down alike');
  assert.ok(share(after, 2 * 200 + 18) < 0.01, 'nothing is there that nobody said');
});

test('the limiter leaves alone what is not loud', () => {
  const limiter = new Limiter();
  const block = Float32Array.from({ length: 128 }, (_, i) => 0.97 * Math.sin(i));
  const before = block.slice();
  limiter.process(block);
  assert.deepEqual(block, before);
});

test('wherever in a block the peak is, all is turned down as far as it needs and no further', () => {
  for (let peak = 0; peak < 128; peak++) {
    const limiter = new Limiter();
    const block = new Float32Array(128).fill(0.1);
    block[peak] = 1.2;
    limiter.process(block);
    assert.ok(block[peak] <= 0.98 + 1e-6, `sample ${peak} is ${block[peak]}`);
    assert.ok(limiter.gain >= 0.98 / 1.2 - 1e-6, `after a peak at ${peak} the gain is ${limiter.gain}`);
    assert.ok(
      Math.min(...block) >= 0.1 * (0.98 / 1.2) - 1e-6,
      `after a peak at ${peak} a sample is ${Math.min(...block)}`,
    );
  }
});

test('the volume of one is changed without a click; who is removed fades', () => {
  const mixer = tones([tone(440), tone(880)]);
  run(mixer, 100);
  mixer.message({ track: 8, volume: 0 });
  const heard = [];
  for (let b = 100; b < 300; b++) {
    if (b === 200) mixer.message({ remove: 4 });
    const out = new Float32Array(128);
    mixer.mix(b * 128, out);
    heard.push(...out);
  }
  assert.ok(roughest(heard) < 0.1, `a step of ${roughest(heard)}`);
  assert.ok(share(heard.slice(1280, 11_000), 880) < 0.001);
  assert.ok(heard.slice(-9600).every((x) => x === 0));
  assert.equal(mixer.leaving.size, 0);
});

test('samples by message are played as those in shared memory are', () => {
  const mixer = new Mixer();
  mixer.message({ anchor: { frame: 0, position: 0 } });
  mixer.message({ add: { track: 4, memory: undefined } });
  mixer.message({ track: 4, delay: 100 });
  mixer.message({ track: 4, position: 0, samples: Float32Array.from({ length: 9600 }, (_, i) => tone(440)(i)) });
  mixer.message({ track: 4, rest: true });
  const heard = run(mixer, 90);
  assert.ok(Math.abs(heard[5000] - tone(440)(4900)) < 1e-3);
  assert.equal(mixer.report()[0].head[HEAD.ACTUAL], 100);
  assert.equal(mixer.report()[0].head[HEAD.UNDERRUNS], 0, 'the end is no underrun');
});

test('a volume that is told before its voice is there counts', () => {
  const mixer = new Mixer();
  mixer.message({ anchor: { frame: 0, position: 0 } });
  mixer.message({ track: 4, volume: 0.5 });
  mixer.message({ add: { track: 4, memory: undefined } });
  mixer.message({ track: 4, position: 0, samples: Float32Array.from({ length: 9600 }, (_, i) => tone(440)(i)) });
  const heard = run(mixer, 60);
  assert.ok(Math.abs(heard[5000] - tone(440)(5000) / 2) < 1e-3);
});

test('voices: what one thread writes another looks at, in shared memory', () => {
  const isolated = globalThis.crossOriginIsolated;
  globalThis.crossOriginIsolated = true;
  try {
    const mixer = new Mixer();
    mixer.message({ anchor: { frame: 0, position: 0 } });
    const writer = new Voices((m) => mixer.message(m));
    const watcher = new Voices(() => assert.fail('it only looks'));
    watcher.know(4, writer.add(4));
    writer.setDelay(4, 10_000);
    writer.write(
      4,
      0,
      Float32Array.from({ length: 9600 }, (_, i) => tone(440)(i)),
    );
    const heard = run(mixer, 60);
    assert.ok(Math.abs(heard[5000] - tone(440)(4520)) < 1e-3);
    assert.equal(watcher.voice(4)?.delay, 10_000);
    watcher.forget(4);
    assert.equal(watcher.voice(4), undefined);
  } finally {
    globalThis.crossOriginIsolated = isolated;
  }
});
