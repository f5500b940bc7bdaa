// Speakers without a server: tones, coded as voices are, decoded and mixed by the client in a real browser.

import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../web', import.meta.url));
const TYPES = /** @type {Record<string, string>} */ ({ '.js': 'text/javascript', '.html': 'text/html' });

/** The client's files; isolated: with the headers that give it shared memory. @param {boolean} isolated */
export async function files(isolated) {
  const server = createServer((request, response) => {
    const path = normalize(join(web, decodeURI(request.url ?? '/')));
    if (isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    }
    if (request.url === '/') return response.setHeader('content-type', 'text/html').end('<title>voices</title>');
    if (!path.startsWith(web) || !existsSync(path) || !statSync(path).isFile()) return response.writeHead(404).end();
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
    createReadStream(path).pipe(response);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { server, url: `http://127.0.0.1:${port}/` };
}

/**
 * Runs in the page: speakers with a tone each, 20 ms at a time, for some seconds.
 * @param {{count: number, seconds: number, size: number}} scene
 */
export async function speak({ count, seconds, size }) {
  const load = (/** @type {string} */ path) => import(`${location.origin}/${path}`);
  const { Sound } = await load('media/sound.js');
  const { AudioPlayer } = await load('media/audio-player.js');
  const { localNow } = await load('media/local.js');
  const { parseFrames, encodeConfig } = await load('lib/wire.js');
  const began = localNow();
  const clock = { known: true, at: (/** @type {number} */ local) => Math.round((local - began) * 1000) };
  const sound = new Sound('interactive');
  await sound.open();
  sound.follow(clock);
  const hz = (/** @type {number} */ i) => 300 + 110 * i;
  const encode = async (/** @type {number} */ tone) => {
    /** @type {Uint8Array[]} */
    const packets = [];
    const encoder = new AudioEncoder({
      output: (chunk) => {
        const bytes = new Uint8Array(chunk.byteLength);
        chunk.copyTo(bytes);
        packets.push(bytes);
      },
      error: (e) => console.error(e),
    });
    encoder.configure(
      /** @type {any} */ ({ codec: 'opus', sampleRate: 48_000, numberOfChannels: 1, opus: { frameDuration: 20_000 } }),
    );
    for (let n = 0; n < seconds * 50; n++) {
      const data = Float32Array.from(
        { length: 960 },
        (_, i) => size * Math.sin(((n * 960 + i) / 48_000) * 2 * Math.PI * tone),
      );
      const block = { format: 'f32-planar', sampleRate: 48_000, numberOfFrames: 960, numberOfChannels: 1 };
      const audio = new AudioData(/** @type {any} */ ({ ...block, timestamp: n * 20_000, data }));
      encoder.encode(audio);
      audio.close();
    }
    await encoder.flush();
    return packets;
  };
  const voices = [];
  for (let i = 0; i < count; i++) {
    const track = 4 + 4 * i;
    const player = new AudioPlayer(track, sound.voices, () => sound.latency);
    voices.push({ track, player, packets: await encode(hz(i)) });
  }
  const start = clock.at(localNow()) + 100_000;
  const head = { key: true, config: false, temporal: 0, rendition: 0, level: 20 };
  for (const { player, track } of voices) {
    const config = encodeConfig(
      { track, seq: 0, pts: start },
      { user: 'u', name: 'n', codec: 'opus', sampleRate: 48_000, channels: 1 },
    );
    const [frame] = parseFrames(config.buffer);
    player.frame(frame, localNow(), clock.at(localNow()));
  }
  /** @type {number[][]} */
  const looks = [];
  // What the page itself stood still, ms: nobody could have played that.
  let stalled = 0;
  let looked = 0;
  let last = clock.at(localNow());
  for (let n = 0; n < seconds * 50; ) {
    const now = clock.at(localNow());
    stalled += Math.max(0, (now - last) / 1000 - 30);
    last = now;
    for (; n < seconds * 50 && start + (n + 1) * 20_000 <= now; n++) {
      for (const { player, track, packets } of voices)
        player.frame({ ...head, track, seq: n + 1, pts: start + n * 20_000, payload: packets[n] }, localNow(), now);
    }
    if (n > 100 && now - looked > 100_000) {
      looked = now;
      looks.push([...sound.heard()]);
    }
    await new Promise((r) => setTimeout(r, 5));
  }
  for (let tries = 0; tries < 100; tries++) {
    if (voices.every(({ player }) => player.stats.decoded + player.stats.dropped === seconds * 50)) break;
    await new Promise((r) => setTimeout(r, 50));
  }
  const state = voices.map(({ track, player }) => ({
    ...sound.voices.voice(track),
    ...player.stats,
    delay: player.pace.current / 1000,
    late: player.pace.jitter.late,
  }));
  const latency = sound.latency / 1000;
  await sound.close();
  return { isolated: crossOriginIsolated, hz: voices.map((_, i) => hz(i)), looks, state, latency, stalled };
}

/** The share of one frequency, as an amplitude. @param {number[]} samples @param {number} hz */
export function share(samples, hz) {
  let re = 0;
  let im = 0;
  for (const [i, x] of samples.entries()) {
    const w = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / samples.length);
    re += x * w * Math.cos((2 * Math.PI * hz * i) / 48_000);
    im += x * w * Math.sin((2 * Math.PI * hz * i) / 48_000);
  }
  return (4 * Math.hypot(re, im)) / samples.length;
}

/** A hole in a look makes a tone quieter, nothing makes it louder. @param {number[]} list */
export const whole = (list) => Math.max(...list);

/**
 * How loud a tone is alone, and two tones are together.
 * @param {import('playwright-core').Page} page on the client's files
 * @returns {Promise<number[][]>}
 */
export async function together(page) {
  /** @type {number[][]} */
  const levels = [];
  for (const count of [1, 2]) {
    const { looks, hz } = await page.evaluate(speak, { count, seconds: 4, size: 0.5 });
    levels.push(hz.map((f) => whole(looks.map((look) => share(look, f)))));
  }
  return levels;
}
