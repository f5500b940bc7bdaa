// Where the player of one file begins: the page of a replay without the program around it, as `scaipd replay open` serves it, and for whoever has the
// link of a clip.

import { Notices } from './app/notices.js';
import { parse } from './lib/route.js';
import { language } from './lib/words.js';
import { nowhere } from './lib/world.js';
import { signal } from './vendor/signals-core.js';
import './ui/replay-view.js';
import './ui/toasts.js';

/** @typedef {import('./app/app.js').App} App */

// What the page asks of the program: nobody is signed in, and there is nowhere to go.
const app = /** @type {App} */ (
  /** @type {unknown} */ ({
    world: signal(nowhere()),
    notices: new Notices(),
    replay: signal(undefined),
    call: signal(undefined),
    go: () => undefined,
  })
);

const view = /** @type {import('./ui/replay-view.js').ReplayView} */ (document.querySelector('scaip-replay'));
const toasts = /** @type {import('./ui/toasts.js').Toasts} */ (document.querySelector('scaip-toasts'));
document.documentElement.lang = language;

function show() {
  const route = parse(location.hash);
  if (route.name === 'clip') {
    view.file = true;
    view.app = app;
    view.clip = true;
    view.id = route.token;
  }
  if (route.name !== 'replay') return;
  view.file = true;
  view.app = app;
  view.id = route.id;
  view.at = route.at;
  view.to = route.to;
}

addEventListener('hashchange', show);
toasts.app = app;
show();
