import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chat } from '../app/chat.js';

/**
 * What of a group is shown when `events` come while its first page is under way.
 * @param {object[]} events
 * @param {object} page
 */
async function meanwhile(events, page) {
  /** @type {(page: object) => void} */
  let answer = () => {};
  const pages = new Promise((done) => {
    answer = done;
  });
  const asked = globalThis.fetch;
  globalThis.fetch = /** @type {any} */ (
    async () => ({
      ok: true,
      status: 200,
      headers: new Headers(),
      json: () => pages,
      text: async () => JSON.stringify(await pages),
    })
  );
  try {
    const world = { value: { me: 'ada', groups: new Map() } };
    const chat = new Chat(/** @type {any} */ ({ world, route: { value: { name: 'group', id: 'g', tab: 'chat' } } }));
    Object.assign(globalThis, { document: { visibilityState: 'visible' } });
    const opened = chat.open('g');
    for (const event of events) chat.event(/** @type {any} */ (event));
    answer(page);
    await opened;
    return chat.of('g');
  } finally {
    globalThis.fetch = asked;
  }
}

const at = '2026-01-02T03:04:05Z';
const text = 'Shall we calculate?';
const said = { id: 'm1', group: 'g', number: 1, author: 'bob', text, call: '', at };
const shown = { ...said, edited: null, deleted: false, reactions: [] };

test('a message that comes while the page before it is under way stays', async () => {
  const body = { group: 'g', message: 'm1', number: 1, author: 'bob', text };
  const { messages, loaded } = await meanwhile([{ type: 'messaging.posted', at, body }], { messages: [], more: false });
  assert.deepEqual([loaded, messages.map((m) => m.text)], [true, [text]]);
});

test('what changes a message while an older page of it is under way holds', async () => {
  const page = { messages: [shown, { ...shown, id: 'm2', number: 2 }], more: false };
  const change = { group: 'g', message: 'm1' };
  const { messages } = await meanwhile(
    [
      { type: 'messaging.edited', at, body: { ...change, text: 'Let us calculate.' } },
      { type: 'messaging.reacted', at, body: { ...change, emoji: '👍', user: 'cy', on: true } },
      { type: 'messaging.deleted', at, body: { ...change, message: 'm2' } },
    ],
    page,
  );
  assert.equal(messages[0].text, 'Let us calculate.');
  assert.deepEqual(messages[0].reactions, [{ emoji: '👍', users: ['cy'] }]);
  assert.equal(messages[1].deleted, true);
});

test('what the page knows already changes nothing a second time', async () => {
  const reactions = [{ emoji: '👍', users: ['cy'] }];
  const page = { messages: [{ ...shown, text: 'Let us calculate.', edited: at, reactions }], more: false };
  const { messages } = await meanwhile(
    [
      { type: 'messaging.posted', at, body: { group: 'g', message: 'm1', number: 1, author: 'bob', text } },
      { type: 'messaging.edited', at, body: { group: 'g', message: 'm1', text: 'Let us calculate.' } },
      { type: 'messaging.reacted', at, body: { group: 'g', message: 'm1', emoji: '👍', user: 'cy', on: true } },
    ],
    page,
  );
  assert.deepEqual(messages, page.messages);
});
