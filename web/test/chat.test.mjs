import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chat } from '../app/chat.js';

test('a message that comes while the page before it is under way stays', async () => {
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
    const body = { group: 'g', message: 'm1', number: 1, author: 'bob', text: 'Shall we calculate?' };
    chat.event(/** @type {any} */ ({ type: 'messaging.posted', at: '2026-01-02T03:04:05Z', body }));
    answer({ messages: [], more: false });
    await opened;
    const { messages, loaded } = chat.of('g');
    assert.deepEqual([loaded, messages.map((m) => m.text)], [true, ['Shall we calculate?']]);
  } finally {
    globalThis.fetch = asked;
  }
});
