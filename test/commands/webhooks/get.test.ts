import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answered, startSandbox, type TestSandbox } from '../../support/sandbox.ts';

let api: TestSandbox;

describe.each(['v1', 'v2'] as const)('webhooks get on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version });
  });

  afterEach(() => api.close());

  test('gives the whole webhook', async () => {
    const argv = [
      'webhooks',
      'create',
      '--event',
      'all',
      '--url',
      'https://a.example/',
      '--filters',
      '{"a": 1}',
    ];
    const { id } = await api.json(argv);
    expect(await api.json(['webhooks', 'get', id])).toStrictEqual({
      id,
      event_type: 'all',
      webhook_url: 'https://a.example/',
      is_active: true,
      description: '',
      filters: { a: 1 },
      created_at: expect.stringMatching(/Z$/),
      updated_at: expect.stringMatching(/Z$/),
      stats: { total_deliveries: 0, successful_deliveries: 0, failed_deliveries: 0 },
      last_triggered_at: null,
      has_secret: true,
    });
    expect((await api.run(['webhooks', 'get', id, '-q'])).stdout).toBe(`${id}\n`);
  });

  test('of an id that is not there exits 3, in both error shapes', async () => {
    const human = await api.run(['webhooks', 'get', 'gone']);
    expect({ code: human.code, stdout: human.stdout }).toStrictEqual({ code: 3, stdout: '' });
    expect(human.stderr.split('\n')).toEqual([
      '✗ Webhook not found. (HTTP 404, not_found)',
      expect.stringMatching(/^ {2}Check the id, .*kycgenie whoami/),
      expect.stringMatching(/^ {2}request id [0-9a-f-]{36}$/),
      '',
    ]);
    const machine = await api.run(['webhooks', 'get', 'gone', '--json']);
    expect(machine).toMatchObject({ code: 3, stdout: '' });
    expect(machine.stderr.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(machine.stderr)).toStrictEqual({
      error: {
        code: 'not_found',
        message: 'Webhook not found. (HTTP 404, not_found)',
        http_status: 404,
        request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        errors: null,
        details: null,
        hint: expect.stringContaining('kycgenie whoami'),
        exit_code: 3,
      },
    });
  });
});

describe('webhooks get', () => {
  beforeEach(async () => {
    api = await startSandbox();
  });

  afterEach(() => api.close());

  test('is a record for people', async () => {
    api.next(
      answered(200, {
        id: 'w-1',
        event_type: 'case.opened',
        webhook_url: 'https://a.example/',
        is_active: false,
        description: 'Team \u{1b}[2JA',
        filters: { risk: ['high'] },
        stats: { total_deliveries: 3, successful_deliveries: 2, failed_deliveries: 1 },
        last_triggered_at: '2026-01-19T10:30:00.123456+00:00',
        created_at: '2026-01-18T10:30:00Z',
      }),
    );
    const clock = {
      now: () => Date.parse('2026-01-19T10:35:00Z'),
      random: () => 0,
      sleep: async () => undefined,
    };
    const { stdout } = await api.run(['webhooks', 'get', 'w-1'], { clock });
    expect(stdout).toBe(
      [
        'id              w-1',
        'event type      case.opened',
        'url             https://a.example/',
        'state           inactive',
        'description     Team A',
        'filters         {"risk":["high"]}',
        'secret          not here',
        'deliveries      2 delivered, 1 failed',
        'last triggered  2026-01-19T10:30:00.123456Z  4 min ago',
        'created         2026-01-18T10:30:00Z  1 d ago',
        'updated         not told',
        '',
      ].join('\n'),
    );
  });

  test('says what the API leaves open', async () => {
    api.next(
      answered(200, { id: 'w-1', event_type: 'all', webhook_url: 'https://a.example/', is_active: true }),
    );
    const { stdout } = await api.run(['webhooks', 'get', 'w-1']);
    expect(stdout).toMatch(/^description +none$/m);
    expect(stdout).toMatch(/^filters +none$/m);
    expect(stdout).toMatch(/^deliveries +not told$/m);
    expect(stdout).toMatch(/^last triggered +never$/m);
  });

  test('takes one id, and no way out of its path', async () => {
    expect((await api.run(['webhooks', 'get'])).stderr).toContain("Missing required argument 'id'");
    for (const id of ['..', 'logs', '']) {
      const { code, stderr } = await api.run(['webhooks', 'get', id]);
      expect(code).toBe(2);
      expect(stderr).toContain('is not an id');
    }
    expect(api.calls).toEqual([]);
    await api.run(['webhooks', 'get', 'a/../b?c#d']);
    expect(api.calls[0]?.url.pathname).toBe('/api/v2/webhooks/a%2F..%2Fb%3Fc%23d/');
  });

  test('of an answer that is not the API is a clear error', async () => {
    const page = '<html><title>Sign in</title>';
    api.next(async () => ({
      status: 200,
      headers: { 'content-type': 'text/html', 'content-length': String(page.length) },
      body: Buffer.from(page),
    }));
    const { code, stderr } = await api.run(['webhooks', 'get', 'w-1']);
    expect(code).toBe(6);
    expect(stderr).toMatch(/^✗ .*HTTP 200/);
  });
});
