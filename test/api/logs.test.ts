import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { json } from '../support/faulty-server.ts';
import { failureOf, type OpenApi, openApi } from './open-api.ts';

const entry = {
  id: 'l1',
  event_type: 'screening.completed',
  webhook_url: 'https://x.test',
  status: 'failed',
  http_status_code: 500,
  attempt_number: 3,
  error_message: 'Server error',
  created_at: '2026-06-12T14:30:00.123456Z',
  next_retry_at: null,
};

describe('v2', () => {
  let open: OpenApi;
  beforeEach(async () => {
    open = await openApi('v2');
  });
  afterEach(() => open.close());

  test('pages by cursor, and has no total', async () => {
    open.server.next(
      json(200, { has_more: true, next_cursor: 'eyJ+/=&', prev_cursor: null, results: [entry] }),
      json(200, { has_more: false, next_cursor: null, prev_cursor: 'x', results: [] }),
    );
    const first = await open.api.logPage({ pageSize: 20 });
    expect(first).toEqual({ entries: [entry], next: 'eyJ+/=&', total: null });
    const second = await open.api.logPage({ after: first.next, pageSize: 20 });
    expect(second).toEqual({ entries: [], next: null, total: null });
    const queries = open.server.arrivals.map(({ target }) => new URL(target, 'http://x').searchParams);
    expect(queries.map((query) => [query.get('after'), query.get('page_size')])).toEqual([
      [null, '20'],
      ['eyJ+/=&', '20'],
    ]);
  });

  test('keeps words for a status that the reference does not name, and null where nothing is said', async () => {
    const { id, event_type, webhook_url, created_at } = entry;
    open.server.next(
      json(200, { results: [{ id, event_type, webhook_url, created_at, status: 'skipped' }] }),
    );
    const { entries } = await open.api.logPage();
    expect(entries).toEqual([
      { ...entry, status: 'skipped', http_status_code: null, attempt_number: null, error_message: null },
    ]);
  });

  test.each([
    ['more without a cursor', { has_more: true, next_cursor: null, results: [] }],
    ['more with an empty cursor', { has_more: true, next_cursor: '', results: [] }],
    ['a cursor without more', { has_more: false, next_cursor: 'x', results: [] }],
    ['neither', { results: [] }],
  ])('%s is the end', async (_, page) => {
    open.server.next(json(200, page));
    expect((await open.api.logPage()).next).toBeNull();
  });

  test('a page that is its own next page ends in a failure, not in a circle', async () => {
    open.server.next(json(200, { has_more: true, next_cursor: 'same', results: [entry] }));
    expect((await failureOf(open.api.logPage({ after: 'same' }))).kind).toBe('api_unavailable');
  });
});

describe('v1', () => {
  let open: OpenApi;
  beforeEach(async () => {
    open = await openApi('v1');
  });
  afterEach(() => open.close());

  test('pages by number, and has a total', async () => {
    open.server.next(
      json(200, { total: 3, page: 1, page_size: 2, logs: [entry, entry] }),
      json(200, { total: 3, page: 2, page_size: 2, logs: [entry] }),
    );
    const first = await open.api.logPage({ pageSize: 2 });
    expect(first).toEqual({ entries: [entry, entry], next: '2', total: 3 });
    expect((await open.api.logPage({ after: first.next, pageSize: 2 })).next).toBeNull();
    expect(open.server.arrivals.map(({ target }) => target.split('?')[1])).toEqual([
      'page=1&page_size=2',
      'page=2&page_size=2',
    ]);
  });

  test.each([
    ['a size that was clipped', { total: 150, page: 1, page_size: 100, logs: [entry] }, '2'],
    ['no total', { logs: [entry] }, '2'],
    ['no total and no entries', { logs: [] }, null],
    ['entries gone while paging', { total: 150, page_size: 100, logs: [] }, null],
    ['no size', { total: 1, logs: [entry] }, null],
    ['a size of zero', { total: 2, page_size: 0, logs: [entry] }, '2'],
  ])('with %s goes on where there is more', async (_, page, next) => {
    open.server.next(json(200, page));
    expect((await open.api.logPage({ pageSize: 500 })).next).toBe(next);
  });

  test.each(['eyJpZCI6IDEyMzR9', '0', '-1', '1.5', '9'.repeat(30)])('refuses %s as a page', async (after) => {
    expect((await failureOf(open.api.logPage({ after }))).kind).toBe('usage');
    expect(open.server.arrivals).toEqual([]);
  });
});

test.each(['v1', 'v2'] as const)('%s asks for a delivery again', async (version) => {
  const open = await openApi(version);
  open.server.next(json(200, { message: 'queued' }), json(200, {}));
  expect(await open.api.retryDelivery('l1')).toEqual({ message: 'queued' });
  expect(await open.api.retryDelivery('l1')).toEqual({ message: null });
  await open.close();
});
