import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { EventLine } from '../../src/listen/line.ts';
import { dataFolder, delivery, opened as filled, segmentsIn } from '../listen/inbox/place.ts';
import { opened } from './harness.ts';

const at = (ms: number) => 1_700_000_000_000 + ms;
const body = (text: string) => Buffer.from(text);
const event = (id: string, more = '') => body(`{"type":"case.opened","id":"${id}"${more}}`);

/** A line as `listen` tells it. */
function line(id: string, text = '{"type":"case.opened"}', more: Partial<EventLine> = {}): EventLine {
  return {
    type: 'event',
    id,
    received_at: new Date(at(0)).toISOString(),
    event_type: 'case.opened',
    event_id: null,
    duplicate_of: null,
    signature: {
      status: 'valid',
      reason: null,
      hint: null,
      scheme: 'stripe',
      webhook_id: null,
      secret_age: null,
    },
    request: {
      ...{ method: 'POST', path: '/', query: null, headers: [['X-A', '1']] },
      ...{ body: JSON.parse(text), body_base64: body(text).toString('base64') },
    },
    response: { status: 200 },
    forward: null,
    ...more,
  };
}

const forward = {
  url: 'http://127.0.0.1:3000/',
  status: 200,
  duration_ms: 3,
  error: null,
  attempts: 1,
  body: null,
};

test('rows are newest first by receipt, in pages, and call what came again by its first', async () => {
  const dataDir = dataFolder();
  const inbox = await filled(dataDir);
  await inbox.keep(delivery({ id: 'c', receivedMs: at(3), body: event('evt_2') }));
  await inbox.keep(delivery({ id: 'a', receivedMs: at(1), body: event('evt_1') }));
  await inbox.keep(delivery({ id: 'd', receivedMs: at(4), body: event('evt_1') }));
  await inbox.keep(
    delivery({ id: 'b', receivedMs: at(2), body: event('evt_1'), accepted: false, status: 401 }),
  );
  const { get } = await opened({ dataDir });
  const all = await get('/api/deliveries');
  expect(all.has_more).toBe(false);
  expect(all.rows.map(({ id, duplicate_of }: EventLine) => [id, duplicate_of])).toEqual([
    ['d', 'a'],
    ['c', null],
    ['b', null],
    ['a', null],
  ]);
  expect(all.rows[1]).toEqual({
    id: 'c',
    received_at: new Date(at(3)).toISOString(),
    event_type: 'case.opened',
    event_id: 'evt_2',
    duplicate_of: null,
    signature: { status: 'valid', reason: null },
    method: 'POST',
    path: '/hook',
    body_bytes: event('evt_2').length,
    response_status: 200,
    forward: null,
  });
  const first = await get('/api/deliveries?limit=3');
  const rest = await get('/api/deliveries?limit=3&before=b');
  expect([first, rest].map(({ rows, has_more }) => [rows.map(({ id }: EventLine) => id), has_more])).toEqual([
    [['d', 'c', 'b'], true],
    [['a'], false],
  ]);
});

test('what others add, change and remove is told while a page is open', async () => {
  const dataDir = dataFolder();
  const inbox = await filled(dataDir);
  await inbox.keep(delivery({ id: 'old', body: event('evt_1') }));
  const { live, get } = await opened({ dataDir });
  const stream = await live('/api/deliveries/live');
  await stream.line({ type: 'delivery' });
  await inbox.keep(delivery({ id: 'new', receivedMs: at(9), body: event('evt_2') }));
  await expect.poll(() => stream.lines().filter(({ type }) => type === 'delivery').length).toBe(2);
  await inbox.amend('new', { forward, status: 202 });
  const { row } = await stream.line({ type: 'update' });
  const { body: _, ...shown } = forward;
  expect(row).toMatchObject({ id: 'new', response_status: 202, forward: shown });
  const { event: whole } = await get('/api/deliveries/new');
  expect(whole).toMatchObject({ forward, response: { status: 202 } });
  for (const path of segmentsIn(dataDir)) rmSync(path);
  await stream.line({ type: 'lost' });
  expect((await get('/api/deliveries')).rows).toEqual([]);
});

test('what a sender made very long is cut in the list, and whole in its detail', async () => {
  const dataDir = dataFolder();
  const inbox = await filled(dataDir);
  const long = 'x'.repeat(100_000);
  const sent = { body: body(JSON.stringify({ type: long, id: long })), path: `/${long}` };
  for (const id of ['one', 'two']) await inbox.keep(delivery({ id, ...sent }));
  const [kept, told] = [await opened({ dataDir }), await opened()];
  const event_type = long;
  told.deliveries.note(line('one', undefined, { event_type, event_id: long }));
  for (const { get, ask } of [kept, told]) {
    const { body: text } = await ask({ path: '/api/deliveries' });
    expect(text.length).toBeLessThan(10_000);
    const [row] = JSON.parse(text).rows;
    expect(row).toMatchObject({ event_type: `${'x'.repeat(512)}…`, duplicate_of: null });
    expect(row.event_id).toBe(row.event_type);
    expect(await get('/api/deliveries/one')).toMatchObject({ row: { event_type: row.event_type } });
  }
  const { event: whole } = await kept.get('/api/deliveries/one');
  expect([whole.event_type, whole.event_id, whole.request.path]).toEqual([long, long, sent.path]);
  expect((await kept.get('/api/deliveries/one/fixture')).event_type).toBe(long);
});

