import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { FollowEvent } from '../../src/deliveries/follow.ts';
import { Failure } from '../../src/errors.ts';
import { Feed } from '../../src/inspector/feed.ts';
import type { AccountSource } from '../../src/inspector/sources.ts';
import { opened, STATE } from './harness.ts';

const entry = (id: string, status = 'failed') => ({
  ...{ id, event_type: 'case.opened', webhook_url: 'https://example.com/', status, http_status_code: 500 },
  ...{ attempt_number: 1, error_message: null, created_at: '2026-01-01T00:00:00Z', next_retry_at: null },
});

test('a page that lags loses its lines and is told; others lose none, and nobody waits', async () => {
  const feed = new Feed<{ type: string; number: number }>({ clock: systemClock });
  const stop = new AbortController();
  const lagging = feed.open(stop.signal)[Symbol.asyncIterator]();
  for (let number = 0; number < 1_002; number += 1) feed.tell({ type: 'line', number });
  expect((await lagging.next()).value).toEqual({ type: 'lost' });
  expect((await lagging.next()).value).toEqual({ type: 'line', number: 1_001 });
  const other = feed.open(stop.signal)[Symbol.asyncIterator]();
  feed.tell({ type: 'line', number: 7 });
  expect((await other.next()).value).toEqual({ type: 'line', number: 7 });
  stop.abort();
  expect((await other.next()).done).toBe(true);
  expect(feed.isHeard).toBe(false);
});

test('when all is quiet there is a sign of life', async () => {
  const clock = { ...systemClock, sleep: async () => undefined };
  const stop = new AbortController();
  const reading = new Feed<{ type: string }>({ clock }).open(stop.signal)[Symbol.asyncIterator]();
  expect((await reading.next()).value).toBeNull();
  stop.abort();
  expect((await reading.next()).done).toBe(true);
});

/** An account whose log is told by the test. */
function account() {
  const events: FollowEvent[] = [];
  let wake = (): void => undefined;
  const log = { begun: 0, over: 0, failure: null as Failure | null };
  const source: AccountSource = {
    async *follow(signal) {
      log.begun += 1;
      signal.addEventListener('abort', () => wake());
      try {
        for (let at = 0; !signal.aborted; ) {
          if (log.failure) throw log.failure;
          const event = events[at];
          if (event) {
            at += 1;
            yield event;
          } else
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
        }
      } finally {
        log.over += 1;
      }
    },
    async retry(id) {
      if (id === 'gone') throw new Failure('not_found', 'There is no such entry');
      return `Asked for ${id}`;
    },
    subscriptions: async () => [],
  };
  const tell = (event: FollowEvent): void => {
    events.push(event);
    wake();
  };
  return { source, log, tell };
}

test('all pages share one follow of the log, begun with the first and ended with the last', async () => {
  const { source, log, tell } = account();
  const { live } = await opened({ sources: { account: source } });
  expect(log.begun).toBe(0);
  const first = await live('/api/logs/live');
  tell({ type: 'entry', ...entry('e1'), extra: 'secret' } as FollowEvent);
  expect(await first.line({ type: 'entry' })).toEqual({ type: 'entry', entry: entry('e1') });
  tell({ type: 'update', ...entry('e1', 'delivered'), previous_status: 'failed' });
  await first.line({ type: 'update' });
  const second = await live('/api/logs/live');
  expect(await second.line({ type: 'entry' })).toEqual({ type: 'entry', entry: entry('e1', 'delivered') });
  tell({ type: 'problem', message: 'The API is limiting', retry_in_ms: 1 });
  tell({ type: 'recovered', entries: 0, gap_ms: 1 });
  for (const stream of [first, second]) await stream.line({ type: 'recovered' });
  expect(await first.line({ type: 'problem' })).toEqual({ type: 'problem', message: 'The API is limiting' });
  expect(log.begun).toBe(1);
  first.leave();
  second.leave();
  await expect.poll(() => log.over).toBe(1);
  await live('/api/logs/live');
  expect(log.begun).toBe(2);
});

test('text with line ends neither ends a line of the stream nor begins one', async () => {
  const { source, tell } = account();
  const { live } = await opened({ sources: { account: source } });
  const stream = await live('/api/logs/live');
  const forged = 'a\n\nevent: entry\ndata: {}\n\r\rid: 1\r\nretry: 1';
  tell({ type: 'entry', ...entry(forged), error_message: forged });
  tell({ type: 'problem', message: forged, retry_in_ms: 1 });
  expect(await stream.line({ type: 'problem' })).toEqual({ type: 'problem', message: forged });
  expect(stream.lines()[0]).toMatchObject({ entry: { id: forged, error_message: forged } });
  const fields = stream.text().split(/\r\n|\r|\n/);
  expect(fields.filter(Boolean).map((field) => field.split(':')[0])).toEqual([
    ...['retry', 'event', 'data', 'event', 'data'],
  ]);
});

test('a log that cannot be read is a problem, and the stream stays', async () => {
  const { source, log } = account();
  log.failure = new Failure('not_logged_in', 'The API refused the key');
  const { live } = await opened({ sources: { account: source } });
  const stream = await live('/api/logs/live');
  await stream.line({ type: 'problem', message: 'The API refused the key' });
  expect(log.begun).toBe(1);
});

test('an entry is delivered again, and a failure told', async () => {
  const { source } = account();
  const { post, get } = await opened({
    sources: { account: source, state: () => ({ ...STATE, has_account: true }) },
  });
  expect((await post('/api/logs/e%201/retry', {})).json()).toEqual({ id: 'e 1', message: 'Asked for e 1' });
  const gone = await post('/api/logs/gone/retry', {});
  expect({ status: gone.status, ...gone.json() }).toEqual({
    status: 404,
    error: { message: 'There is no such entry', hint: null },
  });
  expect(await get('/api/webhooks')).toEqual([]);
  expect(await get('/api/state')).toEqual({ ...STATE, has_account: true });
});
