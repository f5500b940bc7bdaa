// The client's sound in a real browser, without a server: sixteen people who speak at once, decoded, mixed and heard, with
// shared memory and without.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorsOf, person } from './rig.mjs';
import { files, share, speak, together, whole } from './speak.mjs';

/** @type {Awaited<ReturnType<typeof person>>} */
let one;
/** @type {{server: import('node:http').Server, url: string}[]} */
const sites = [];

before(async () => {
  one = await person(undefined);
});

after(async () => {
  await one?.browser.close();
  for (const { server } of sites) server.close();
});

for (const isolated of [true, false]) {
  const how = isolated ? 'shared memory' : 'messages';

  test(`sixteen voices at once, by ${how}: all are heard, none runs dry`, async () => {
    const site = await files(isolated);
    sites.push(site);
    await one.page.goto(site.url);
    const r = await one.page.evaluate(speak, { count: 16, seconds: 6, size: 0.05 });
    assert.equal(r.isolated, isolated);
    const dry = r.state.reduce((sum, s) => sum + s.concealed / 1000, 0) / r.state.length;
    const delay = r.state[0].delay;
    console.log(
      `# ${how}: delay ${delay.toFixed(0)} ms, of them ${r.latency.toFixed(0)} of output; ${dry.toFixed(1)} ms made up, ${r.stalled.toFixed(0)} ms stood still`,
    );
    assert.ok(r.state.every((s) => s.decoded + s.dropped === 300 && s.lost === 0 && s.errors === 0));
    assert.ok(dry <= 40 + r.stalled, `${dry} ms of six seconds made up, ${r.stalled} ms stood still`);
    for (const hz of r.hz) {
      const db = 20 * Math.log10(whole(r.looks.map((look) => share(look, hz))) / 0.05);
      assert.ok(Math.abs(db) < 4, `${hz} Hz is ${db.toFixed(1)} dB off`);
    }
  });
}

test('two voices are as loud together as each alone, within 1 dB', async () => {
  const levels = await together(one.page);
  for (const level of levels[1]) {
    const db = 20 * Math.log10(level / levels[0][0]);
    assert.ok(Math.abs(db) < 1, `${db.toFixed(2)} dB`);
  }
});

test('no page has reported an error', async () => assert.deepEqual(await errorsOf(one), []));
