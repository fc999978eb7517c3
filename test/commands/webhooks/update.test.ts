import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { answerLost, type Json, startSandbox, type TestSandbox } from '../../support/sandbox.ts';

let api: TestSandbox;
let id: string;

const sent = (): Json =>
  api.calls
    .filter(({ method }) => method === 'PATCH')
    .map(({ body }) => JSON.parse(Buffer.from(body ?? []).toString()));

describe.each(['v1', 'v2'] as const)('webhooks update on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version });
    id = (await api.json(['webhooks', 'create', '--event', 'all', '--url', 'https://a.example/'])).id;
  });

  afterEach(() => api.close());

  test.each<[string[], Json]>([
    [['--url', 'https://b.example/'], { webhook_url: 'https://b.example/' }],
    [['--disable'], { is_active: false }],
    [['--enable'], { is_active: true }],
    [['--description', 'Team A'], { description: 'Team A' }],
    [['--description', ''], { description: '' }],
    [['--filters', '{"a": 1}'], { filters: { a: 1 } }],
  ])('%j changes that and nothing else, and gives the webhook as it is then', async (argv, patch) => {
    const before = await api.json(['webhooks', 'get', id]);
    const after = await api.json(['webhooks', 'update', id, ...argv]);
    expect(sent()).toStrictEqual([patch]);
    expect(after).toStrictEqual({ ...before, ...patch, updated_at: expect.any(String) });
    expect(await api.json(['webhooks', 'get', id])).toStrictEqual(after);
  });

  test('several at once are one call', async () => {
    await api.run([
      'webhooks',
      'update',
      id,
      '--disable',
      '--url',
      'https://b.example/',
      '--description',
      'x',
    ]);
    expect(sent()).toStrictEqual([{ webhook_url: 'https://b.example/', is_active: false, description: 'x' }]);
  });

  test('of what is not there exits 3', async () => {
    expect((await api.run(['webhooks', 'update', 'gone', '--enable'])).code).toBe(3);
  });

  test('is repeated when its answer was lost', async () => {
    api.next(answerLost);
    expect(await api.json(['webhooks', 'update', id, '--disable'])).toMatchObject({ is_active: false });
  });
});

describe('webhooks update', () => {
  beforeEach(async () => {
    api = await startSandbox();
    id = (await api.json(['webhooks', 'create', '--event', 'all', '--url', 'https://a.example/'])).id;
  });

  afterEach(() => api.close());

  test('says so on stderr, but not under --quiet', async () => {
    const { stdout, stderr } = await api.run(['webhooks', 'update', id, '--disable']);
    expect(stderr).toBe('Updated.\n');
    expect(stdout).toMatch(/^state +inactive$/m);
    expect(await api.run(['webhooks', 'update', id, '--disable', '-q'])).toStrictEqual({
      code: 0,
      stdout: `${id}\n`,
      stderr: '',
    });
  });

  test('reads filters from a file', async () => {
    const file = join(api.folder, 'filters.json');
    writeFileSync(file, '{"b": 2}');
    expect(await api.json(['webhooks', 'update', id, '--filters', `@${file}`])).toMatchObject({
      filters: { b: 2 },
    });
  });

  test.each<[string[], string]>([
    [[], 'at least one of --url, --enable, --disable, --description, --filters'],
    [['--enable', '--disable'], '--enable and --disable exclude each other'],
    [['--url', 'http://b.example/'], 'A receiver URL must be https'],
    [['--url', 'https://b.example/', '--url', 'https://c.example/'], '--url is given more than once'],
    [['--filters', '[]'], '--filters takes a JSON object'],
  ])('%j is a usage error and changes nothing', async (argv, message) => {
    const { code, stdout, stderr } = await api.run(['webhooks', 'update', id, ...argv]);
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(sent()).toEqual([]);
  });
});
