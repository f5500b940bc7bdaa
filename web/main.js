// Where the client begins.

import { App } from './app/app.js';
import { looking } from './app/stats.js';
import { parse } from './lib/route.js';
import { language } from './lib/words.js';
import { localNow } from './media/local.js';
import './ui/app-root.js';

// A clip needs no account: its page is another one.
if (parse(location.hash).name === 'clip') location.replace(`./replay.html${location.hash}`);

const app = new App();
const root = /** @type {import('./ui/app-root.js').AppRoot} */ (document.querySelector('scaip-app'));
document.documentElement.lang = language;
root.app = app;
Object.defineProperty(window, 'scaip', { value: looking(app, localNow) });
void app.start(new AbortController().signal);
