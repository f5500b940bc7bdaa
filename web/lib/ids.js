// IDs of commands: as a ULID, time first, so that they sort.

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * @param {number} [now] ms since 1970
 * @returns {string} 26 characters
 */
export function newID(now = Date.now()) {
  let time = '';
  for (let i = 0, n = now; i < 10; i++, n = Math.floor(n / 32)) time = ALPHABET[n % 32] + time;
  return time + Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => ALPHABET[b & 31]).join('');
}
