// The messages of a group as one sees them: pages of history, events as they come and one's own that are on their way.
// A plain value with functions that return the next one; no DOM.

/**
 * @typedef {object} Message
 * @property {string} id
 * @property {string} group
 * @property {number} number 1, 2, … in the group, without gaps; 0 while it is on its way
 * @property {string} author
 * @property {string} text
 * @property {string} at RFC 3339
 * @property {string | null} edited
 * @property {boolean} deleted
 * @property {string} call
 * @property {{emoji: string, users: string[]}[]} reactions
 * @property {'sending' | 'failed'} [state] of one's own that is not in the log yet
 * @property {string} [error]
 */

/**
 * @typedef {object} Timeline
 * @property {Message[]} messages by number, then those on their way
 * @property {boolean} more older ones are to be had
 * @property {boolean} loaded the newest page is there
 */

/** @returns {Timeline} */
export const empty = () => ({ messages: [], more: true, loaded: false });

/**
 * A page of history; it wins over what is known of the same messages.
 * @param {Timeline} t
 * @param {{messages: Message[], more: boolean}} page
 * @param {boolean} [newest] the page is the newest one: what is missing between it and older ones is dropped
 * @returns {Timeline}
 */
export function withPage(t, page, newest = false) {
  const first = page.messages[0]?.number ?? 0;
  const known = t.messages.filter((m) => m.number > 0);
  const gap = newest && known.length > 0 && known[known.length - 1].number < first - 1;
  const oldest = gap ? Infinity : (known[0]?.number ?? Infinity);
  const kept = gap ? t.messages.filter((m) => m.number === 0) : t.messages;
  const byID = new Map(kept.map((m) => [m.id, m]));
  for (const m of page.messages) byID.set(m.id, m);
  const more = page.messages.length === 0 || first <= oldest ? page.more : t.more;
  return { messages: sorted([...byID.values()]), more, loaded: true };
}

/**
 * One event of messaging; others change nothing.
 * @param {Timeline} t
 * @param {{type: string, at: string, body: any}} event
 * @returns {Timeline}
 */
export function withEvent(t, event) {
  const { body } = event;
  switch (event.type) {
    case 'messaging.posted':
      if (t.messages.some((m) => m.id === body.message)) return t;
      return { ...t, messages: sorted([...t.messages, posted(body, event.at)]) };
    case 'messaging.edited':
      return change(t, body.message, (m) => ({ ...m, text: body.text, edited: event.at }));
    case 'messaging.deleted':
      return change(t, body.message, (m) => ({ ...m, text: '', deleted: true, reactions: [] }));
    case 'messaging.reacted':
      return change(t, body.message, (m) => ({ ...m, reactions: react(m.reactions, body) }));
    default:
      return t;
  }
}

/**
 * One's own, just written; `id` is the client's until sent() replaces it by what the log says.
 * @param {Timeline} t
 * @param {Message} message number 0
 * @returns {Timeline}
 */
export const withSending = (t, message) => ({
  ...t,
  messages: sorted([...t.messages, { ...message, state: 'sending' }]),
});

/**
 * One's own is in the log (its event has come or will) or has failed with `error`.
 * @param {Timeline} t
 * @param {string} id
 * @param {string} [error]
 * @returns {Timeline}
 */
export function sent(t, id, error) {
  if (error === undefined) return { ...t, messages: t.messages.filter((m) => m.id !== id) };
  return change(t, id, (m) => ({ ...m, state: 'failed', error }));
}

/**
 * Messages with what stands between them: a day's name, and whether a message goes on from the one before (same author
 * within five minutes), so that it needs no head of its own.
 * @param {Message[]} messages
 * @param {(at: Date) => string} day names the day
 * @returns {{message: Message, day: string, follows: boolean}[]}
 */
export function blocks(messages, day) {
  let lastDay = '';
  return messages.map((message, i) => {
    const name = day(new Date(message.at));
    const previous = messages[i - 1];
    const newDay = name !== lastDay;
    lastDay = name;
    const follows =
      !newDay && previous?.author === message.author && Date.parse(message.at) - Date.parse(previous.at) < 5 * 60_000;
    return { message, day: newDay ? name : '', follows };
  });
}

/** @param {any} body @param {string} at @returns {Message} */
function posted(body, at) {
  const { message: id, group, number, author, text, call = '' } = body;
  return { id, group, number, author, text, call, at, edited: null, deleted: false, reactions: [] };
}

/** @param {Timeline} t @param {string} id @param {(m: Message) => Message} f */
function change(t, id, f) {
  return { ...t, messages: t.messages.map((m) => (m.id === id ? f(m) : m)) };
}

/** @param {Message['reactions']} list @param {{emoji: string, user: string, on: boolean}} change */
function react(list, { emoji, user, on }) {
  const found = list.find((r) => r.emoji === emoji);
  const users = (found?.users ?? []).filter((u) => u !== user);
  if (on) users.push(user);
  const next = found ? list.map((r) => (r === found ? { emoji, users } : r)) : [...list, { emoji, users }];
  return next.filter((r) => r.users.length > 0);
}

/** @param {Message[]} messages */
function sorted(messages) {
  const rank = (/** @type {Message} */ m) => (m.number === 0 ? Infinity : m.number);
  return messages.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
}
