// What happened in a call, and when: the answer of GET /api/calls/{id}/timeline, made ready for lanes, lists and jumps. Times
// are µs on the call's clock. No DOM.

/**
 * @typedef {{from: number, to: number}} Span
 * @typedef {{seat: number} & Span} SeatSpan
 * @typedef {object} Story
 * @property {string} call
 * @property {string} title
 * @property {string} start date and time
 * @property {number} zero where the recording begins
 * @property {number} end
 * @property {{user: string, name: string, seat: number}[]} people
 * @property {{t: number, type: string, body: any}[]} events
 * @property {{t: number, user: string, name: string, text: string}[]} chat
 * @property {SeatSpan[]} talk
 * @property {SeatSpan[]} [shares]
 */

/**
 * @typedef {object} Lane one participant
 * @property {number} seat
 * @property {string} user
 * @property {string} name may be empty
 * @property {Span[]} here
 * @property {Span[]} talk
 * @property {Span[]} shares
 * @property {Span[]} hand up
 * @property {{t: number, emoji: string}[]} reactions
 */

/**
 * @typedef {'chat' | 'in' | 'out' | 'start' | 'end' | 'hand' | 'react' | 'mute'} Kind
 * @typedef {{t: number, kind: Kind, user: string, name: string, text: string}} Moment text: of chat, or an emoji
 */

/** @param {Story} story @returns {Lane[]} by seat */
export function lanes(story) {
  const of = (/** @type {SeatSpan[] | undefined} */ all, /** @type {number} */ seat) =>
    (all ?? []).filter((s) => s.seat === seat).map(({ from, to }) => ({ from, to }));
  return [...story.people]
    .sort((a, b) => a.seat - b.seat)
    .map(({ seat, user, name }) => {
      const talk = of(story.talk, seat);
      // A file knows its screens by their pictures; of a call that is not sealed yet, the events say when there were some.
      const seen = of(story.shares, seat);
      const shares = seen.length > 0 ? seen : during(story, user, { 'calls.media_changed': (b) => b.screen === true });
      const hand = during(story, user, { 'calls.hand_raised': () => true, 'calls.hand_lowered': () => false });
      const reactions = story.events
        .filter(({ type, body }) => type === 'calls.reacted' && body.user === user)
        .map(({ t, body }) => ({ t, emoji: String(body.emoji) }));
      const here = presence(story, user);
      // Who is heard was there, whatever the events say: a recording that is cut may lack them.
      return {
        seat,
        user,
        name,
        talk,
        shares,
        hand,
        reactions,
        here: here.length > 0 ? here : union([...talk, ...shares]),
      };
    });
}

/**
 * The times for which something was so, by what events of a user say. Coming, going and the end of the call end it.
 * @param {Story} story
 * @param {string} user
 * @param {Record<string, (body: any) => boolean>} says by type of event
 */
function during({ events, end }, user, says) {
  /** @type {Span[]} */
  const spans = [];
  let since = -1;
  for (const { t, type, body } of events) {
    if (type !== 'calls.ended' && body.user !== user) continue;
    const over = type === 'calls.left' || type === 'calls.joined' || type === 'calls.ended';
    if (!over && !says[type]) continue;
    const on = !over && says[type](body);
    if (on && since < 0) since = t;
    if (!on && since >= 0) {
      spans.push({ from: since, to: t });
      since = -1;
    }
  }
  if (since >= 0) spans.push({ from: since, to: Math.max(since, end) });
  return spans;
}

/** When a user was in. @param {Story} story @param {string} user */
function presence({ events, zero, end }, user) {
  /** @type {Span[]} */
  const spans = [];
  let since = -1;
  let known = false;
  for (const { t, type, body } of events) {
    const mine = body.user === user;
    if (type === 'calls.joined' && mine && since < 0) {
      since = t;
      known = true;
    } else if ((type === 'calls.left' && mine) || type === 'calls.ended') {
      if (since < 0 && !known && mine) since = zero; // he had come before the recording begins
      if (since >= 0) spans.push({ from: since, to: t });
      since = -1;
      known ||= mine;
    }
  }
  if (since >= 0) spans.push({ from: since, to: Math.max(since, end) });
  return spans.map(({ from, to }) => ({ from, to: Math.min(to, Math.max(from, end)) }));
}

/**
 * The times that any of the spans cover.
 * @param {Span[]} spans
 * @param {number} [gap] a pause that is not worth telling
 * @returns {Span[]} in order, apart from each other
 */
export function union(spans, gap = 0) {
  /** @type {Span[]} */
  const out = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = out[out.length - 1];
    if (last && from <= last.to + gap) last.to = Math.max(last.to, to);
    else out.push({ from, to });
  }
  return out;
}

/** Index of the last one that begins by t; −1 if none does. @param {{from: number}[]} spans in order @param {number} t */
function before(spans, t) {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (spans[mid].from <= t) low = mid + 1;
    else high = mid;
  }
  return low - 1;
}

