import { describe, expect, test } from 'vitest';
import type { LogEntry } from '../../src/api/wire.ts';
import { StatsTally } from '../../src/deliveries/stats.ts';

const ENTRY: LogEntry = {
  id: 'log_1',
  event_type: 'case.opened',
  webhook_url: 'https://a.example/kyc',
  status: 'delivered',
  http_status_code: 200,
  attempt_number: 1,
  error_message: null,
  created_at: '2026-01-19T10:30:00.000Z',
  next_retry_at: null,
};

const failed = (given: Partial<LogEntry> = {}): Partial<LogEntry> => ({
  status: 'failed',
  http_status_code: 503,
  attempt_number: 10,
  error_message: 'HTTP 503',
  ...given,
});

function sum(by: ConstructorParameters<typeof StatsTally>[0], ...entries: readonly Partial<LogEntry>[]) {
  const tally = new StatsTally(by);
  for (const given of entries) tally.add({ ...ENTRY, ...given });
  return tally.summary();
}

describe('the sum of a log', () => {
  test('counts what ended, what is under way, and the attempts', () => {
    const retrying = {
      status: 'retrying',
      http_status_code: 500,
      attempt_number: 2,
      error_message: 'HTTP 500',
    };
    const stats = sum(
      'event',
      {},
      {},
      failed({ created_at: '2026-01-19T09:00:00Z' }),
      failed({ created_at: '2026-01-19T11:00:00Z' }),
      { ...retrying, next_retry_at: '2026-01-19T12:00:00Z' },
      { ...retrying, next_retry_at: '2026-01-19T11:45:00Z' },
      { status: 'pending', http_status_code: null, attempt_number: null },
    );
    expect(stats).toMatchObject({
      entries: 7,
      by_status: { delivered: 2, failed: 2, retrying: 2, pending: 1 },
      success_rate: 0.5,
      attempts: { average: 26 / 6, max: 10 },
      first_failure: '2026-01-19T09:00:00.000Z',
      last_failure: '2026-01-19T11:00:00.000Z',
      waiting: 2,
      next_retry_at: '2026-01-19T11:45:00.000Z',
      errors: [
        { http_status_code: 503, message: 'HTTP 503', entries: 2 },
        { http_status_code: 500, message: 'HTTP 500', entries: 2 },
      ],
      other_errors: 0,
    });
  });

  test('of nothing is zeros and nulls', () => {
    expect(sum('hour')).toEqual({
      entries: 0,
      by_status: { delivered: 0, failed: 0, retrying: 0, pending: 0 },
      success_rate: null,
      attempts: { average: null, max: null },
      first_failure: null,
      last_failure: null,
      waiting: 0,
      next_retry_at: null,
      errors: [],
      other_errors: 0,
      groups: [],
      other_groups: null,
    });
  });

  test('keeps hostile words apart from its own', () => {
    const { by_status, groups } = sum('event', { status: '__proto__', event_type: '__proto__' }, {});
    expect(Object.entries(by_status)).toContainEqual(['__proto__', 1]);
    expect(groups.map(({ key }) => key)).toContain('__proto__');
  });
});

describe('groups', () => {
  test('come with the most failures first, then the most entries', () => {
    const of = (event_type: string) => ({ event_type });
    const { groups } = sum('event', of('a'), of('b'), of('b'), { ...failed(), ...of('c') }, of('d'));
    expect(groups.map(({ key }) => key)).toEqual(['c', 'b', 'a', 'd']);
    expect(groups[0]).toEqual({
      ...{ key: 'c', entries: 1, delivered: 0, failed: 1, open: 0, success_rate: 0 },
    });
  });

  test.each([
    ['url', ['https://b.example/', 'https://a.example/kyc']],
    ['code', ['none', '200']],
  ] as const)('go by %s', (by, keys) => {
    const other = failed({ webhook_url: 'https://b.example/', http_status_code: null });
    expect(sum(by, {}, {}, other).groups.map(({ key }) => key)).toEqual(keys);
  });

  test('by hour are a time line, with the hours in which nothing was sent', () => {
    const { groups } = sum('hour', { created_at: '2026-01-19T12:59:59.999Z' }, failed());
    expect(groups.map(({ key, entries }) => [key, entries])).toEqual([
      ['2026-01-19T10:00:00Z', 1],
      ['2026-01-19T11:00:00Z', 0],
      ['2026-01-19T12:00:00Z', 1],
    ]);
  });

  test('by hour over years are not filled up', () => {
    const { groups } = sum('hour', { created_at: '1970-01-01T00:00:00Z' }, {});
    expect(groups).toHaveLength(2);
  });

  test('and errors beyond their bound are counted together', () => {
    const entries = Array.from({ length: 5_000 }, (_none, n) =>
      failed({
        webhook_url: `https://${n}.example/`,
        error_message: `error ${n}`,
        status: n % 2 ? 'failed' : `s${n}`,
      }),
    );
    const stats = sum('url', ...entries);
    expect(stats.groups).toHaveLength(1_000);
    expect(stats.other_groups).toMatchObject({
      key: 'other',
      entries: 4_000,
      failed: 2_000,
      success_rate: 0,
    });
    expect(stats.errors).toHaveLength(5);
    expect(stats.other_errors).toBe(2_495);
    expect(Object.values(stats.by_status).reduce((total, count) => total + count, 0)).toBe(5_000);
    expect(Object.keys(stats.by_status).length).toBeLessThan(20);
  });
});
