// One's own camera and microphone: open or not, wanted or not, and what is wrong with them.

import { Speaking } from '../lib/speaking.js';
import { MutedHint, PushToTalk } from '../lib/talk.js';
import { able } from '../media/able.js';
import { devices as list, openCamera, openMicrophone, trouble } from '../media/devices.js';
import { localNow } from '../media/local.js';
import { Microphone, readable } from '../media/microphone.js';
import { leadTo } from '../media/speaker.js';
import { signal } from '../vendor/signals-core.js';
import { recall, remember } from './settings.js';

/** @typedef {import('../media/devices.js').Trouble} Trouble */

/**
 * @typedef {object} Outlets where the devices lead to, in a call
 * @property {AudioContext} context with the capture worklet loaded
 * @property {(camera: MediaStreamTrack | undefined) => void} camera
 * @property {(on: boolean) => void} sending whether the microphone is heard
 */

const AGAIN = 1000; // ms until a worker that could not be loaded is asked for once more

export class Devices {
  /** @param {import('../media/audio-line.js').AudioLine} line where the microphone leads to */
  constructor(line) {
    this.line = line;
    line.lost = () => setTimeout(() => !this.closed && this.#connect(), AGAIN);
    line.level = (level) => this.#block(level);
    this.camera = signal(/** @type {MediaStreamTrack | undefined} */ (undefined));
    this.microphone = signal(/** @type {MediaStreamTrack | undefined} */ (undefined));
    this.cameraTrouble = signal(/** @type {Trouble | ''} */ (''));
    this.microphoneTrouble = signal(/** @type {Trouble | ''} */ (''));
    /** what this browser can do @type {import('../vendor/signals-core.js').Signal<import('../media/able.js').Able>} */
    this.can = signal({ hear: true, see: true, speak: true, show: true });
    /** waiting for the browser's permission */
    this.asking = signal(false);
    this.muted = signal(recall('muted') === 'yes');
    this.cameraOff = signal(recall('camera-off') === 'yes');
    this.processing = signal(recall('original-sound') !== 'yes');
    this.lists = signal({ cameras: [], microphones: [], speakers: [] });
    /** −dBov, of the microphone even while muted */
    this.level = signal(127);
    this.speaking = signal(false);
    this.voice = new Speaking();
    /** the key to talk is held: muted, but heard */
    this.held = signal(false);
    this.key = new PushToTalk();
    /** one talks, but is muted */
    this.talkingMuted = signal(false);
    this.hint = new MutedHint();
    /** @type {Outlets | undefined} */
    this.out = undefined;
    /** @type {Microphone | undefined} */
    this.source = undefined;
    /** @type {AudioContext | undefined} */
    this.meter = undefined;
    this.metering = false;
    /** attempts to open them: only the latest one counts */
    this.turns = { camera: 0, microphone: 0 };
    this.closed = false;
  }

  /** Opens what is wanted, for the anteroom. What fails leaves its trouble and stops nothing. */
  async open() {
    this.can.value = await able();
    this.asking.value = true;
    await Promise.all([this.#openMicrophone(), this.cameraOff.value ? undefined : this.#openCamera()]);
    this.asking.value = false;
    await this.#list();
    navigator.mediaDevices?.addEventListener?.('devicechange', this.#plugged);
    await this.#openMeter();
  }

  #list = async () => {
    this.lists.value = /** @type {any} */ (await list());
  };

  /** Something was plugged in or out: what was missing may be there. */
  #plugged = async () => {
    await this.#list();
    if (this.closed) return;
    if (this.microphoneTrouble.value === 'missing') await this.#openMicrophone();
    if (this.cameraTrouble.value === 'missing' && !this.cameraOff.value) await this.#openCamera();
  };

  async #openCamera() {
    if (!this.can.value.show) {
      this.cameraTrouble.value = 'unsupported';
      return;
    }
    const turn = ++this.turns.camera;
    try {
      const track = await openCamera(recall('camera'));
      if (this.closed || this.cameraOff.value || turn !== this.turns.camera) return track.stop();
      this.camera.value?.stop();
      track.addEventListener('ended', () => this.#cameraEnded(track), { once: true });
      this.camera.value = track;
      this.cameraTrouble.value = '';
      this.out?.camera(track);
    } catch (error) {
      if (turn !== this.turns.camera) return;
      this.camera.value = undefined;
      this.cameraTrouble.value = trouble(error);
      this.out?.camera(undefined);
    }
  }

  /** @param {MediaStreamTrack} track unplugged, or taken back by the user */
  #cameraEnded(track) {
    if (this.camera.value !== track) return;
    this.camera.value = undefined;
    this.cameraTrouble.value = 'missing';
    this.out?.camera(undefined);
    void this.#openCamera(); // another one takes its place, if there is one
  }

  async #openMicrophone() {
    if (!this.can.value.speak) {
      this.microphoneTrouble.value = 'unsupported';
      return;
    }
    const turn = ++this.turns.microphone;
    try {
      const track = await openMicrophone(recall('microphone'), this.processing.value);
      if (this.closed || turn !== this.turns.microphone) return track.stop();
      track.addEventListener('ended', () => this.#microphoneEnded(track), { once: true });
      this.#useMicrophone(track);
    } catch (error) {
      if (turn !== this.turns.microphone) return;
      this.microphone.value = undefined;
      this.microphoneTrouble.value = trouble(error);
      this.#tellSending();
    }
  }

  /** @param {MediaStreamTrack} track */
  #microphoneEnded(track) {
    if (this.microphone.value !== track) return;
    this.microphone.value = undefined;
    this.microphoneTrouble.value = 'missing';
    this.source?.close();
    this.source = undefined;
    this.#tellSending();
    void this.#openMicrophone(); // another one takes its place, if there is one
  }

