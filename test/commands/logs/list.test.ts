import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { LogEntry } from '../../../src/api/wire.ts';
import type { HttpRequest } from '../../../src/http.ts';
import {
  answered,
  impatient,
  interruptedBy,
  type Json,
  startSandbox,
  type TestSandbox,
} from '../../support/sandbox.ts';

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

/** Newest first, an hour apart. */
const ENTRIES: readonly LogEntry[] = [
  entry(1),
  entry(2, { status: 'failed', http_status_code: 503, error_message: 'HTTP 503' }),
  entry(3, { event_type: 'screening.failed', webhook_url: 'https://b.example/kyc' }),
  entry(4, {
    event_type: 'case.opened',
    status: 'failed',
    http_status_code: null,
    error_message: 'No answer',
  }),
  entry(5, {
    status: 'retrying',
    http_status_code: 500,
    attempt_number: 2,
    next_retry_at: '2026-01-19T12:30:00Z',
  }),
  entry(6, { status: 'pending', http_status_code: null, attempt_number: null }),
  entry(7, { status: 'failed', http_status_code: 404 }),
];

const page = (...entries: readonly LogEntry[]) =>
  answered(200, { results: entries, has_more: false, next_cursor: null });

let api: TestSandbox;

const asked = (): readonly string[] => api.calls.map(({ url }: HttpRequest) => url.search);

async function idsOf(argv: readonly string[]): Promise<readonly string[]> {
  api.next(page(...ENTRIES));
  return (await api.json(['logs', 'list', ...argv], { clock })).map(({ id }: Json) => id);
}

