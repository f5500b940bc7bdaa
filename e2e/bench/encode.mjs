// What it costs to encode a picture here, by its size, alone and beside busy loops: processor time a picture, and how long each takes.
//   node bench/encode.mjs [busy loops, 0]

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { person } from '../rig.mjs';
import { quantile } from './figures.mjs';

const SIZES = [
  [480, 360],
  [632, 474],
  [640, 480],
  [1280, 720],
];
const COUNT = 240; // pictures, 30 a second

const loops = Array.from({ length: Number(process.argv[2] ?? 0) }, () => spawn('sh', ['-c', 'while :; do :; done']));
const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<p>')).listen(0);
const { browser, page } = await person(undefined);
try {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await page.goto(`http://127.0.0.1:${port}/`);
  const system = await browser.newBrowserCDPSession();
  const spent = async () => {
    const { processInfo } = await system.send('SystemInfo.getProcessInfo');
    return processInfo.filter((p) => p.type === 'renderer').reduce((n, p) => n + p.cpuTime, 0);
  };
  for (const [width, height] of SIZES) {
    const before = await spent();
    const took = await page.evaluate(encode, { width, height, count: COUNT });
    const cost = ((await spent()) - before) * 1000;
    const ms = (/** @type {number} */ n) => `${n.toFixed(1)} ms`;
    console.log(
      `${width}×${height}: ${ms(cost / COUNT)} of processor a picture; p50 ${ms(quantile(took, 0.5))}, p95 ${ms(quantile(took, 0.95))}`,
    );
  }
} finally {
  await browser.close();
  server.close();
  for (const l of loops) l.kill();
}

/** Runs in the page: as rendition.js does it. @param {{width: number, height: number, count: number}} how @returns {Promise<number[]>} ms of each picture */
async function encode({ width, height, count }) {
  const canvas = new OffscreenCanvas(width, height);
  const paint = canvas.getContext('2d');
  for (let i = 0; i < 900; i++) {
    paint.fillStyle = `hsl(${(i * 37) % 360} 30% ${30 + ((i * 13) % 40)}%)`;
    paint.fillRect((i * 97) % width, (i * 61) % height, 9, 5);
  }
  const began = new Map();
  const took = [];
  const encoder = new VideoEncoder({
    output: (chunk) => took.push(performance.now() - began.get(chunk.timestamp)),
    error: (e) => {
      throw e;
    },
  });
  const bitrate = Math.round(22 * (width * height) ** 0.82);
  encoder.configure({
    codec: 'vp8',
    width,
    height,
    bitrate,
    framerate: 30,
    latencyMode: 'realtime',
    scalabilityMode: 'L1T3',
  });
  for (let n = 0; n < count; n++) {
    paint.fillStyle = `hsl(${n} 50% 50%)`;
    paint.beginPath();
    paint.arc(width / 2 + 60 * Math.sin(n / 15), height / 2, 90, 0, 7);
    paint.fill();
    const frame = new VideoFrame(canvas, { timestamp: n * 33_333 });
    began.set(frame.timestamp, performance.now());
    encoder.encode(frame, { keyFrame: n % 60 === 0 });
    frame.close();
    await new Promise((resolve) => setTimeout(resolve, 33));
  }
  await encoder.flush();
  encoder.close();
  return took;
}
