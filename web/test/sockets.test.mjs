import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mock, test } from 'node:test';
import { CallClock } from '../lib/clock.js';
import { MediaLink } from '../lib/media-link.js';
import { Missing } from '../lib/missing.js';
import { EventSocket } from '../lib/socket.js';
import { encodeFrame } from '../lib/wire.js';

/** The far end of a WebSocket, in memory. */
class Wire {
  constructor(url) {
    this.url = url;
    this.sent = [];
    this.bufferedAmount = 0;
    this.readyState = 1;
  }
  send(data) {
    this.sent.push(typeof data === 'string' ? JSON.parse(data) : data);
  }
  close() {
    this.closed = true;
  }
  say(message) {
    this.onmessage({ data: message instanceof ArrayBuffer ? message : JSON.stringify(message) });
  }
  drop(code = 1006, reason = '') {
    this.onclose({ code, reason });
  }
}

function rig(t) {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const wires = [];
  const log = [];
  const socket = new EventSocket({
    connect: (cursor) => {
      const w = new Wire(cursor);
      wires.push(w);
      return w;
    },
    alive: async () => rig.alive,
    event: (e) => log.push(e.type),
    presence: (user, online) => log.push(`${user}:${online}`),
    full: (reason) => log.push(`full:${reason}`),
    hello: () => {},
    reset: () => log.push('reset'),
    state: (s, reason) => log.push(reason ? `${s}:${reason}` : s),
  });
  rig.alive = true;
  return { socket, wires, log };
}

const hello = (cursor, resumed) => ({ hello: { cursor, resumed, presence: [] } });
const commands = (w) => w.sent.filter((m) => m.id);

test('a command is answered by the event that names it as its cause', async (t) => {
  const { socket, wires, log } = rig(t);
  socket.start('c1');
  assert.equal(wires[0].url, 'c1');
  wires[0].say(hello('c1', true));
  const answer = socket.send('messaging.post', { text: 'hello' });
  const [{ id, type }] = commands(wires[0]);
  assert.equal(type, 'messaging.post');
  wires[0].say({ cursor: 'c2', event: { id: 'x', type: 'messaging.posted', cause: 'another', body: {} } });
  wires[0].say({ cursor: 'c3', event: { id: 'e', type: 'messaging.posted', cause: id, body: { number: 1 } } });
  assert.equal((await answer).id, 'e');
  assert.equal(socket.cursor, 'c3');
  assert.deepEqual(log, ['connecting', 'open', 'messaging.posted', 'messaging.posted']);
});

test('why calls are not kept is heard, and that they are again', (t) => {
  const { socket, wires, log } = rig(t);
  socket.start('c1');
  wires[0].say(hello('c1', true));
  wires[0].say({ full: 'quota' });
  wires[0].say({ full: '' });
  assert.deepEqual(log, ['connecting', 'open', 'full:quota', 'full:']);
});

test('what was not answered is sent again under its ID, from the last cursor on', async (t) => {
  const { socket, wires, log } = rig(t);
  socket.start('c1');
  wires[0].say(hello('c1', true));
  const first = socket.send('a.b', {});
  void socket.send('c.d', {}).catch(() => {});
  const ids = commands(wires[0]).map((m) => m.id);
  wires[0].say({ cursor: 'c2', event: { type: 'a.done', cause: ids[0], body: {} } });
  await first;
  wires[0].drop();
  const third = socket.send('e.f', {});
  mock.timers.tick(250);
  await new Promise(setImmediate);
  assert.equal(wires[1].url, 'c2');
  wires[1].say(hello('c2', true));
  assert.deepEqual(
    commands(wires[1]).map((m) => m.type),
    ['c.d', 'e.f'],
  );
  assert.equal(commands(wires[1])[0].id, ids[1]);
  wires[1].say({ cursor: 'c3', event: { type: 'e.done', cause: commands(wires[1])[1].id, body: {} } });
  await third;
  assert.ok(!log.includes('reset'));
});

test('a gap is told before anything else', async (t) => {
  const { socket, wires, log } = rig(t);
  socket.start('c1');
  wires[0].say(hello('c9', false));
  wires[0].say({ cursor: 'c10', event: { type: 'x.y', body: {} } });
  assert.deepEqual(log, ['connecting', 'open', 'reset', 'x.y']);
});

test('refusals reject, by event and at the door', async (t) => {
  const { socket, wires } = rig(t);
  socket.start('');
  wires[0].say(hello('c1', false));
  const one = socket.send('a.b', {});
  const two = socket.send('a.b', {});
  const [a, b] = commands(wires[0]);
  wires[0].say({ cursor: 'c', event: { type: 'a.refused', cause: a.id, body: { code: 'denied', text: 'No.' } } });
  wires[0].say({ refused: { id: b.id, code: 'too_many', text: 'Slowly.' } });
  await assert.rejects(one, { code: 'denied', message: 'No.' });
  await assert.rejects(two, { code: 'too_many', message: 'Slowly.' });
});

test('tries go on, ever more slowly, as long as the session stands', async (t) => {
  const { socket, wires, log } = rig(t);
  socket.start('c');
  for (let i = 1; i <= 6; i++) {
    wires[i - 1].drop();
    mock.timers.tick(8000);
    await new Promise(setImmediate);
    assert.equal(wires.length, i + 1);
  }
  rig.alive = false;
  wires[6].drop();
  mock.timers.tick(8000);
  await new Promise(setImmediate);
  assert.equal(wires.length, 7);
  assert.equal(log.at(-1), 'ended:expired');
});