describe.each(['v1', 'v2'] as const)('logs list on API %s', (version) => {
  const SEEDS = 130;

  beforeEach(async () => {
    api = await startSandbox({ version, seedLogs: SEEDS });
  });

  afterEach(() => api.close());

  test('gives the newest 50, in one shape', async () => {
    const entries = await api.json(['logs', 'list']);
    expect(entries).toHaveLength(50);
    expect(Object.keys(entries[0])).toEqual([
      'id',
      'event_type',
      'webhook_url',
      'status',
      'http_status_code',
      'attempt_number',
      'error_message',
      'created_at',
      'next_retry_at',
    ]);
    const times = entries.map(({ created_at }: Json) => created_at);
    expect(times).toEqual([...times].sort().reverse());
    expect(times[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    expect(asked()).toEqual([version === 'v1' ? '?page=1&page_size=100' : '?page_size=100']);
  });

  test('gives all with --all, page by page, each once', async () => {
    const entries = await api.json(['logs', 'list', '--all', '--page-size', '40']);
    expect(new Set(entries.map(({ id }: Json) => id)).size).toBe(SEEDS);
    expect(api.calls).toHaveLength(4);
    expect(api.calls.every(({ url }) => url.searchParams.get('page_size') === '40')).toBe(true);
  });

  test('reads on until enough entries match', async () => {
    const failed = await api.json(['logs', 'list', '--status', 'failed', '--limit', '3', '--page-size', '5']);
    expect(failed.map(({ status }: Json) => status)).toEqual(['failed', 'failed', 'failed']);
    expect(api.calls.length).toBeGreaterThan(1);
    expect(api.calls.length).toBeLessThan(SEEDS / 5);
  });

  test('stops asking at what is older than --since', async () => {
    const entries = await api.json(['logs', 'list', '--since', '6h', '--all', '--page-size', '10']);
    const oldest = Date.now() - 6 * 3_600_000;
    expect(entries.length).toBeGreaterThan(5);
    expect(entries.every(({ created_at }: Json) => Date.parse(created_at) >= oldest)).toBe(true);
    expect(api.calls.length).toBeLessThan(4);
  });

  test('as NDJSON passes entries on as they are read', async () => {
    const seen: number[] = [];
    const argv = ['logs', 'list', '--all', '--page-size', '2', '-o', 'ndjson'];
    const { code, stdout } = await api.run(argv, { onStdout: () => seen.push(api.calls.length) });
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(SEEDS);
    expect(seen[0]).toBeLessThan(SEEDS / 4);
    expect(seen.at(-1)).toBe(SEEDS / 2);
  });

  test.each([
    [['--limit', '40', '--page-size', '40'], 1],
    [['--limit', '41', '--page-size', '40'], 2],
    [['--limit', '30', '--page-size', '10'], 3],
  ])('with %j asks for the pages that it needs and no other', async (argv, calls) => {
    await api.json(['logs', 'list', ...argv]);
    expect(api.calls).toHaveLength(calls);
  });

  test('passed to a reader that leaves ends quietly, and asks for no more', async () => {
    const argv = ['logs', 'list', '--all', '--page-size', '2', '-o', 'ndjson'];
    const { code, stdout, stderr } = await api.run(argv, { stdoutWrites: 1 });
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n').length).toBeLessThan(SEEDS / 2);
    expect(api.calls.length).toBeLessThan(SEEDS / 4);
  });
});

describe('logs list', () => {
  beforeEach(async () => {
    api = await startSandbox();
  });

  afterEach(() => api.close());

  test.each<[string[], number[]]>([
    [
      ['--status', 'failed'],
      [2, 4, 7],
    ],
    [
      ['--status', 'pending', '--status', 'retrying'],
      [5, 6],
    ],
    [['--event', 'screening.failed'], [3]],
    [
      ['--event', 'screening.*'],
      [1, 2, 3, 5, 6, 7],
    ],
    [
      ['--event', 'case.*', '--event', 'screening.failed'],
      [3, 4],
    ],
    [['--event', 'moon.full'], []],
    [['--url', 'b.example'], [3]],
    [
      ['--since', '3h'],
      [1, 2, 3],
    ],
    [
      ['--since', '2026-01-19T09:30:00Z'],
      [1, 2],
    ],
    [
      ['--since', '2026-01-19T12:30+03:00'],
      [1, 2],
    ],
    [
      ['--until', '6h'],
      [6, 7],
    ],
    [['--until', '2026-01-19T05:30:00Z'], [7]],
    [
      ['--since', '5h', '--until', '3h'],
      [3, 4, 5],
    ],
    [['--code', '503'], [2]],
    [
      ['--code', '5xx'],
      [2, 5],
    ],
    [
      ['--code', '4XX', '--code', '200'],
      [1, 3, 7],
    ],
    [
      ['--code', 'none'],
      [4, 6],
    ],
    [['--status', 'failed', '--code', '5xx', '--event', 'screening.*'], [2]],
    [
      ['--limit', '2'],
      [1, 2],
    ],
    [
      ['--status', 'failed', '--limit', '2'],
      [2, 4],
    ],
  ])('%j lets pass what fits', async (argv, expected) => {
    expect(await idsOf(argv)).toEqual(expected.map((n) => `log-${n}`));
  });

  test.each(['UTC', 'Pacific/Auckland', 'America/Denver'])(
    'takes a time without a zone as local in %s',
    async (TZ) => {
      const before = process.env['TZ'];
      process.env['TZ'] = TZ;
      try {
        const local = new Date(NOW - 2.5 * 3_600_000);
        const iso = new Date(local.getTime() - local.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
        expect(await idsOf(['--since', iso])).toEqual(['log-1', 'log-2']);
        const midnight = new Date(local).setHours(0, 0, 0, 0);
        const today = ENTRIES.filter(({ created_at }) => Date.parse(created_at) >= midnight);
        expect(await idsOf(['--since', iso.slice(0, 10)])).toEqual(today.map(({ id }) => id));
      } finally {
        if (before === undefined) delete process.env['TZ'];
        else process.env['TZ'] = before;
      }
    },
  );

  test('says once that it searches on through a long log', async () => {
    const entries = Array.from({ length: 1500 }, (_none, n) => entry(n));
    const more = answered(200, { results: entries, has_more: true, next_cursor: 'c' });
    const last = (cursor: string) => answered(200, { results: entries, has_more: true, next_cursor: cursor });
    api.next(more, last('d'), last('e'), page());
    const { stderr } = await api.run(['logs', 'list', '--url', 'nowhere', '--all']);
    expect(stderr).toBe('Searching: 3000 entries read so far. Ctrl-C stops.\nNo delivery matches.\n');
  });

  test('says that there may be more than the newest 50, unless a limit was given', async () => {
    const many = page(...Array.from({ length: 60 }, (_none, n) => entry(n)));
    api.next(many, many, many);
    expect((await api.run(['logs', 'list'])).stderr).toBe('The newest 50: --limit or --all shows more.\n');
    expect((await api.run(['logs', 'list', '--limit', '50'])).stderr).toBe('');
    expect((await api.run(['logs', 'list', '-q'])).stderr).toBe('');
  });

  test('is a table for people', async () => {
    api.next(page(...ENTRIES));
    const { stdout, stderr } = await api.run(['logs', 'list'], { clock });
    const rows = stdout.split('\n').map((row) => row.split(/ {2,}/));
    expect(stderr).toBe('');
    expect(rows[0]?.join('|')).toMatch(/^ID\|WHEN\|STATUS\|/);
    expect(stdout).toMatch(
      /^log-1 +1 h ago +delivered .*200 .*screening\.completed +https:\/\/a\.example\/kyc/m,
    );
    expect(stdout).toMatch(/^log-4 +4 h ago +failed .*No answer$/m);
    expect(stdout).toMatch(/^log-5 .* retry in 30 min$/m);
  });

  test('prints ids alone under --quiet, and YAML of the same value', async () => {
    api.next(page(...ENTRIES), page(...ENTRIES));
    expect((await api.run(['logs', 'list', '-q', '--code', '5xx'])).stdout).toBe('log-2\nlog-5\n');
    expect(parse((await api.run(['logs', 'list', '-o', 'yaml'])).stdout)).toEqual(ENTRIES);
  });

  test('without a match is an empty array, nothing, or a notice', async () => {
    expect(await idsOf(['--url', 'nowhere'])).toEqual([]);
    expect(await api.run(['logs', 'list', '-o', 'ndjson'])).toStrictEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(await api.run(['logs', 'list'])).toStrictEqual({
      code: 0,
      stdout: '',
      stderr: 'No delivery matches.\n',
    });
  });

  test('shows hostile texts harmlessly, and exactly as JSON', async () => {
    const hostile = entry(1, {
      status: 'failed',
      error_message: '\u{1b}]52;c;cm0gLXJm\u{7}boom\r\n\u{1b}[1A',
      webhook_url: 'https://a.example/\u{9b}2J',
    });
    api.next(page(hostile), page(hostile), page(hostile));
    const { stdout } = await api.run(['logs', 'list'], { clock });
    expect(stdout).toMatch(/^log-1 +1 h ago +failed .*https:\/\/a\.example\/.* boom *$/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none is to be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(await api.json(['logs', 'list'])).toEqual([hostile]);
    expect(JSON.parse((await api.run(['logs', 'list', '-o', 'ndjson'])).stdout)).toEqual(hostile);
  });

  test('keeps a status that the reference does not name', async () => {
    api.next(page(entry(1, { status: 'parked' })), page(entry(1, { status: 'parked' })));
    expect(await api.json(['logs', 'list'])).toMatchObject([{ status: 'parked' }]);
    expect((await api.run(['logs', 'list'])).stdout).toContain('parked');
  });

  test('interrupted between pages exits 130, with what was read before', async () => {
    const stop = new AbortController();
    const first = answered(200, { results: [ENTRIES[0]], has_more: true, next_cursor: 'c-2' });
    api.next(first, interruptedBy(stop));
    const { code, stdout, stderr } = await api.run(['logs', 'list', '-o', 'ndjson'], { signal: stop.signal });
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toEqual(ENTRIES[0]);
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'interrupted', exit_code: 130 });
  });

  test('that fails on a later page fails as a whole', async () => {
    const first = answered(200, { results: [ENTRIES[0]], has_more: true, next_cursor: 'c-2' });
    api.next(first, answered(500, { error: 'Oops.', code: 'server_error' }));
    const { code, stdout } = await api.run(['logs', 'list', '--json']);
    expect({ code, stdout }).toStrictEqual({ code: 6, stdout: '' });
  });

  test.each<[string[], string]>([
    [['--status', 'lost'], '--status takes pending, delivered, failed, retrying, not "lost"'],
    [['--event', 'moon.*'], 'There is no event group moon.*'],
    [['--since', 'yesterday'], '--since takes a duration or a time, not "yesterday"'],
    [['--until', '2026-13-01'], '--until takes a duration or a time'],
    [['--since', '12'], '--since takes a duration or a time'],
    [['--code', '600'], '--code takes a status such as 500'],
    [['--code', '6xx'], '--code takes a status such as 500'],
    [['--limit', '0'], '--limit takes a whole number of at least 1, not "0"'],
    [['--limit', '1.5'], '--limit takes a whole number'],
    [['--limit', '-1'], '--limit takes a whole number'],
    [['--page-size', '101'], '--page-size takes a whole number from 1 to 100, not "101"'],
    [['--all', '--limit', '5'], '--all and --limit exclude each other'],
  ])('%j is a usage error, and asks nothing', async (argv, message) => {
    const { code, stdout, stderr } = await api.run(['logs', 'list', ...argv]);
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(api.calls).toEqual([]);
  });
});