test('an inbox that cannot be read is a problem that is told once, and then over', async () => {
  const dataDir = dataFolder();
  const { writeFileSync } = await import('node:fs');
  writeFileSync(`${dataDir}/inbox`, 'no folder');
  const { live, ask } = await opened({ dataDir });
  const stream = await live('/api/deliveries/live');
  await stream.line({ type: 'problem' });
  const { status, body: text } = await ask({ path: '/api/deliveries' });
  expect(status).toBe(500);
  expect(JSON.parse(text).error.message).toContain('inbox');
  rmSync(`${dataDir}/inbox`);
  await (await filled(dataDir)).keep(delivery({ id: 'one' }));
  await stream.line({ type: 'delivery' });
  expect(stream.lines().filter(({ type }) => type === 'problem')).toHaveLength(1);
});

test('lines of listen are there at once, and once only when the inbox has them, too', async () => {
  const dataDir = dataFolder();
  const inbox = await filled(dataDir);
  const { live, deliveries, get } = await opened({ dataDir });
  const stream = await live('/api/deliveries/live');
  deliveries.note(line('one', '{"type":"case.opened"}', { forward }));
  await stream.line({ type: 'delivery' });
  deliveries.note({ type: 'problem', message: 'A body was too large' });
  await stream.line({ type: 'problem', message: 'A body was too large' });
  expect((await get('/api/deliveries/one')).event.request.headers).toEqual([['X-A', '1']]);
  // The record of it has no word of the forward yet.
  await inbox.keep(delivery({ id: 'one', body: body('{"type":"case.opened"}'), path: '/' }));
  await inbox.keep(delivery({ id: 'two', receivedMs: at(5) }));
  await expect.poll(() => stream.lines().some(({ row }) => row?.id === 'two')).toBe(true);
  const told = stream.lines().filter(({ row }) => row?.id === 'one');
  expect(told.map(({ type }) => type)).toEqual(['delivery']);
  const { event: whole } = await get('/api/deliveries/one');
  expect(whole.request.headers).toContainEqual(['X-Twice', 'two']);
  expect(whole.forward).toEqual(forward);
});

test('without an inbox the latest lines are kept in memory, forwards applied, and the oldest go', async () => {
  const { deliveries, get, ask } = await opened();
  for (let number = 0; number < 1_010; number += 1) deliveries.note(line(`n${number}`));
  const bare = { ...forward, url: 'http://127.0.0.1:3000/later' };
  deliveries.note({
    ...{ type: 'forward', id: 'n1009', event_type: null, event_id: null, forward: bare },
    ...{ is_last: true, next_attempt_at: null },
  });
  const { rows, has_more } = await get('/api/deliveries?limit=500');
  expect([rows.length, has_more, rows[0].id, rows[0].forward.url]).toEqual([500, true, 'n1009', bare.url]);
  expect((await get('/api/deliveries/n1009')).event.forward).toEqual(bare);
  expect((await ask({ path: '/api/deliveries/n9' })).status).toBe(404);
  expect((await ask({ path: '/api/deliveries/n10' })).status).toBe(200);
  expect((await get('/api/search?text=CASE.o')).ids).toHaveLength(1_000);
});

test('a text is found whatever its case in bodies, in headers and in the answer of the app', async () => {
  const dataDir = dataFolder();
  const inbox = await filled(dataDir);
  await inbox.keep(delivery({ id: 'a', receivedMs: at(1), body: event('evt_1', ',"name":"Jürgen"') }));
  await inbox.keep(delivery({ id: 'b', receivedMs: at(2), body: body('JÜRGEN as text') }));
  const long = Buffer.concat([Buffer.alloc(1024 * 1024, 'x'), body('jürgen')]);
  const sentTo = 'http://127.0.0.1:3000/a?token=t0psecret';
  await inbox.keep(delivery({ id: 'c', receivedMs: at(3), body: long, sentTo }));
  const { get, ask } = await opened({ dataDir });
  expect(await get(`/api/search?text=${encodeURIComponent('jürgen')}`)).toEqual({
    ids: ['b', 'a'],
    is_complete: false,
  });
  expect((await get('/api/search?text=x-twice:%20TWO')).ids).toEqual(['c', 'b', 'a']);
  expect((await get('/api/search?text=t0psecret')).ids).toEqual([]);
  await inbox.amend('a', { forward: { ...forward, status: 500, body: 'The Database is away' } });
  expect((await get('/api/search?text=database%20is')).ids).toEqual(['a']);
  for (const text of ['', 'x'.repeat(1_001)]) {
    expect((await ask({ path: `/api/search?text=${text}` })).status).toBe(400);
  }
});

test('asks that make no sense are refused in words', async () => {
  const { ask, post } = await opened();
  for (const [status, path] of [
    [400, '/api/deliveries?limit=0'],
    [400, '/api/deliveries?limit=-1'],
    [404, '/api/deliveries/none'],
    [404, '/api/deliveries/%E0%A4%A'],
    [404, `/api/deliveries/${'x'.repeat(201)}`],
    [404, '/api/deliveries/a/b'],
    [404, '/api/nothing'],
    [404, '/app.js/../x'],
    [403, '/api/webhooks'],
    [403, '/api/logs/live'],
  ] as const) {
    const answer = await ask({ path });
    expect(answer.status, path).toBe(status);
    expect(answer.json().error.message).toMatch(/^[A-Z]/);
  }
  expect((await post('/api/deliveries/none/replay', { to: null, resign: false })).status).toBe(404);
  expect((await post('/api/nothing', {})).status).toBe(404);
  expect((await post('/api/deliveries/x/replay', 'x'.repeat(70_000))).status).toBe(413);
});
