// Cameras and microphones, and why they can't be had.

/** @typedef {'denied' | 'missing' | 'busy' | 'insecure' | 'unsupported' | 'failed'} Trouble */

/**
 * Why a device could not be opened; each has its words and its fix.
 * @param {unknown} error
 * @returns {Trouble}
 */
export function trouble(error) {
  if (!globalThis.isSecureContext) return 'insecure';
  if (!navigator.mediaDevices?.getUserMedia) return 'unsupported';
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    default:
      return 'failed';
  }
}

/**
 * @param {string} device id, or empty for the default
 * @returns {Promise<MediaStreamTrack>}
 */
export async function openCamera(device) {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: {
      width: { ideal: 640 },
      height: { ideal: 480 },
      frameRate: { ideal: 30, max: 30 },
      ...(device ? { deviceId: { ideal: device } } : { facingMode: 'user' }),
    },
  });
  return stream.getVideoTracks()[0];
}

/**
 * @param {string} device id, or empty for the default
 * @param {boolean} processing take out echo and noise, level the voice; without, the sound is as it is
 * @returns {Promise<MediaStreamTrack>}
 */
export async function openMicrophone(device, processing) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: {
      echoCancellation: processing,
      noiseSuppression: processing,
      autoGainControl: processing,
      channelCount: { ideal: 1 },
      ...(device ? { deviceId: { ideal: device } } : {}),
    },
  });
  return stream.getAudioTracks()[0];
}

/**
 * @returns {Promise<{cameras: MediaDeviceInfo[], microphones: MediaDeviceInfo[], speakers: MediaDeviceInfo[]}>}
 */
export async function devices() {
  const all = (await navigator.mediaDevices?.enumerateDevices?.().catch(() => [])) ?? [];
  const of = (/** @type {MediaDeviceKind} */ kind) => all.filter((d) => d.kind === kind && d.deviceId !== '');
  return { cameras: of('videoinput'), microphones: of('audioinput'), speakers: of('audiooutput') };
}