  /** @param {MediaStreamTrack} track */
  #useMicrophone(track) {
    this.microphone.value?.stop();
    this.microphone.value = track;
    this.microphoneTrouble.value = '';
    this.#connect();
    this.#tellSending();
  }

  /** Leads the microphone to where it is measured and, in a call, sent from; anew if it was led elsewhere. */
  #connect() {
    this.source?.close();
    this.source = undefined;
    const context = this.out?.context ?? this.meter;
    const track = this.microphone.value;
    if (track && (readable() || context)) this.source = new Microphone(this.line, 0, track, context);
  }

  /** Where a track can't be read, the anteroom's meter needs an AudioContext; the browser may keep it silent until a click. */
  async #openMeter() {
    if (readable() || this.metering || this.out || this.closed) return;
    this.metering = true;
    const context = new AudioContext({ sampleRate: 48_000 });
    await context.audioWorklet.addModule(new URL('../media/capture-worklet.js', import.meta.url));
    if (this.out || this.closed) return void context.close();
    this.meter = context;
    this.#connect();
    void context.resume();
  }

  /** The microphone's level, every 20 ms. @param {number} level −dBov */
  #block(level) {
    if (this.closed) return;
    const now = localNow();
    this.voice.frame(level, now);
    this.level.value = level;
    this.speaking.value = this.voice.at(now);
    this.talkingMuted.value = this.hint.frame(level, !this.#heard(now), now);
  }

  /** From here on they lead into a call. @param {Outlets} out */
  attach(out) {
    this.out = out;
    if (!readable() || !this.source) this.#connect();
    void this.meter?.close();
    this.meter = undefined;
    void leadTo(out.context, recall('speaker'));
    out.camera(this.camera.value);
    this.#tellSending();
  }

  /** @param {number} now local ms */
  #heard(now) {
    return !this.muted.value || this.key.open(now);
  }

  #tellSending() {
    this.out?.sending(this.#heard(localNow()) && this.microphone.value !== undefined);
  }

  /** Push to talk: as long as it is held, who is muted is heard. @param {boolean} on */
  hold(on) {
    if (on === this.held.value) return;
    this.held.value = on;
    const wait = this.key.hold(on, localNow());
    if (wait === 0) this.#tellSending();
    else setTimeout(() => this.#tellSending(), wait + 1);
  }

  /** Mutes, as an owner of the group wants it. */
  mute() {
    this.hold(false);
    if (!this.muted.value) void this.toggleMicrophone();
  }

  /** Mutes or unmutes; opens the microphone if there is none yet. */
  async toggleMicrophone() {
    this.muted.value = !this.muted.value;
    remember('muted', this.muted.value ? 'yes' : '');
    this.#tellSending();
    if (!this.muted.value && !this.microphone.value) await this.#openMicrophone();
  }

  /** The camera's light goes out too. */
  async toggleCamera() {
    this.cameraOff.value = !this.cameraOff.value;
    remember('camera-off', this.cameraOff.value ? 'yes' : '');
    if (!this.cameraOff.value) return this.#openCamera();
    this.out?.camera(undefined);
    this.camera.value?.stop();
    this.camera.value = undefined;
  }

  /** @param {'camera' | 'microphone' | 'speaker'} kind @param {string} id */
  async choose(kind, id) {
    remember(kind, id);
    if (kind === 'speaker') return leadTo(this.out?.context, id);
    if (kind === 'microphone') await this.#openMicrophone();
    else if (!this.cameraOff.value) await this.#openCamera();
  }

  /** Noise suppression and the like, or the sound as it is. @param {boolean} on */
  async setProcessing(on) {
    this.processing.value = on;
    remember('original-sound', on ? '' : 'yes');
    await this.#openMicrophone();
  }

  /** Once more, after the user has mended it. */
  async retry() {
    if (this.microphoneTrouble.value) await this.#openMicrophone();
    if (this.cameraTrouble.value && !this.cameraOff.value) await this.#openCamera();
    await this.#list();
  }

  close() {
    this.closed = true;
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.#plugged);
    this.source?.close();
    this.microphone.value?.stop();
    this.camera.value?.stop();
    this.microphone.value = this.camera.value = undefined;
    void this.meter?.close();
    this.meter = this.source = this.out = undefined;
  }
}
