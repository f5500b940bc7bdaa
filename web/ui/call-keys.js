// What the keys of a call do.

import { actOf } from '../lib/keys.js';

/** @typedef {import('../app/call.js').CallSession} CallSession */

const TYPING = 'input:not([type=range], [type=checkbox]), textarea, select, [contenteditable], [role^=menuitem]';
const PRESSED = 'button, a, summary, input, [role=slider]'; // what Space or an arrow means something to

/** @param {Event} event @param {string} what */
const within = (event, what) => event.composedPath().some((e) => e instanceof HTMLElement && e.matches(what));

/**
 * Listens to the keys while one is in a call, but not while one types or a dialogue is open.
 * @param {() => CallSession | undefined} current
 * @param {{help: () => void, full: () => void}} page
 * @param {AbortSignal} signal
 */
export function listenToKeys(current, page, signal) {
  const call = () => (current()?.stage.value === 'in' ? current() : undefined);
  const down = (/** @type {KeyboardEvent} */ event) => {
    const now = call();
    const act = actOf(event);
    if (!now || !act || within(event, TYPING) || within(event, 'dialog')) return;
    // Space presses what has been reached by keyboard; what was only clicked does not keep it.
    if (act === 'talk' && within(event, `:is(${PRESSED}):focus-visible`)) return;
    event.preventDefault();
    if (event.repeat) return;
    void deed(act, now, page)();
  };
  const up = (/** @type {KeyboardEvent} */ event) => {
    const now = call();
    if (event.key !== ' ' || !now?.devices.held.value) return;
    event.preventDefault();
    void now.room.signs.hold(false);
  };
  addEventListener('keydown', down, { signal });
  addEventListener('keyup', up, { signal });
  addEventListener('blur', () => call()?.devices.hold(false), { signal }); // the key is let go elsewhere
}

/** @param {import('../lib/keys.js').Act} act @param {CallSession} call @param {{help: () => void, full: () => void}} page @returns {() => unknown} */
function deed(act, call, page) {
  const { devices, room, rewind, share } = call;
  return {
    mute: () => room.signs.toggleMicrophone(),
    talk: () => room.signs.hold(true),
    camera: () => devices.toggleCamera(),
    share: () => share.possible && (share.track.value ? call.stopShare() : call.startShare()),
    hand: () => room.signs.toggleHand(),
    chat: () => call.toggle('chat'),
    people: () => call.toggle('people'),
    layout: () => room.view.toggle(),
    full: page.full,
    pause: () => rewind.toggle(),
    back: () => rewind.skip(-10e6),
    help: page.help,
  }[act];
}
