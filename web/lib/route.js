// Where one is, as the fragment of the URL.

import { seconds } from './ruler.js';

/**
 * @typedef {{name: 'home'} | {name: 'group', id: string, tab: string} | {name: 'call', id: string} | {name: 'profile'} | {name: 'recordings'}
 *   | {name: 'replay', id: string, at?: number, to?: number} | {name: 'clip', token: string}
 *   | {name: 'setup', token: string}} Route
 */

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const TOKEN = /^[A-Za-z0-9_-]{43}$/; // 32 bytes in base64url
export const TABS = ['chat', 'members', 'calls'];

/**
 * The place a fragment names; home if it names none.
 * @param {string} hash with or without '#'
 * @returns {Route}
 */
export function parse(hash) {
  const text = hash.replace(/^#/, '');
  if (text.startsWith('/setup=')) return { name: 'setup', token: text.slice('/setup='.length) };
  if (text.startsWith('setup=')) return { name: 'setup', token: text.slice('setup='.length) };
  const [kind, id, tab] = text.replace(/^\//, '').split('/');
  if (kind === 'profile' || kind === 'recordings') return { name: kind };
  if (kind === 'g' && ID.test(id ?? '')) return { name: 'group', id, tab: TABS.includes(tab) ? tab : 'chat' };
  if (kind === 'clip' && TOKEN.test(id ?? '')) return { name: 'clip', token: id };
  if (kind === 'c' && ID.test(id ?? '')) return { name: 'call', id };
  if (kind === 'r') {
    const [call, query] = (id ?? '').split('?');
    const said = new URLSearchParams(query);
    const to = seconds(said.get('to'));
    const end = to === undefined ? {} : { to };
    if (ID.test(call)) return { name: 'replay', id: call, at: seconds(said.get('t')), ...end };
  }
  return { name: 'home' };
}

/**
 * @param {Route} route
 * @returns {string} with '#'
 */
export function format(route) {
  switch (route.name) {
    case 'setup':
      return `#setup=${route.token}`;
    case 'group':
      return `#/g/${route.id}${route.tab === 'chat' ? '' : `/${route.tab}`}`;
    case 'call':
      return `#/c/${route.id}`;
    case 'replay':
      return `#/r/${route.id}${route.at === undefined ? '' : `?t=${route.at}`}`;
    case 'clip':
      return `#/clip/${route.token}`;
    case 'profile':
    case 'recordings':
      return `#/${route.name}`;
    default:
      return '#/';
  }
}
