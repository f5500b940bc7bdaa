// A clip: a part of a call behind a link of its own. The token in the link is made here; the server hears its hash alone.

/** The moment that "1:02:03", "62:03" or "3" names, s; undefined if it names none. @param {string} text */
export function moment(text) {
  const m = /^(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6}(?:\.\d+)?)$/.exec(text.trim());
  if (!m || ((m[1] || m[2]) && Number(m[3]) >= 60) || (m[1] && Number(m[2]) >= 60)) return undefined;
  return Number(m[1] ?? 0) * 3600 + Number(m[2] ?? 0) * 60 + Number(m[3]);
}

/**
 * A new token and its hash.
 * @returns {Promise<{token: string, hash: string}>} token: 32 random bytes in base64url; hash: the SHA-256 of the token, in hex
 */
export async function newToken() {
  const token = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
  const sum = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
  return { token, hash: [...new Uint8Array(sum)].map((b) => b.toString(16).padStart(2, '0')).join('') };
}

/**
 * The range that two fields name, µs on the call's clock.
 * @param {string} from since the recording's beginning
 * @param {string} to likewise
 * @param {{zero: number, end: number}} range of the recording, µs
 * @returns {{from: number, to: number} | undefined} undefined: there is no such part
 */
export function rangeOf(from, to, range) {
  const [a, b] = [moment(from), moment(to)];
  if (a === undefined || b === undefined) return undefined;
  const part = {
    from: Math.round(range.zero + a * 1e6),
    to: Math.min(Math.round(range.zero + b * 1e6), Math.ceil(range.end) + 1),
  };
  return part.from < part.to ? part : undefined;
}
