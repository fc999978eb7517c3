import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { answered, type Json, startReceiver, startSandbox, type TestSandbox } from '../../support/sandbox.ts';

let api: TestSandbox;

async function create(event: string, url: string, ...rest: readonly string[]): Promise<string> {
  return (await api.json(['webhooks', 'create', '--event', event, '--url', url, ...rest])).id;
}

const list = (...argv: readonly string[]): Promise<Json> => api.json(['webhooks', 'list', ...argv]);
const urls = async (...argv: readonly string[]): Promise<Json> =>
  (await list(...argv)).map(({ webhook_url }: Json) => webhook_url);

describe.each(['v1', 'v2'] as const)('webhooks list on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version });
  });

  afterEach(() => api.close());

  test('gives each webhook in one shape, null where the API says nothing', async () => {
    const id = await create('screening.completed', 'https://a.example/kyc', '--description', 'Team A');
    expect(await list()).toStrictEqual([
      {
        id,
        event_type: 'screening.completed',
        webhook_url: 'https://a.example/kyc',
        is_active: true,
        description: 'Team A',
        filters: version === 'v1' ? null : {},
        created_at: version === 'v1' ? null : expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        updated_at: null,
        stats: { total_deliveries: 0, successful_deliveries: 0, failed_deliveries: 0 },
        last_triggered_at: null,
        has_secret: true,
      },
    ]);
  });

  test('filters by type, group, part of the URL and state', async () => {
    await create('screening.completed', 'https://a.example/one');
    await create('screening.failed', 'https://b.example/two');
    const id = await create('case.opened', 'https://a.example/three');
    await api.json(['webhooks', 'update', id, '--disable']);
    expect(await urls('--event', 'screening.*')).toEqual(['https://a.example/one', 'https://b.example/two']);
    expect(await urls('--event', 'case.opened', '--event', 'screening.failed')).toEqual([
      'https://b.example/two',
      'https://a.example/three',
    ]);
    expect(await urls('--event', 'moon.full')).toEqual([]);
    expect(await urls('--url', 'a.example')).toEqual(['https://a.example/one', 'https://a.example/three']);
    expect(await urls('--active')).toEqual(['https://a.example/one', 'https://b.example/two']);
    expect(await urls('--inactive')).toEqual(['https://a.example/three']);
    expect(await urls('--inactive', '--event', 'screening.*')).toEqual([]);
  });

  test('sorts by a field', async () => {
    await create('screening.failed', 'https://c.example/');
    await create('case.opened', 'https://a.example/');
    await create('screening.completed', 'https://B.example/');
    expect(await urls('--sort', 'webhook_url')).toEqual([
      'https://B.example/',
      'https://a.example/',
      'https://c.example/',
    ]);
    expect(await urls('--sort', 'event_type')).toEqual([
      'https://a.example/',
      'https://B.example/',
      'https://c.example/',
    ]);
  });

  test('counts deliveries, and tells the last', async () => {
    const receiver = await startReceiver(200, 500);
    const id = await create('screening.completed', receiver.url);
    await api.fire('screening.completed');
    await api.fire('screening.completed');
    const [webhook] = await list();
    expect(webhook).toMatchObject({
      id,
      stats: { total_deliveries: 2, successful_deliveries: 1, failed_deliveries: 1 },
    });
    const { stdout } = await api.run(['webhooks', 'list']);
    expect(stdout).toMatch(
      version === 'v1' ? /active +1 +1 +never +stored$/m : /active +1 +1 +(?:now|\d+ s ago) +stored$/m,
    );
    await receiver.close();
  });

  test('without any webhook is an empty array, and a hint for people', async () => {
    expect(await list()).toEqual([]);
    const { code, stdout, stderr } = await api.run(['webhooks', 'list']);
    expect({ code, stdout }).toStrictEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('kycgenie webhooks create');
    expect((await api.run(['webhooks', 'list', '--active'])).stderr).toBe('No webhook matches.\n');
    expect((await api.run(['webhooks', 'list', '-q'])).stderr).toBe('');
  });
});

