// Sharing one's screen: a video track of its own in slot 1, and the sound of the tab in slot 1 of audio.

import { Microphone } from '../media/microphone.js';
import { VideoSender } from '../media/video-sender.js';
import { signal } from '../vendor/signals-core.js';

/** @typedef {import('../lib/media-link.js').MediaLink} MediaLink */
/** @typedef {import('../media/audio-line.js').AudioLine} AudioLine */

/**
 * @typedef {object} Outlets where a screen leads to, in a call
 * @property {AudioLine} audio
 * @property {MediaLink} video
 * @property {import('../media/sound.js').Sound} sound
 * @property {{user: string, name: string}} who
 */

const SLOT = 1;

export class Share {
  /** @param {(error: unknown) => void} report why a screen can't be had */
  constructor(report) {
    this.report = report;
    /** one's own shared screen, for a preview; undefined: none @type {import('../vendor/signals-core.js').Signal<MediaStreamTrack | undefined>} */
    this.track = signal(/** @type {MediaStreamTrack | undefined} */ (undefined));
    /** whether its sound is shared too */
    this.withSound = signal(false);
    /** @type {Outlets | undefined} */
    this.out = undefined;
    /** @type {VideoSender | undefined} */
    this.video = undefined;
    /** @type {Microphone | undefined} */
    this.source = undefined;
    /** @type {MediaStreamTrack[]} */
    this.tracks = [];
  }

  /** Whether this browser can share. */
  get possible() {
    return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
  }

  /** @param {Outlets} out */
  attach(out) {
    this.out = out;
  }

  /** The socket of the pictures is new. @param {number} main */
  connected(main) {
    this.video?.connected(main);
  }

  /** Asks what to share, and shares it. */
  async start() {
    if (!this.out || this.track.value) return;
    let stream;
    try {
      stream = await navigator.mediaDevices.getDisplayMedia({
        video: { frameRate: { ideal: 15, max: 30 } },
        audio: true,
      });
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'NotAllowedError')) this.report(error);
      return;
    }
    const { out } = this;
    this.tracks = stream.getTracks();
    if (!out || this.track.value) return this.#release();
    const [picture] = stream.getVideoTracks();
    const [sound] = stream.getAudioTracks();
    picture.contentHint = 'detail';
    picture.addEventListener('ended', () => this.stop(), { once: true });
    this.video = new VideoSender(out.video, out.who, { slot: SLOT });
    if (out.video.track) this.video.connected(out.video.track);
    this.video.set(picture);
    if (sound) this.#hear(out, sound);
    this.track.value = picture;
  }

  /** @param {Outlets} out @param {MediaStreamTrack} track */
  #hear(out, track) {
    track.contentHint = 'music';
    out.audio.sending(SLOT, true);
    this.source = new Microphone(out.audio, SLOT, track, out.sound.context);
    this.withSound.value = true;
  }

  /** Others are told that it is over. */
  stop() {
    this.video?.set(undefined);
    this.#release();
  }

  #release() {
    for (const track of this.tracks) track.stop();
    this.source?.close();
    if (this.source) this.out?.audio.sending(SLOT, false);
    this.video?.close();
    this.tracks = [];
    this.source = this.video = undefined;
    this.withSound.value = false;
    this.track.value = undefined;
  }

  /** The call is over. */
  detach() {
    this.#release();
    this.out = undefined;
  }
}
