// What one knows of users, groups and calls: fetched by HTTP, then kept current by events. Values are never changed,
// only replaced; no DOM.

/**
 * @typedef {{id: string, login: string, name: string, color: string, role: string, disabled: boolean}} User
 * @typedef {{id: string, name: string, role: string, members: number, archived: boolean, call: string, last: string,
 *   keep?: string, days?: number}} Group
 * @typedef {{user: string, name: string, seat: number, in: boolean, audio: boolean, video: boolean, behind?: boolean,
 *   joined: string, hand?: string, muted?: boolean, barred?: boolean}} Participant hand: since when it is up; muted: by an owner; barred: put out
 * @typedef {{id: string, group: string, title: string, maker: string, state: 'scheduled'|'running'|'ended'|'cancelled',
 *   start: string, end: string | null, participants: Participant[],
 *   keep?: string, days?: number, until?: string | null, kept?: boolean, stopped?: string}} Call
 */

/**
 * @typedef {object} World
 * @property {string} me
 * @property {ReadonlyMap<string, User>} users
 * @property {ReadonlyMap<string, Group>} groups mine
 * @property {ReadonlyMap<string, ReadonlyMap<string, string>>} members group → user → role; only of groups opened so far
 * @property {ReadonlyMap<string, Call>} calls
 */

/** @typedef {{type: string, at: string, actor?: string, body: any}} Event */

/** @returns {World} */
export const nowhere = () => ({ me: '', users: new Map(), groups: new Map(), members: new Map(), calls: new Map() });

/**
 * The answer of GET /api/me.
 * @param {World} w
 * @param {{user: User, groups: Group[]}} answer
 * @returns {World}
 */
export function withMe(w, answer) {
  return {
    ...w,
    me: answer.user.id,
    users: put(w.users, answer.user.id, answer.user),
    groups: new Map(answer.groups.map((g) => [g.id, g])),
  };
}

/**
 * The answer of GET /api/groups/{id}.
 * @param {World} w
 * @param {{group: Group, members: {user: User, role: string}[], call: Call | null}} answer
 * @returns {World}
 */
export function withGroup(w, { group, members, call }) {
  const users = new Map(w.users);
  for (const m of members) users.set(m.user.id, m.user);
  return {
    ...w,
    users,
    groups: put(w.groups, group.id, group),
    members: put(w.members, group.id, new Map(members.map((m) => [m.user.id, m.role]))),
    calls: call ? put(w.calls, call.id, call) : w.calls,
  };
}

/**
 * @param {World} w
 * @param {Call[]} calls
 * @returns {World}
 */
export function withCalls(w, calls) {
  const next = new Map(w.calls);
  for (const c of calls) next.set(c.id, c);
  return { ...w, calls: next };
}

/**
 * @param {World} w
 * @param {User[]} users
 * @returns {World}
 */
export function withUsers(w, users) {
  const next = new Map(w.users);
  for (const u of users) next.set(u.id, u);
  return { ...w, users: next };
}

/**
 * The world after an event. One that comes again changes nothing.
 * @param {World} w
 * @param {Event} event
 * @returns {World}
 */
export function reduce(w, event) {
  const step = STEPS[event.type];
  return step ? step(w, event.body, event) : w;
}