describe('webhooks list', () => {
  beforeEach(async () => {
    api = await startSandbox();
  });

  afterEach(() => api.close());

  test('is the same data in every format', async () => {
    await create('screening.completed', 'https://a.example/');
    await create('case.opened', 'https://b.example/');
    const all = await list();
    const { stdout: ndjson } = await api.run(['webhooks', 'list', '-o', 'ndjson']);
    expect(
      ndjson
        .trimEnd()
        .split('\n')
        .map((row) => JSON.parse(row)),
    ).toEqual(all);
    expect(parse((await api.run(['webhooks', 'list', '-o', 'yaml'])).stdout)).toEqual(all);
    const ids = all.map(({ id }: Json) => `${id}\n`).join('');
    expect((await api.run(['webhooks', 'list', '-q'])).stdout).toBe(ids);
  });

  test('is a table, piped or on a terminal, with all ids whole', async () => {
    const id = await create('screening.completed', 'https://a.example/');
    const piped = await api.run(['webhooks', 'list']);
    expect(piped.stdout.split('\n')[0]).toMatch(/^ID +EVENT TYPE +URL +STATE +OK +FAILED +LAST +SECRET$/);
    expect(piped.stdout).toMatch(
      new RegExp(`^${id} +screening.completed +https://a.example/ +active +0 +0`, 'm'),
    );
    for (const columns of [200, 120, 80, 40]) {
      const { stdout } = await api.run(['webhooks', 'list'], { columns, env: { NO_COLOR: '1' } });
      expect(stdout).toContain(id);
      expect(stdout).not.toContain('\u{1b}');
    }
  });

  test('tells whether the secret is here', async () => {
    const id = await create('screening.completed', 'https://a.example/');
    await api.run(['secrets', 'forget', id, '--yes']);
    expect(await list()).toMatchObject([{ has_secret: false }]);
    expect((await api.run(['webhooks', 'list'])).stdout).toContain('not here');
  });

  test('puts what has no time last when sorting by one', async () => {
    const webhook = (id: string, created_at: string | null) => ({
      ...{ id, created_at, event_type: 'all', webhook_url: 'https://a.example/', is_active: true },
    });
    const results = [webhook('w-1', null), webhook('w-2', '2026-01-02T00:00:00Z'), webhook('w-3', null)];
    api.next(answered(200, { results: [...results, webhook('w-4', '2026-01-01T00:00:00+00:00')] }));
    const sorted = await list('--sort', 'created_at');
    expect(sorted.map(({ id }: Json) => id)).toEqual(['w-4', 'w-2', 'w-1', 'w-3']);
    expect(sorted[0].created_at).toBe('2026-01-01T00:00:00Z');
  });

  test('shows what the API leaves open as such', async () => {
    api.next(
      answered(200, { results: [{ id: 'w-1', event_type: 'all', webhook_url: 'https://a.example/' }] }),
    );
    const { stdout } = await api.run(['webhooks', 'list']);
    expect(stdout).toMatch(/^w-1 +all +https:\/\/a.example\/ +unknown +- +- +never +not here$/m);
  });

  test('shows hostile texts harmlessly, and exactly as JSON', async () => {
    const hostile = {
      id: 'w-1\u{1b}[31m',
      event_type: 'a\nb',
      webhook_url: 'https://a.example/\u{1b}]8;;https://evil.example\u{7}',
      description: '\u{202e}gnp',
    };
    api.next(answered(200, { results: [hostile] }), answered(200, { results: [hostile] }));
    const { stdout } = await api.run(['webhooks', 'list'], { columns: 200, env: { NO_COLOR: '1' } });
    expect(stdout).toMatch(/^w-1 +a b +https:\/\/a\.example\/ +unknown/m);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none is to be there
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(await list()).toMatchObject([hostile]);
  });

  test.each<[string[], string]>([
    [['--sort', 'size'], '--sort takes event_type, webhook_url, created_at, last_triggered_at, not "size"'],
    [['--active', '--inactive'], '--active and --inactive exclude each other'],
    [['--event', 'moon.*'], 'There is no event group moon.*'],
    [['extra'], 'Too many arguments'],
  ])('%j is a usage error', async (argv, message) => {
    const { code, stdout, stderr } = await api.run(['webhooks', 'list', ...argv]);
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
