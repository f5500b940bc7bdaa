import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PastLink } from '../lib/past-link.js';
import { encodeFrame } from '../lib/wire.js';

/** A link over sockets that the test plays the server of. */
function rig() {
  const log = [];
  const sockets = [];
  let now = 0;
  const link = new PastLink({
    connect: () => {
      const socket = { sent: [], send: (m) => socket.sent.push(JSON.parse(m)), close: () => undefined };
      sockets.push(socket);
      return /** @type {any} */ (socket);
    },
    now: () => now,
    place: () => ({ at: 5e6, until: 9e6 }),
    open: () => log.push('open'),
    begin: () => log.push('begin'),
    frames: (kind, frames) => log.push(`${kind} ${frames.map((f) => f.pts)}`),
    moved: () => undefined,
    closed: (code) => log.push(`closed ${code}`),
    lost: () => log.push('lost'),
  });
  link.start();
  const text = (m, i = sockets.length - 1) => sockets[i].onmessage({ data: JSON.stringify(m) });
  const binary = (kind, pts) => {
    const frame = encodeFrame({
      key: true,
      config: false,
      temporal: 0,
      rendition: 0,
      level: 0,
      track: 4,
      seq: 1,
      pts,
      payload: new Uint8Array(1),
    });
    const data = new Uint8Array(frame.length + 1);
    data[0] = kind;
    data.set(frame, 1);
    sockets[sockets.length - 1].onmessage({ data: data.buffer });
  };
  return { link, log, sockets, text, binary, pass: (ms) => (now += ms) };
}

const hello = { hello: { call: 'c', start: '2026-01-01T00:00:00Z', end: 60e6, live: true } };

test('it seeks to its place as soon as it is open, and takes nothing for that place before the answer', () => {
  const { link, log, sockets, text, binary } = rig();
  text(hello);
  assert.deepEqual(sockets[0].sent, [{ seek: { id: 1, at: 5e6, until: 9e6 } }]);
  assert.notEqual(link.current, link.id);
  text({ at: { id: 1, at: 5e6 } });
  binary(0, 5e6);
  binary(1, 5.1e6);
  assert.deepEqual(log, ['open', 'begin', 'audio 5000000', 'video 5100000']);
});

test('what is still on its way from a place that was left is not taken', () => {
  const { link, log, text, binary } = rig();
  text(hello);
  text({ at: { id: 1, at: 5e6 } });
  link.seek(20e6, 24e6);
  binary(0, 6e6);
  text({ sent: 9e6 });
  assert.equal(link.sent, 20e6 - 1);
  text({ at: { id: 2, at: 20e6 } });
  binary(0, 20e6);
  text({ sent: 21e6 });
  assert.deepEqual(log, ['open', 'begin', 'begin', 'audio 20000000']);
  assert.equal(link.sent, 21e6);
});

test('more is asked for in steps of half a second', () => {
  const { link, sockets, text } = rig();
  text(hello);
  for (let until = 9e6; until < 11e6; until += 1e5) link.want(until);
  assert.deepEqual(sockets[0].sent.slice(1), [{ until: 9.5e6 }, { until: 10e6 }, { until: 10.5e6 }]);
});

test('the edge of a running call goes on by itself, that of one that is over stands', () => {
  const { link, text, pass } = rig();
  text(hello);
  pass(700);
  assert.equal(link.edge(700), 60.7e6);
  text({ end: 61e6, live: false });
  assert.equal(link.edge(5000), 61e6);
});

test('a connection that is lost is made again, and plays on where it was; one that is refused is not', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { log, sockets, text } = rig();
  text(hello);
  sockets[0].onclose({ code: 1006, reason: '' });
  t.mock.timers.tick(300);
  assert.equal(sockets.length, 2);
  text(hello);
  assert.deepEqual(sockets[1].sent, [{ seek: { id: 2, at: 5e6, until: 9e6 } }]);
  sockets[1].onclose({ code: 1008, reason: 'no' });
  t.mock.timers.tick(10_000);
  assert.equal(sockets.length, 2);
  assert.deepEqual(log, ['open', 'lost', 'open', 'closed 1008']);
});
