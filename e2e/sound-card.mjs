// A sound card for browsers that need one: PulseAudio, with a loudspeaker that nobody hears and a microphone that hears just that.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { until } from './rig.mjs';

/** @param {string[]} names @returns {string | undefined} the first that is a program here */
export function program(...names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

const MODULES = [
  'module-null-sink sink_name=speaker rate=48000',
  'module-remap-source source_name=microphone master=speaker.monitor',
];

/** @returns {Promise<{env: NodeJS.ProcessEnv, close: () => void}>} env: for the browser that is to have it */
export async function soundCard() {
  const path = program('pulseaudio');
  if (!path) throw new Error('PulseAudio is not installed: scripts/tools.sh');
  const dir = mkdtempSync(join(tmpdir(), 'scaip-sound-'));
  const socket = join(dir, 'native');
  const modules = [`module-native-protocol-unix socket=${socket} auth-anonymous=1`, ...MODULES];
  const card = spawn(
    path,
    ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', ...modules.flatMap((m) => ['-L', m])],
    { stdio: 'ignore', env: { ...process.env, XDG_RUNTIME_DIR: dir, PULSE_RUNTIME_PATH: dir } },
  );
  await until('PulseAudio listens', async () => existsSync(socket), Boolean);
  const close = () => {
    card.kill();
    rmSync(dir, { recursive: true, force: true });
  };
  return { env: { ...process.env, PULSE_SERVER: `unix:${socket}` }, close };
}
