// A recording as a program reads it that is none of ours: mediabunny, without a browser.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { after, before, test } from 'node:test';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { binary, Daemon, out } from './rig.mjs';

const walk = new URL('../testdata/media/walk.webm', import.meta.url).pathname;

/** @type {Daemon} */
let daemon;
let call = '';

/** @param {string[]} args */
const scaipd = (...args) => execFileSync(daemon.path, [...args, '--data-dir', daemon.dir], { encoding: 'utf8' }).trim();

before(async () => {
  daemon = new Daemon(binary());
  await daemon.start();
  execFileSync(daemon.path, ['user', 'add', 'ada', '--name', 'Ada', '--password-stdin', '--data-dir', daemon.dir], {
    input: 'engine-no-1\n',
  });
  scaipd('group', 'add', 'Team', '--owner', 'ada');
  call = scaipd('call', 'start', 'Team');
  scaipd('bot', '--call', call, '--as', 'ada', '--media', walk, '--loop', '--for', '5s');
});

after(async () => {
  await daemon?.remove();
});

for (const [name, flags] of /** @type {[string, string[]][]} */ ([
  ['foreign.mkv', []],
  ['foreign.webm', ['--format', 'webm']],
])) {
  test(`mediabunny reads ${name}: its tracks, and every packet in order`, async () => {
    const file = path(out, name);
    scaipd('replay', call, '-o', file, ...flags);
    const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(readFileSync(file)) });
    assert.equal((await input.getFormat()).name, name.endsWith('webm') ? 'WebM' : 'Matroska');
    const video = await input.getPrimaryVideoTrack();
    const audio = await input.getPrimaryAudioTrack();
    assert.ok(video && audio);
    assert.deepEqual([video.codec, video.codedWidth, video.codedHeight, video.name], ['vp8', 640, 480, 'Ada (camera)']);
    assert.deepEqual([audio.codec, audio.sampleRate, audio.numberOfChannels], ['opus', 48000, 1]);
    for (const [track, least] of /** @type {const} */ ([
      [video, 100],
      [audio, 150],
    ])) {
      let n = 0;
      let last = -1;
      for await (const packet of new EncodedPacketSink(track).packets()) {
        assert.ok(packet.timestamp > last && packet.byteLength > 0, `packet ${n} at ${packet.timestamp} after ${last}`);
        last = packet.timestamp;
        n += 1;
      }
      assert.ok(n > least, `${n} packets`);
    }
    // Any moment is found by the cues.
    const key = await new EncodedPacketSink(video).getKeyPacket(3);
    assert.ok(
      key && key.type === 'key' && key.timestamp <= 3 && key.timestamp > 0.9,
      `the key frame for 3 s is at ${key?.timestamp}`,
    );
    assert.ok((await input.computeDuration()) > 4);
  });
}
