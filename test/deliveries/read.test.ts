import { describe, expect, test } from 'vitest';
import type { LogPage } from '../../src/api/client.ts';
import type { LogEntry } from '../../src/api/wire.ts';
import { type Reading, readLog } from '../../src/deliveries/read.ts';
import { Failure } from '../../src/errors.ts';

const START = Date.parse('2026-01-19T10:30:00Z');

/** Entry number `n`: the higher, the newer, a minute apart. */
const entry = (n: number): LogEntry => ({
  id: `log_${n}`,
  event_type: 'screening.completed',
  webhook_url: 'https://hooks.example/kyc',
  status: n % 2 === 0 ? 'failed' : 'delivered',
  http_status_code: 200,
  attempt_number: 1,
  error_message: null,
  created_at: new Date(START + n * 60_000).toISOString(),
  next_retry_at: null,
});

/** A log by page number, newest first, which `grow` adds entries to while it is read. */
function logOf(count: number) {
  let newest = count;
  const asked: { after: string | null; pageSize: number }[] = [];
  return {
    asked,
    grow: (by: number) => {
      newest += by;
    },
    async logPage({
      after = null as string | null,
      pageSize = 50,
      signal = undefined as AbortSignal | undefined,
    } = {}) {
      signal?.throwIfAborted();
      asked.push({ after, pageSize });
      const page = Number(after ?? 1);
      const first = newest - (page - 1) * pageSize;
      const entries = Array.from({ length: Math.max(0, Math.min(pageSize, first)) }, (_none, i) =>
        entry(first - i),
      );
      const next = first - pageSize > 0 ? String(page + 1) : null;
      return { entries, next, total: newest } satisfies LogPage;
    },
  };
}

const reading = (given: Partial<Reading> = {}): Reading => ({
  filter: {},
  pageSize: 10,
  signal: new AbortController().signal,
  ...given,
});

async function idsOf(entries: AsyncIterable<LogEntry>): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const { id } of entries) ids.push(id);
  return ids;
}

const range = (from: number, to: number): readonly string[] =>
  Array.from({ length: from - to + 1 }, (_none, index) => `log_${from - index}`);

describe('reading the delivery log', () => {
  test('gives every entry, newest first, to the end', async () => {
    const log = logOf(25);
    expect(await idsOf(readLog(log, reading()))).toEqual(range(25, 1));
    expect(log.asked).toEqual([
      { after: null, pageSize: 10 },
      { after: '2', pageSize: 10 },
      { after: '3', pageSize: 10 },
    ]);
  });

  test('gives only what the filter lets pass', async () => {
    const filter = { statuses: new Set(['failed']) };
    expect(await idsOf(readLog(logOf(6), reading({ filter })))).toEqual(['log_6', 'log_4', 'log_2']);
  });

  test('asks for no page that the bounds leave out', async () => {
    const log = logOf(100);
    expect(await idsOf(readLog(log, reading({ wanted: 10 })))).toEqual(range(100, 91));
    expect(log.asked).toHaveLength(1);
    expect(await idsOf(readLog(log, reading({ wanted: 25 })))).toEqual(range(100, 76));
    expect(log.asked).toHaveLength(4);
    const filter = { statuses: new Set(['failed']) };
    expect(await idsOf(readLog(log, reading({ filter, mostRead: 5 })))).toEqual([
      'log_100',
      'log_98',
      'log_96',
    ]);
    expect(log.asked).toHaveLength(5);
  });

  test('asks for a few pages more while one is looked at', async () => {
    const log = logOf(1000);
    for await (const { id } of readLog(log, reading())) if (id === 'log_995') break;
    expect(log.asked).toHaveLength(3);
  });

  test('lets go of what it asked for when its reader leaves', async () => {
    const log = logOf(1000);
    const signals: (AbortSignal | undefined)[] = [];
    const logPage: typeof log.logPage = (options) => {
      signals.push(options?.signal);
      return log.logPage(options);
    };
    for await (const _entry of readLog({ logPage }, reading())) break;
    expect(signals.length).toBeGreaterThan(1);
    expect(signals.every((signal) => signal?.aborted)).toBe(true);
  });

  test('gives each entry once while newer ones push it to the next page', async () => {
    const log = logOf(30);
    const ids: string[] = [];
    for await (const { id } of readLog(log, reading())) {
      ids.push(id);
      if (id === 'log_25' || id === 'log_15') log.grow(4);
    }
    expect(ids).toEqual(range(30, 1));
  });

  test('stops at a page that lies wholly before the first instant wanted', async () => {
    const log = logOf(100);
    const filter = { since: START + 85 * 60_000 };
    expect(await idsOf(readLog(log, reading({ filter })))).toEqual(range(100, 85));
    expect(log.asked).toHaveLength(3);
  });

  test('goes on through an empty page that is not the last', async () => {
    const pages: LogPage[] = [
      { entries: [entry(3)], next: 'a', total: null },
      { entries: [], next: 'b', total: null },
      { entries: [entry(2)], next: null, total: null },
    ];
    const log = { logPage: async () => pages.shift() ?? { entries: [], next: null, total: null } };
    const filter = { since: START };
    expect(await idsOf(readLog(log, reading({ filter })))).toEqual(['log_3', 'log_2']);
  });

  test('tells how far it is after each page', async () => {
    const told: number[] = [];
    const onPage = (read: number): void => void told.push(read);
    await idsOf(readLog(logOf(25), reading({ onPage })));
    expect(told).toEqual([10, 20, 25]);
  });

  test('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    const reason = new Failure('interrupted', 'Interrupted');
    const ids: string[] = [];
    const read = async (): Promise<void> => {
      for await (const { id } of readLog(logOf(25), reading({ signal: stop.signal }))) {
        ids.push(id);
        stop.abort(reason);
      }
    };
    await expect(read()).rejects.toBe(reason);
    expect(ids).toEqual(range(25, 16));
  });
});
