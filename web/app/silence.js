// Whether the browser has stopped the sound of a call: it wants a click first, a phone call took it (iOS), or there is no sound card (Firefox).

const GRACE = 2000; // ms that a context may take to start

/**
 * @param {AudioContext} context
 * @param {import('../vendor/signals-core.js').Signal<boolean>} stopped is kept true while the context does not run
 * @returns {() => void} ends it
 */
export function watchSound(context, stopped) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const look = () => {
    clearTimeout(timer);
    if (context.state === 'running') stopped.value = false;
    else timer = setTimeout(() => (stopped.value = true), GRACE);
  };
  context.addEventListener('statechange', look);
  look();
  return () => {
    clearTimeout(timer);
    context.removeEventListener('statechange', look);
    stopped.value = false;
  };
}
