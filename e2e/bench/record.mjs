// Records when frames of a voice come through a bad line, for the tests of the pure modules (web/test/traces.mjs):
//
//	node e2e/bench/record.mjs 1500 --delay 25ms --loss 0.02 --seed 7 > testdata/traces/lossy.json
//
// A frame of 130 bytes goes every 20 ms through internal/netsim; what is noted of each is how many ms after its first sample it came,
// in a whole number of tenths. The flags after the number of frames are those of internal/netsim/cmd/netsim.

import { connect, createServer } from 'node:net';
import { Line } from './scene.mjs';

const FRAME = 20; // ms
const SIZE = 130; // bytes
const [count, ...how] = process.argv.slice(2);

/** @type {number[]} ms */
const sent = [];
/** @type {number[]} */
const late = [];
let bytes = 0;
let finish = (/** @type {unknown} */ _) => {};
const all = new Promise((done) => {
  finish = done;
});
const server = createServer((socket) => {
  socket.on('data', (data) => {
    bytes += data.length;
    while (late.length < Math.floor(bytes / SIZE))
      late.push(Math.round((performance.now() - sent[late.length] + FRAME) * 10));
    if (late.length === Number(count)) finish(undefined);
  });
});
await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
const line = await Line.open(`127.0.0.1:${port}`, how);
const socket = connect(Number(new URL(line.url).port), '127.0.0.1').setNoDelay();
const start = performance.now();
while (sent.length < Number(count)) {
  const due = start + sent.length * FRAME;
  await new Promise((r) => setTimeout(r, Math.max(0, due - performance.now())));
  sent.push(due);
  socket.write(Buffer.alloc(SIZE));
}
await all;
socket.destroy();
line.close();
server.close();
console.log(
  JSON.stringify({ recorded: `node e2e/bench/record.mjs ${count} ${how.join(' ')}`, frame: FRAME, tenths: late }),
);
