import { afterEach, describe, expect, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { type Bench, type Json, startBench } from './harness.ts';

const benches: Bench[] = [];
afterEach(() => Promise.all(benches.splice(0).map(({ sandbox }) => sandbox.close())));

async function seeded(count: number, seed = 1): Promise<Bench> {
  const bench = await startBench({ seedLogs: count }, new FakeClock(undefined, seed));
  benches.push(bench);
  return bench;
}

const ids = (entries: readonly { id: string }[]): string[] => entries.map(({ id }) => id);

/** All entries, page after page; `between` happens after each page. */
async function walk({ call }: Bench, size: number, between = async () => {}): Promise<string[]> {
  const found: string[] = [];
  let after = '';
  for (;;) {
    const { json } = await call('GET', `/api/v2/webhooks/logs/?page_size=${size}${after}`);
    found.push(...ids(json.results));
    expect(json.has_more).toBe(json.next_cursor !== null);
    if (!json.has_more) return found;
    after = `&after=${encodeURIComponent(json.next_cursor)}`;
    await between();
  }
}

describe('the log of v2', () => {
  test('is empty at first', async () => {
    const { call } = await seeded(0);
    expect((await call('GET', '/api/v2/webhooks/logs/')).json).toEqual({
      has_more: false,
      next_cursor: null,
      prev_cursor: null,
      results: [],
    });
  });

  test('has entries with every documented field, newest first', async () => {
    const { call } = await seeded(60);
    const { json } = await call('GET', '/api/v2/webhooks/logs/');
    expect(json.results).toHaveLength(50);
    const times = json.results.map((entry: Json) => entry.created_at);
    expect(times).toEqual([...times].sort().reverse());
    for (const entry of json.results)
      expect(entry).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        event_type: expect.any(String),
        webhook_url: expect.stringMatching(/^https:\/\/[a-z.]+\.example\//),
        status: expect.stringMatching(/^(delivered|failed)$/),
        http_status_code: entry.http_status_code === null ? null : expect.any(Number),
        attempt_number: expect.any(Number),
        error_message: entry.status === 'delivered' ? null : expect.any(String),
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        next_retry_at: null,
      });
  });

  test.each([1, 7, 50, 100])('is walked whole in pages of %i, each entry once', async (size) => {
    const bench = await seeded(203);
    const found = await walk(bench, size);
    expect([found.length, new Set(found).size]).toEqual([203, 203]);
  });

  test('is walked whole while new entries arrive', async () => {
    const bench = await seeded(30);
    await bench.create();
    const before = new Set(await walk(bench, 100));
    const found = await walk(bench, 4, async () => void (await bench.fire('screening.completed')));
    expect(new Set(found)).toEqual(before);
    expect(found).toHaveLength(30);
  });

  test('leads back to newer entries', async () => {
    const { call } = await seeded(10);
    const first = (await call('GET', '/api/v2/webhooks/logs/?page_size=4')).json;
    const second = (await call('GET', `/api/v2/webhooks/logs/?page_size=4&after=${first.next_cursor}`)).json;
    expect(first.prev_cursor).toBeNull();
    const back = (await call('GET', `/api/v2/webhooks/logs/?page_size=4&before=${second.prev_cursor}`)).json;
    expect(back.results).toEqual(first.results);
    expect(back.has_more).toBe(true);
  });

  test('clips pages over 100', async () => {
    const { call } = await seeded(120);
    expect((await call('GET', '/api/v2/webhooks/logs/?page_size=101')).json.results).toHaveLength(100);
  });

  test.each([
    'page_size=0',
    'page_size=-1',
    'page_size=x',
    'page_size=1.5',
    'after=x',
    'after=eyJpZCI6IDEyMzR9',
    'before=x',
  ])('refuses %s', async (query) => {
    const { call } = await seeded(1);
    const { status, json } = await call('GET', `/api/v2/webhooks/logs/?${query}`);
    expect([status, Object.keys(json.errors)]).toEqual([400, [query.split('=')[0]]]);
  });
});

describe('the log of v1', () => {
  test('has numbered pages and a total', async () => {
    const { call } = await seeded(45);
    const v2 = (await call('GET', '/api/v2/webhooks/logs/?page_size=100')).json.results;
    const pages = await Promise.all(
      [1, 2, 3, 4].map(
        async (page) => (await call('GET', `/api/v1/webhooks/logs/?page=${page}&page_size=20`)).json,
      ),
    );
    expect(pages.map(({ total, page, page_size, logs }) => [total, page, page_size, logs.length])).toEqual([
      [45, 1, 20, 20],
      [45, 2, 20, 20],
      [45, 3, 20, 5],
      [45, 4, 20, 0],
    ]);
    expect(pages.flatMap(({ logs }) => logs)).toEqual(v2);
    expect(Object.keys(pages[0])).toEqual(['total', 'page', 'page_size', 'logs']);
  });

  test('begins with page 1 of 50', async () => {
    const { call } = await seeded(60);
    const { json } = await call('GET', '/api/v1/webhooks/logs/');
    expect([json.page, json.page_size, json.logs.length]).toEqual([1, 50, 50]);
  });

  test('refuses a page that is no number', async () => {
    const { call } = await seeded(1);
    expect((await call('GET', '/api/v1/webhooks/logs/?page=0')).json.errors).toEqual({
      page: [expect.any(String)],
    });
  });
});

describe('seeds', () => {
  test('are the same for the same chance, and others for another', async () => {
    const texts = await Promise.all(
      [1, 1, 2].map(
        async (seed) => (await (await seeded(20, seed)).call('GET', '/api/v2/webhooks/logs/')).text,
      ),
    );
    expect(texts[0]).toBe(texts[1]);
    expect(texts[2]).not.toBe(texts[0]);
  });

  test('lie in the past, and a new delivery is newer', async () => {
    const bench = await seeded(5);
    await bench.create();
    const { log_ids } = await bench.fire('screening.completed');
    const entries = await bench.logs();
    expect(entries[0].id).toBe(log_ids[0]);
    expect(entries.slice(1).every(({ created_at }) => created_at < '2026-01-19T10:30:00.000Z')).toBe(true);
  });

  test('can be retried, and send the same body each time', async () => {
    const bench = await seeded(1);
    const [entry] = await bench.logs();
    for (const _ of [1, 2]) {
      await bench.call('POST', `/api/v2/webhooks/logs/${entry.id}/retry/`);
      await bench.sandbox.idle();
    }
    expect(bench.sent).toHaveLength(2);
    expect(bench.sent[0]?.url.href).toBe(entry.webhook_url);
    expect(bench.sent[1]?.body).toEqual(bench.sent[0]?.body);
  });
});
