// The microphone, or the sound of a tab, as far as it needs the page: what it gives goes to the worker of the sound by a way of its own.

/** @typedef {import('./audio-line.js').AudioLine} AudioLine */

/** Whether a track can be read without an AudioContext. */
export const readable = () => 'MediaStreamTrackProcessor' in globalThis;

export class Microphone {
  /**
   * @param {AudioLine} line
   * @param {number} slot 0: the microphone, 1: the sound of what is shared
   * @param {MediaStreamTrack} track goes on when this is closed
   * @param {AudioContext} [context] with the capture worklet loaded; not needed where tracks can be read
   */
  constructor(line, slot, track, context) {
    this.line = line;
    this.slot = slot;
    /** @type {() => void} */
    this.stop = () => undefined;
    if (readable()) this.#read(track);
    else if (context) this.#listen(context, track);
  }

  /**
   * The worker reads the track itself: its stamps are those of the capture, as the camera's are, and nothing waits for the output.
   * @param {MediaStreamTrack} track
   */
  #read(track) {
    const own = track.clone();
    const stream = /** @type {ReadableStream<AudioData>} */ (
      /** @type {unknown} */ (new MediaStreamTrackProcessor({ track: own }).readable)
    );
    this.line.source(this.slot, { stream }, [stream]);
    this.stop = () => own.stop();
  }

  /** @param {AudioContext} context @param {MediaStreamTrack} track */
  #listen(context, track) {
    const source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) });
    const node = new AudioWorkletNode(context, 'scaip-capture', {
      numberOfInputs: 1,
      numberOfOutputs: 0,
      channelCount: 1,
    });
    const { port1, port2 } = new MessageChannel();
    node.port.postMessage({ to: port1 }, [port1]);
    this.line.source(this.slot, { port: port2, rate: context.sampleRate }, [port2]);
    source.connect(node);
    this.stop = () => {
      node.port.postMessage({ to: null });
      source.disconnect();
    };
  }

  close() {
    this.line.source(this.slot, {}, []);
    this.stop();
  }
}
