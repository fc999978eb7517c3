import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LogEntry } from '../../../src/api/wire.ts';
import { answered, impatient, type Json, startSandbox, type TestSandbox } from '../../support/sandbox.ts';

const NOW = Date.parse('2026-01-19T12:00:00Z');
const clock = { ...impatient, now: () => NOW };

const entry = (n: number, given: Partial<LogEntry> = {}): LogEntry => ({
  id: `log-${n}`,
  event_type: 'screening.completed',
  webhook_url: 'https://a.example/kyc',
  status: 'delivered',
  http_status_code: 200,
  attempt_number: 1,
  error_message: null,
  created_at: new Date(NOW - n * 3_600_000).toISOString(),
  next_retry_at: null,
  ...given,
});

const ENTRIES: readonly LogEntry[] = [
  entry(1),
  entry(2, { status: 'failed', http_status_code: 503, error_message: 'HTTP 503', attempt_number: 10 }),
  entry(3, {
    event_type: 'case.opened',
    webhook_url: 'https://b.example/a-rather-long-path/that-goes-on/and-on/for-longer/than-a-terminal',
    status: 'retrying',
    http_status_code: null,
    error_message: 'No answer',
    next_retry_at: '2026-01-19T12:05:00Z',
  }),
  entry(30, { status: 'failed' }),
];

const page = (...entries: readonly LogEntry[]) =>
  answered(200, { results: entries, has_more: false, next_cursor: null });

let api: TestSandbox;

afterEach(() => api.close());

describe.each(['v1', 'v2'] as const)('logs stats on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version, seedLogs: 700 });
  });

  test('sums up what logs list gives', async () => {
    const since = ['--since', '30h'];
    const all: readonly LogEntry[] = await api.json(['logs', 'list', '--all', ...since]);
    const failed = all.filter(({ status }) => status === 'failed');
    const stats = await api.json(['logs', 'stats', '--by', 'url', ...since]);
    expect(all.length).toBeGreaterThan(200);
    expect(stats.entries).toBeLessThanOrEqual(all.length);
    expect(stats.entries).toBeGreaterThanOrEqual(all.length - 1);
    expect(stats.by_status.failed).toBe(failed.length);
    expect(stats.last_failure).toBe(failed[0]?.created_at);
    expect(stats.groups.map(({ key }: Json) => key).sort()).toEqual(
      [...new Set(all.map(({ webhook_url }) => webhook_url))].sort(),
    );
  });

  test('with --limit reads no more of the log', async () => {
    const stats = await api.json(['logs', 'stats', '--since', '7d', '--limit', '150']);
    expect(stats).toMatchObject({ entries: 150, limit_reached: true });
    expect(api.calls).toHaveLength(2);
  });
});

