// Who was in a call at a moment of it. No DOM.

/** @typedef {{at: number, type: string, user?: string, seat?: number, audio?: boolean, video?: boolean, screen?: boolean}} CallEvent at: µs on the call's clock */
/** @typedef {{user: string, seat: number, audio: boolean, video: boolean, screen?: boolean, hand?: string}} Present screen: one is shared; hand: since when it is up */

const nothing = { audio: false, video: false, screen: false };

/**
 * @param {readonly CallEvent[]} events in order
 * @param {number} pts µs
 * @returns {Present[]} by seat
 */
export function rosterAt(events, pts) {
  /** @type {Map<string, Present>} */
  const present = new Map();
  for (const e of events) {
    if (e.at > pts) break;
    const { user = '' } = e;
    const known = present.get(user);
    if (e.type === 'joined') present.set(user, { user, seat: e.seat ?? 0, ...nothing });
    if (e.type === 'media_changed' && known)
      present.set(user, { ...known, audio: !!e.audio, video: !!e.video, screen: !!e.screen });
    // Only the order of hands counts: it is that of the times.
    if (e.type === 'hand_raised' && known) present.set(user, { ...known, hand: new Date(e.at / 1000).toISOString() });
    if (e.type === 'hand_lowered' && known) present.set(user, { ...known, hand: undefined });
    if (e.type === 'left') present.delete(user);
    if (e.type === 'ended') present.clear();
  }
  return [...present.values()].sort((a, b) => a.seat - b.seat);
}
