import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answered, impatient, startSandbox, type TestSandbox } from '../../support/sandbox.ts';

let api: TestSandbox;

afterEach(() => api.close());

describe.each(['v1', 'v2'] as const)('logs get on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version, seedLogs: 230 });
  });

  test('finds an entry on whichever page it is, and asks for little more', async () => {
    const all = await api.json(['logs', 'list', '--all']);
    for (const [index, calls] of [
      [0, 1],
      [150, 2],
      [229, 3],
    ] as const) {
      const before = api.calls.length;
      expect(await api.json(['logs', 'get', all[index].id])).toStrictEqual(all[index]);
      const asked = api.calls.length - before;
      expect(asked).toBeGreaterThanOrEqual(calls);
      // The next page is on its way while one is searched; in v1 two are at the beginning.
      expect(asked).toBeLessThanOrEqual(Math.min(3, calls + (version === 'v1' ? 2 : 1)));
    }
  });

  test('of an id that is not there exits 3 after the last page', async () => {
    const { code, stdout, stderr } = await api.run(['logs', 'get', 'gone', '--json']);
    expect({ code, stdout }).toStrictEqual({ code: 3, stdout: '' });
    expect(JSON.parse(stderr).error).toMatchObject({
      code: 'not_found',
      message: 'There is no log entry gone',
      http_status: null,
      hint: 'See kycgenie logs list.',
    });
    expect(api.calls).toHaveLength(3);
  });
});

describe('logs get', () => {
  beforeEach(async () => {
    api = await startSandbox();
  });

  const entry = {
    id: 'log-1',
    event_type: 'case.opened',
    webhook_url: 'https://a.example/',
    status: 'retrying',
    http_status_code: 503,
    attempt_number: 2,
    error_message: 'HTTP\u{1b}[2J 503',
    created_at: '2026-01-19T11:00:00Z',
    next_retry_at: '2026-01-19T12:30:00Z',
  };
  const clock = { ...impatient, now: () => Date.parse('2026-01-19T12:00:00Z') };

  test('is a record for people', async () => {
    api.next(answered(200, { results: [entry], has_more: false }));
    expect((await api.run(['logs', 'get', 'log-1'], { clock })).stdout).toBe(
      [
        'id          log-1',
        'event type  case.opened',
        'url         https://a.example/',
        'status      retrying',
        'answer      503',
        'attempt     2',
        'error       HTTP 503',
        'created     2026-01-19T11:00:00Z  1 h ago',
        'next retry  2026-01-19T12:30:00Z  in 30 min',
        '',
      ].join('\n'),
    );
  });

  test('says what there is not', async () => {
    const bare = {
      ...entry,
      http_status_code: null,
      attempt_number: null,
      error_message: null,
      next_retry_at: null,
    };
    api.next(answered(200, { results: [bare] }), answered(200, { results: [bare] }));
    const { stdout } = await api.run(['logs', 'get', 'log-1']);
    expect(stdout).toMatch(/^answer +none\nattempt +not told\nerror +none\n/m);
    expect(stdout).toMatch(/^next retry +none$/m);
    expect((await api.run(['logs', 'get', 'log-1', '-q'])).stdout).toBe('log-1\n');
  });
});