describe('logs stats', () => {
  beforeEach(async () => {
    api = await startSandbox();
  });

  test('without --since is of the last 24 hours', async () => {
    api.next(page(...ENTRIES));
    expect(await api.json(['logs', 'stats'], { clock })).toMatchObject({
      since: '2026-01-18T12:00:00.000Z',
      until: '2026-01-19T12:00:00.000Z',
      by: 'event',
      limit_reached: false,
      entries: 3,
      success_rate: 0.5,
      attempts: { average: 4, max: 10 },
      waiting: 1,
      next_retry_at: '2026-01-19T12:05:00.000Z',
      groups: [
        { key: 'screening.completed', entries: 2, delivered: 1, failed: 1, open: 0, success_rate: 0.5 },
        { key: 'case.opened', entries: 1, delivered: 0, failed: 0, open: 1, success_rate: null },
      ],
      other_groups: null,
    });
  });

  test('takes filters', async () => {
    api.next(page(...ENTRIES));
    const argv = ['logs', 'stats', '--status', 'failed', '--until', '20h', '--since', '2d'];
    expect(await api.json(argv, { clock })).toMatchObject({ entries: 1, success_rate: 0 });
  });

  test.each([
    ['2', false, true, 'of the time that was asked for more is left'],
    ['3', false, true, 'the next one may belong to it'],
    ['4', false, false, 'the log ends there'],
    ['4', true, false, 'the rest is older'],
    ['5', false, false, 'it is never reached'],
  ])(
    'with --limit %s says whether that cut it short (more pages: %s): %s, as %s',
    async (limit, more, isCut) => {
      api.next(answered(200, { results: ENTRIES, has_more: more, next_cursor: more ? 'c' : null }));
      expect(await api.json(['logs', 'stats', '--limit', limit], { clock })).toMatchObject({
        limit_reached: isCut,
      });
    },
  );

  test.each([80, 200])('is a summary with bars that fits %d columns', async (columns) => {
    for (const by of ['event', 'url', 'code', 'hour']) {
      api.next(page(...ENTRIES));
      const { code, stdout } = await api.run(['logs', 'stats', '--by', by, '--since', '2d'], {
        clock,
        columns,
        env: { NO_COLOR: '1' },
      });
      expect(code).toBe(0);
      const rows = stdout.split('\n');
      expect(rows.filter(({ length }) => length > columns)).toEqual([]);
      expect(rows[0]).toMatch(/^4 deliveries from \d{4}-\d\d-\d\d \d\d:\d\d to /);
      expect(stdout).toMatch(/^success +33\.3 % {2}█{5}░{11}$/m);
      expect(stdout).toMatch(/^status +1 delivered, 2 failed, 1 retrying$/m);
      expect(stdout).toMatch(/^waiting +1 for a retry, the next in 5 min$/m);
      expect(stdout).toMatch(/^ +1 +503 {2}HTTP 503$/m);
    }
  });

  test('draws its bars in ASCII where the terminal shows no UTF-8', async () => {
    api.next(page(...ENTRIES));
    const { stdout } = await api.run(['logs', 'stats', '--by', 'code'], { clock, env: { LC_ALL: 'C' } });
    expect(stdout).toMatch(/^success +50\.0 % {2}#{8}\.{8}$/m);
    expect(stdout).toMatch(/^200 +1 +0 +100\.0 % {2}#{16}$/m);
    expect(stdout).toMatch(/^[\n -~]*$/);
  });

  test('folds the groups beyond the first twenty into one row', async () => {
    const types = Array.from({ length: 25 }, (_none, n) =>
      entry(1, { id: `log-${n}`, event_type: `made.up_${n}` }),
    );
    api.next(page(...types), page(...types));
    const { stdout } = await api.run(['logs', 'stats'], { clock });
    expect(stdout.match(/^made\.up_/gm)).toHaveLength(20);
    expect(stdout).toMatch(/^other +5 +0 +100\.0 %/m);
    expect((await api.json(['logs', 'stats'], { clock })).groups).toHaveLength(25);
  });

  test('shows hostile texts harmlessly', async () => {
    const hostile = '\u{1b}]52;c;cm0gLXJm\u{7}boom\r\n\u{1b}[1A\u{9b}2J';
    api.next(page(entry(1, { status: 'failed', event_type: hostile, error_message: hostile })));
    const { stdout } = await api.run(['logs', 'stats'], { clock });
    expect(stdout).toContain('boom');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none is to be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test('says so when nothing matches', async () => {
    api.next(page(), page());
    const { code, stdout, stderr } = await api.run(['logs', 'stats'], { clock });
    expect({ code, stdout }).toStrictEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^No delivery matches from .* to .*\.\n$/);
    expect(await api.json(['logs', 'stats'], { clock })).toMatchObject({
      entries: 0,
      success_rate: null,
      groups: [],
    });
  });

  test.each([
    [['--by', 'moon'], '--by takes event, url, code, hour, not "moon"'],
    [['--limit', '0'], '--limit takes a whole number of at least 1'],
  ])('%j is a usage error', async (argv, message) => {
    const { code, stderr } = await api.run(['logs', 'stats', ...argv]);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
