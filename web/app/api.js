// HTTP to the daemon, docs/protocol.md.

import { Refusal, Unreachable } from '../lib/refusal.js';

/**
 * @typedef {{user: string, login: string, name: string, role: string, expires: string}} Session
 * @typedef {{session: Session | null, registration: 'open' | 'closed', setup: boolean}} SessionAnswer
 * @typedef {{state: 'working', done: number} | {state: 'ready', url: string, bytes: number, sha256: string}} ReplayState
 */

/**
 * @param {string} path
 * @returns {Promise<any>} rejects with a Refusal or Unreachable
 */
export const get = (path) => request(path, { method: 'GET' });

/**
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>} rejects with a Refusal or Unreachable
 */
export const post = (path, body) =>
  request(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

/** @param {string} path @param {RequestInit} init */
async function request(path, init) {
  let response;
  try {
    response = await fetch(path, { ...init, credentials: 'same-origin' });
  } catch (error) {
    throw new Unreachable('offline', { cause: error });
  }
  if (response.status === 204) return undefined;
  const value = await response.json().catch(() => undefined);
  if (response.ok && value !== undefined) return value;
  if (value?.text) throw new Refusal(value.code, value.text);
  throw new Unreachable(`HTTP ${response.status}`);
}

/**
 * The URL of a socket of this daemon.
 * @param {string} path
 */
export function socketURL(path) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  return url.href;
}
