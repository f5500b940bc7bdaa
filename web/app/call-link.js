// A media socket of a call, and where what comes of it goes.

import { MediaLink } from '../lib/media-link.js';
import { decodable } from '../media/decodable.js';
import { localNow } from '../media/local.js';
import { socketURL } from './api.js';

/**
 * The link of one kind to the call's receiver, which must be there. It is not started.
 * @param {import('./call.js').CallSession} call
 * @param {'audio' | 'video'} kind
 * @param {boolean} first for the first time in this call
 * @returns {MediaLink}
 */
export function mediaLink(call, kind, first) {
  const receiver = /** @type {import('./receiver.js').Receiver} */ (call.receiver);
  /** @type {MediaLink} */
  const media = new MediaLink(call.clock, {
    connect: () => {
      const socket = new WebSocket(socketURL(`/media/${kind}/${call.id}`));
      socket.binaryType = 'arraybuffer';
      return socket;
    },
    now: localNow,
    open: (hello) => {
      receiver.reset(kind);
      call.senders?.[kind].connected(hello.track);
      call.share.connected(kind, hello.track);
      if (kind === 'audio') {
        if (media.connections === 1) call.rewind.joined(first);
        return;
      }
      void decodable().then((decode) => media.say({ can: { decode } }));
      receiver.watching.again();
    },
    frame: (frame, now) => call.rewind.frame(kind, frame) || receiver.frame(kind, frame, now),
    gone: (track) => {
      call.rewind.gone(kind, track);
      receiver.gone(kind, track);
    },
    refused: (text) => (receiver.refusals[kind] = text),
    steer: (message) => call.steer(message),
    state: (state) => (call.links.value = { ...call.links.value, [kind]: state }),
    closed: (code, reason) => void call.closed(code, reason),
  });
  return media;
}