test('a closed session ends it and fails what is pending', async (t) => {
  const { socket, wires, log } = rig(t);
  socket.start('c');
  wires[0].say(hello('c', true));
  const pending = socket.send('a.b', {});
  wires[0].drop(1008, 'disabled');
  await assert.rejects(pending);
  assert.equal(log.at(-1), 'ended:disabled');
  await assert.rejects(socket.send('a.b', {}));
});

test('a silent connection is given up', async (t) => {
  const { socket, wires, log } = rig(t);
  socket.start('c');
  wires[0].say(hello('c', true));
  mock.timers.tick(10_000);
  assert.equal(log.at(-1), 'waiting:silent');
  assert.equal(wires[0].closed, true);
});

function link(t) {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const wires = [];
  const log = [];
  const clock = new CallClock();
  const time = { now: 1000 };
  const l = new MediaLink(clock, {
    connect: (attempt) => {
      wires.push(new Wire(attempt));
      return wires.at(-1);
    },
    now: () => time.now,
    open: (h) => log.push(`open ${h.track}`),
    frame: (f) => log.push(`frame ${f.seq}`),
    gone: (track) => log.push(`gone ${track}`),
    refused: (text) => log.push(text),
    state: (s) => log.push(s),
    closed: (code) => log.push(`closed ${code}`),
  });
  return { l, wires, log, clock, time };
}

const mediaHello = { hello: { call: 'c', kind: 'audio', seat: 2, track: 8, now: 5_000_000 } };

test('a media link learns the clock and hands frames on', (t) => {
  const { l, wires, log, clock, time } = link(t);
  l.start();
  assert.equal(l.send(new Uint8Array(1)), false);
  wires[0].say(mediaHello);
  assert.equal(clock.at(1000), 5_000_000);
  time.now = 1010;
  wires[0].say({ pong: { t: 1000, now: 5_015_000 } });
  assert.equal(clock.at(1005), 5_015_000);
  const head = { key: true, config: false, temporal: 0, rendition: 0, level: 0, track: 4, pts: 0 };
  const two = [1, 2].map((seq) => encodeFrame({ ...head, seq, payload: Uint8Array.of(seq) }));
  wires[0].say(new Uint8Array([...two[0], ...two[1]]).buffer);
  wires[0].say(new ArrayBuffer(7));
  wires[0].say({ gone: { track: 4 } });
  assert.equal(l.malformed, 1);
  l.sendStop(8);
  assert.deepEqual(wires[0].sent.at(-1), { stop: { track: 8 } });
  assert.deepEqual(log, ['connecting', 'open', 'open 8', 'frame 1', 'frame 2', 'gone 4']);
});

// The server's tests read the same vectors (internal/media/loudest_test.go): what it sends for those levels.
for (const { name, messages, holes, lost } of JSON.parse(
  readFileSync(new URL('../../testdata/pauses.json', import.meta.url), 'utf8'),
))
  test(`what is lost of a voice, and what is left out: ${name}`, () => {
    const voices = new Map([4, 8].map((track) => [track, new Missing()]));
    const found = [];
    const l = new MediaLink(new CallClock(), {
      connect: () => new Wire(''),
      now: () => 1000,
      open: () => undefined,
      frame: ({ track, seq }) => voices.get(track).packet(seq) && found.push(`${track}:${seq}`),
      pause: (track, seq) => voices.get(track).pause(seq),
      gone: () => undefined,
      refused: () => undefined,
      state: () => undefined,
      closed: () => undefined,
    });
    l.start();
    l.socket.say(mediaHello);
    const head = { key: true, config: false, temporal: 0, rendition: 0, level: 0, pts: 0, payload: Uint8Array.of(1) };
    for (const m of messages) {
      const [track, seq] = typeof m === 'string' ? m.split(':').map(Number) : [];
      l.socket.say(track ? encodeFrame({ ...head, track, seq }).buffer : m);
    }
    l.stop();
    assert.deepEqual(found, holes);
    const sum = [...voices.values()].reduce((n, v) => n + v.lost, 0);
    assert.equal(sum, lost);
  });

test('a media link comes back by itself, but not where it is not wanted', (t) => {
  const { l, wires, log } = link(t);
  l.start();
  wires[0].say(mediaHello);
  wires[0].drop(1006);
  mock.timers.tick(250);
  wires[1].say(mediaHello);
  assert.deepEqual(log, ['connecting', 'open', 'open 8', 'waiting', 'connecting', 'open', 'open 8']);
  wires[1].drop(4000);
  mock.timers.tick(60_000);
  assert.equal(wires.length, 2);
  assert.deepEqual(log.slice(-2), ['closed', 'closed 4000']);
});

test('each attempt of a media link is numbered, under a name of the link’s own', (t) => {
  const { l, wires } = link(t);
  l.start();
  mock.timers.tick(1500); // nobody answers
  assert.equal(wires[0].closed, true);
  mock.timers.tick(250);
  const [first, second] = wires.map((w) => /^(\w{26})\.(\d+)$/.exec(w.url));
  assert.equal(first[1], second[1]);
  assert.deepEqual([first[2], second[2]], ['1', '2']);
  assert.notEqual(new MediaLink(new CallClock(), {}).id, first[1]);
});