/** @type {Record<string, (w: World, body: any, event: Event) => World>} */
const STEPS = {
  'users.created': (w, b) => {
    const { user: id, login, name, color, role } = b;
    return { ...w, users: put(w.users, id, { id, login, name, color, role, disabled: false }) };
  },
  'users.profile_updated': (w, b) => user(w, b.user, { name: b.name, color: b.color }),
  'users.disabled': (w, b) => user(w, b.user, { disabled: true }),
  'users.enabled': (w, b) => user(w, b.user, { disabled: false }),

  'groups.created': (w, b, e) => {
    if (b.owner !== w.me || w.groups.has(b.group)) return w;
    const g = { id: b.group, name: b.name, role: 'owner', members: 1, archived: false, call: '', last: e.at };
    const members = put(w.members, b.group, new Map([[w.me, 'owner']]));
    return { ...w, groups: put(w.groups, g.id, g), members };
  },
  'groups.renamed': (w, b, e) => group(w, b.group, { name: b.name, last: e.at }),
  'groups.keep_set': (w, b) => group(w, b.group, { keep: b.keep, days: b.days ?? 0 }),
  'groups.archived': (w, b, e) => group(w, b.group, { archived: true, last: e.at }),
  'groups.member_added': (w, b) => withMember(w, b.group, b.user, b.role),
  'groups.role_set': (w, b) => withMember(w, b.group, b.user, b.role),
  'groups.member_removed': (w, b) => withoutMember(w, b.group, b.user),

  'messaging.posted': (w, b, e) => group(w, b.group, { last: e.at }),

  'calls.scheduled': (w, b) => call(w, b.call, { ...made(b), state: 'scheduled' }),
  'calls.cancelled': (w, b) => call(w, b.call, { state: 'cancelled' }),
  'calls.started': (w, b, e) => {
    const next = call(w, b.call, { ...made(b), state: 'running' });
    return group(next, b.group, { call: b.call, last: e.at });
  },
  'calls.joined': (w, b, e) => {
    const name = w.users.get(b.user)?.name ?? '';
    return seat(w, b, { name, seat: b.seat, ...still, in: true, joined: e.at });
  },
  'calls.left': (w, b) => seat(w, b, { ...still, in: false, barred: b.reason === 'expelled' }),
  'calls.media_changed': (w, b) => seat(w, b, { audio: b.audio, video: b.video }),
  'calls.behind_changed': (w, b) => seat(w, b, { behind: b.behind }),
  'calls.hand_raised': (w, b, e) => seat(w, b, { hand: e.at }),
  'calls.hand_lowered': (w, b) => seat(w, b, { hand: '' }),
  'calls.muted': (w, b) => seat(w, b, { muted: true }),
  'calls.unmuted': (w, b) => seat(w, b, { muted: false }),
  'calls.admitted': (w, b) => seat(w, b, { barred: false }),
  'calls.ended': (w, b, e) => {
    const known = w.calls.get(b.call);
    const participants = (known?.participants ?? []).map((p) => ({ ...p, ...still, in: false }));
    const next = call(w, b.call, {
      ...{ group: b.group, state: 'ended', end: b.end, participants },
      ...{ keep: b.keep || 'forever', until: b.until ?? null, kept: b.keep !== 'none' },
    });
    const g = w.groups.get(b.group);
    return g && g.call === b.call ? group(next, b.group, { call: '', last: e.at }) : next;
  },
  'calls.keeping_stopped': (w, b) => call(w, b.call, { stopped: b.reason }),
  'calls.forgotten': (w, b) => call(w, b.call, { kept: false }),
  'calls.deleted': (w, b) => {
    const calls = new Map(w.calls);
    calls.delete(b.call);
    return { ...w, calls };
  },
};

/** Of a seat that somebody has just taken or left. */
const still = { audio: false, video: false, behind: false, hand: '', muted: false };

/** @param {any} b */
const made = (b) => ({ group: b.group, title: b.title, maker: b.maker, start: b.start });

/** @param {World} w @param {string} id @param {Partial<User>} change */
function user(w, id, change) {
  const u = w.users.get(id);
  return u ? { ...w, users: put(w.users, id, { ...u, ...change }) } : w;
}

/** @param {World} w @param {string} id @param {Partial<Group>} change */
function group(w, id, change) {
  const g = w.groups.get(id);
  return g ? { ...w, groups: put(w.groups, id, { ...g, ...change }) } : w;
}

/** @param {World} w @param {string} id @param {string} who @param {string} role */
function withMember(w, id, who, role) {
  const known = w.members.get(id);
  const members = known ? put(w.members, id, put(known, who, role)) : w.members;
  const g = w.groups.get(id);
  const change = {
    ...(who === w.me ? { role } : {}),
    members: known ? (members.get(id)?.size ?? 0) : (g?.members ?? 0) + (who === w.me ? 0 : 1),
  };
  return group({ ...w, members }, id, change);
}

/** @param {World} w @param {string} id @param {string} who */
function withoutMember(w, id, who) {
  if (who === w.me) {
    const groups = new Map(w.groups);
    const members = new Map(w.members);
    groups.delete(id);
    members.delete(id);
    return { ...w, groups, members };
  }
  const known = new Map(w.members.get(id) ?? []);
  if (!known.delete(who)) return w;
  return group({ ...w, members: put(w.members, id, known) }, id, { members: known.size });
}

/** @param {World} w @param {string} id @param {Partial<Call>} change */
function call(w, id, change) {
  /** @type {Call} */
  const none = { id, group: '', title: '', maker: '', state: 'running', start: '', end: null, participants: [] };
  return { ...w, calls: put(w.calls, id, { ...(w.calls.get(id) ?? none), ...change }) };
}

/** @param {World} w @param {{call: string, group: string, user: string}} b @param {Partial<Participant>} change */
function seat(w, b, change) {
  const known = w.calls.get(b.call);
  if (!known) return w;
  const found = known.participants.find((p) => p.user === b.user);
  /** @type {Participant} */
  const none = { user: b.user, name: '', seat: 0, in: true, audio: false, video: false, joined: '' };
  const next = { ...(found ?? none), ...change };
  const participants = found ? known.participants.map((p) => (p === found ? next : p)) : [...known.participants, next];
  return call(w, b.call, { participants });
}

/**
 * @template K, V
 * @param {ReadonlyMap<K, V>} map @param {K} key @param {V} value
 * @returns {ReadonlyMap<K, V>}
 */
const put = (map, key, value) => new Map(map).set(key, value);
