// Links in plain text.

const URL_PATTERN = /\bhttps?:\/\/[^\s<>"]+/g;

/**
 * Cuts a text into plain parts and links. Punctuation at the end of a link is not part of it, nor a bracket that was
 * opened before it.
 * @param {string} text
 * @returns {{text: string, url: string}[]} url is empty for plain text
 */
export function split(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(URL_PATTERN)) {
    let link = match[0].replace(/[.,;:!?'’”]+$/, '');
    if (link.endsWith(')') && !link.includes('(')) link = link.slice(0, -1);
    if (!URL.canParse(link)) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index), url: '' });
    parts.push({ text: link, url: link });
    from = match.index + link.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), url: '' });
  return parts;
}
