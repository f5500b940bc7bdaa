// What runs in browsers but TypeScript's library does not know.

declare abstract class AudioWorkletProcessor {
  readonly port: MessagePort;
  abstract process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const currentFrame: number;

interface MediaStreamTrackProcessor<T> {
  readonly readable: ReadableStream<T>;
}
declare const MediaStreamTrackProcessor: {
  new (init: { track: MediaStreamTrack }): MediaStreamTrackProcessor<VideoFrame>;
};

interface Window {
  readonly scaip: {
    stats(): any;
    heard(): Float32Array;
    past(): any;
  };
}
