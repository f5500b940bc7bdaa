// What this browser remembers. Nothing here is secret or missed when it is gone.

const PREFIX = 'scaip.';

/**
 * @param {string} name
 * @returns {string} '' if it was never set
 */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name) ?? '';
  } catch {
    return ''; // storage is blocked
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Storage is blocked: it is forgotten with the page.
  }
}
