// The sockets of a call, and where what comes of them goes.

import { MediaLink } from '../lib/media-link.js';
import { decodable } from '../media/decodable.js';
import { localNow } from '../media/local.js';
import { socketURL } from './api.js';

/** @typedef {import('./call.js').CallSession} CallSession */
/** @typedef {import('./receiver.js').Receiver} Receiver */

/**
 * The link of the pictures to the call's receiver. It is not started.
 * @param {CallSession} call
 * @param {Receiver} receiver
 * @returns {MediaLink}
 */
export function videoLink(call, receiver) {
  /** @type {MediaLink} */
  const media = new MediaLink(call.clock, {
    connect: (attempt) => {
      const socket = new WebSocket(socketURL(`/media/video/${call.id}?attempt=${attempt}`));
      socket.binaryType = 'arraybuffer';
      return socket;
    },
    now: localNow,
    open: (hello) => {
      receiver.reset();
      call.senders?.video.connected(hello.track);
      call.share.connected(hello.track);
      void decodable().then((decode) => media.say({ can: { decode } }));
      receiver.watching.again();
    },
    frame: (frame, now) => call.rewind.frame(frame) || receiver.frame(frame, now),
    gone: (track) => {
      call.rewind.park.gone(track);
      receiver.gone('video', track);
    },
    refused: (text) => (receiver.refusals.video = text),
    steer: (message) => call.steer(message),
    state: (state) => (call.links.value = { ...call.links.value, video: state }),
    closed: (code, reason) => void call.closed(code, reason),
  });
  return media;
}

/**
 * What the page does when something comes of the sound, which has a worker and a socket of its own.
 * @param {CallSession} call
 * @param {Receiver} receiver
 * @param {boolean} first for the first time in this call
 * @returns {import('../media/audio-line.js').LineHandlers}
 */
export function audioHandlers(call, receiver, first) {
  return {
    open: (_hello, connections) => connections === 1 && call.rewind.joined(first),
    gone: (track) => receiver.gone('audio', track),
    refused: (text) => (receiver.refusals.audio = text),
    state: (state) => (call.links.value = { ...call.links.value, audio: state }),
    closed: (code, reason) => void call.closed(code, reason),
    config: (frame) => receiver.introduce(frame),
    voice: (track, memory) => receiver.voice(track, memory),
    report: (report) => {
      receiver.voices(report);
      call.rewind.came(report.played);
    },
  };
}
