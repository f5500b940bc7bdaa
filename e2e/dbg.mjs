import { binary, capture, Daemon, pause, person } from './rig.mjs';
import { heard } from './senses.mjs';
import { join, makeGroup, register, setUp } from './steps.mjs';
const d = new Daemon(binary()); await d.start();
const [ada, bob] = await Promise.all([person(capture('walk', 440)), person(capture('box', 880))]);
try {
await setUp(ada.page, d.setup); await register(bob.page, d.url, { name: 'Bob Noyce', login: 'bob' });
await makeGroup(ada.page, 'AE', 'Bob Noyce');
await ada.page.getByRole('button', { name: 'Call', exact: true }).click();
await join(ada.page, { original: true });
await bob.page.getByRole('link', { name: /AE/ }).click();
await bob.page.getByRole('link', { name: 'Join' }).click();
await join(bob.page, { original: true });
for (let i = 0; i < 4; i++) {
  await pause(1500);
  for (const p of [ada, bob]) {
    const s = await p.page.evaluate(() => window.scaip.stats());
    console.log(p === ada ? 'A' : 'B', 'rtt', s.clock.rtt.toFixed(2), 'lat', s.latency.toFixed(1), 'sent', s.sent.audio.frames, s.sent.video.frames, 'skip', s.sent.audio.skipped, s.sent.video.skipped, s.sent.audio.refused, s.sent.video.refused, JSON.stringify(s.people.filter(x=>x.name)), await heard(p.page, [440, 880]));
  }
}
} catch (e) { console.log(e); }
console.log(ada.errors, bob.errors);
await ada.browser.close(); await bob.browser.close(); await d.remove();