/** Whether one of the spans covers t. @param {Span[]} spans in order @param {number} t */
export const covers = (spans, t) => (spans[before(spans, t)]?.to ?? -1) > t;

const REACTION = 4_000_000; // µs that a reaction is shown
export const HAND = '✋';

/**
 * The hands and reactions to be seen at a moment, as a text.
 * @param {Lane[]} all
 * @param {number} t
 * @returns {string} "seat:signs" for each lane that has some, apart by spaces
 */
export const signsAt = (all, t) =>
  all
    .map(({ seat, hand, reactions }) => {
      const lately = reactions.filter((r) => r.t <= t && t < r.t + REACTION).map((r) => r.emoji);
      const signs = (covers(hand, t) ? HAND : '') + lately.slice(-3).join('');
      return signs ? `${seat}:${signs}` : '';
    })
    .filter(Boolean)
    .join(' ');

const LEAD = 300_000; // µs before a voice: nobody likes a cut syllable
const WORTH = 1_200_000; // µs of silence that are worth a jump
const AFTER = 500_000; // µs after a voice: a pause for breath

/**
 * Where to go on if silence is skipped.
 * @param {Span[]} voices union of the times anybody is heard
 * @param {number} t
 * @param {number} end of the call
 * @returns {number | undefined} undefined: here
 */
export function skipSilence(voices, t, end) {
  const i = before(voices, t);
  if (i >= 0 && t < voices[i].to + AFTER) return undefined;
  const next = (voices[i + 1]?.from ?? end) - LEAD;
  return next - t >= WORTH ? next : undefined;
}

/**
 * The next time that somebody else takes the word.
 * @param {Lane[]} all
 * @param {number} t
 * @returns {{seat: number, at: number} | undefined}
 */
export function nextSpeaker(all, t) {
  const now = new Set(all.filter((l) => covers(l.talk, t + LEAD)).map((l) => l.seat));
  /** @type {{seat: number, at: number} | undefined} */
  let best;
  for (const { seat, talk } of all) {
    const next = talk[before(talk, t + LEAD + 1) + 1];
    const alone = now.size === 1 && now.has(seat);
    if (next && !alone && (!best || next.from < best.at)) best = { seat, at: next.from };
  }
  if (!best && now.size === 1) {
    const { seat, talk } = /** @type {Lane} */ (all.find((l) => now.has(l.seat)));
    const next = talk[before(talk, t + LEAD + 1) + 1];
    if (next) return { seat, at: Math.max(0, next.from - LEAD) };
  }
  return best && { seat: best.seat, at: Math.max(0, best.at - LEAD) };
}

const AGAIN = 1_500_000; // µs after a turn's begin in which one goes to the turn before it

/**
 * When somebody last took the word from another: the begin of the present turn, or, close to that, of the one before.
 * @param {Lane[]} all
 * @param {number} t
 * @returns {{seat: number, at: number} | undefined}
 */
export function previousSpeaker(all, t) {
  const spans = all
    .flatMap(({ seat, talk }) => talk.map(({ from }) => ({ seat, from })))
    .sort((a, b) => a.from - b.from);
  const turns = spans.filter((s, i) => s.seat !== spans[i - 1]?.seat);
  const { seat, from } = turns[before(turns, t + LEAD - AGAIN)] ?? {};
  return seat === undefined || from === undefined ? undefined : { seat, at: Math.max(0, from - LEAD) };
}

const KINDS = /** @type {const} */ ({
  'calls.joined': 'in',
  'calls.left': 'out',
  'calls.started': 'start',
  'calls.ended': 'end',
  'calls.hand_raised': 'hand',
  'calls.reacted': 'react',
  'calls.muted': 'mute',
});

/** What was written, who came and who went, in order. @param {Story} story @returns {Moment[]} */
export function moments(story) {
  const names = new Map(story.people.map((p) => [p.user, p.name]));
  /** @type {Moment[]} */
  const list = story.chat.map(({ t, user, name, text }) => ({ t, kind: 'chat', user, name, text }));
  for (const { t, type, body } of story.events) {
    const kind = KINDS[/** @type {keyof typeof KINDS} */ (type)];
    if (kind) list.push({ t, kind, user: body.user ?? '', name: names.get(body.user) ?? '', text: body.emoji ?? '' });
  }
  return list.sort((a, b) => a.t - b.t);
}

/** How many of the moments have come by t. @param {Moment[]} list @param {number} t */
export function past(list, t) {
  const n = list.findIndex((m) => m.t > t);
  return n < 0 ? list.length : n;
}

/** The moments that hold all words of a search. @param {Moment[]} list @param {string} search */
export function find(list, search) {
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return list;
  return list.filter((m) => {
    const text = `${m.name} ${m.text}`.toLocaleLowerCase();
    return m.kind === 'chat' && words.every((w) => text.includes(w));
  });
}
