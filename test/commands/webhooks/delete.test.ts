import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CTRL_C, ENTER, sitDown } from '../../support/cli.ts';
import {
  answered,
  answerLost,
  interruptedBy,
  type Json,
  passed,
  startSandbox,
  type TestSandbox,
} from '../../support/sandbox.ts';

let api: TestSandbox;

async function create(): Promise<string> {
  return (await api.json(['webhooks', 'create', '--event', 'all', '--url', 'https://a.example/'])).id;
}

const deletions = (): readonly string[] =>
  api.calls
    .filter(({ method }) => method === 'DELETE')
    .map(({ url }) => url.pathname.split('/').at(-2) ?? '');

const stored = async (): Promise<Json> =>
  (await api.json(['secrets', 'list'])).map(({ webhook_id }: Json) => webhook_id);

describe.each(['v1', 'v2'] as const)('webhooks delete on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version });
  });

  afterEach(() => api.close());

  test('deletes, and forgets the secrets', async () => {
    const [one, two, three] = [await create(), await create(), await create()];
    expect(await api.json(['webhooks', 'delete', one, two, one, '--yes'])).toStrictEqual([
      { id: one, status: 'deleted', error: null },
      { id: two, status: 'deleted', error: null },
    ]);
    expect(deletions()).toEqual([one, two]);
    expect(await stored()).toEqual([three]);
    expect(await api.json(['webhooks', 'list'])).toMatchObject([{ id: three }]);
  });

  test('finishes the batch, reports each, keeps the secret of what failed, and exits with the worst code', async () => {
    const [one, two] = [await create(), await create()];
    api.next(answered(500, { error: 'Oops.', code: 'server_error' }));
    const { code, stdout, stderr } = await api.run(['webhooks', 'delete', one, 'gone', two, '-y', '--json']);
    expect(code).toBe(6);
    expect(stderr).toBe('');
    const outcomes = JSON.parse(stdout);
    expect(outcomes.map(({ id, status }: Json) => [id, status])).toEqual([
      [one, 'failed'],
      ['gone', 'failed'],
      [two, 'deleted'],
    ]);
    expect(outcomes.map(({ error }: Json) => error?.exit_code ?? null)).toEqual([6, 3, null]);
    expect(await stored()).toEqual([one]);
  });

  test('of one that is not there is an error with exit code 3', async () => {
    const { code, stdout, stderr } = await api.run(['webhooks', 'delete', 'gone', '--yes']);
    expect({ code, stdout }).toStrictEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('Webhook not found.');
  });

  test('whose answer was lost counts as done', async () => {
    const id = await create();
    api.next(answerLost);
    expect(await api.json(['webhooks', 'delete', id, '--yes'])).toMatchObject([{ status: 'deleted' }]);
    expect(await stored()).toEqual([]);
  });
});

describe('webhooks delete', () => {
  const env = { KYCGENIE_NO_INPUT: undefined };

  beforeEach(async () => {
    api = await startSandbox();
  });

  afterEach(() => api.close());

  test('prints a table, or the ids of what is gone', async () => {
    const [one, two] = [await create(), await create()];
    const table = await api.run(['webhooks', 'delete', one, 'gone', '--yes']);
    expect(table.code).toBe(3);
    expect(table.stdout).toMatch(/^ID +OUTCOME +WHY$/m);
    expect(table.stdout).toMatch(new RegExp(`^${one} +deleted +-?$`, 'm'));
    expect(table.stdout).toMatch(
      /^gone +failed +Webhook not found\. \(HTTP 404, not_found\) \(request [0-9a-f-]+\)$/m,
    );
    const quiet = await api.run(['webhooks', 'delete', two, 'gone', '--yes', '-q']);
    expect(quiet).toStrictEqual({
      code: 3,
      stdout: `${two}\n`,
      stderr: '⚠ gone: Webhook not found. (HTTP 404, not_found)\n',
    });
  });

  test('asks on a terminal, and does what was answered', async () => {
    const [one, two] = [await create(), await create()];
    const first = sitDown();
    const both = api.run(['webhooks', 'delete', one, two], { env, person: first });
    await first.shown('Delete 2 webhooks for good? (y/N)');
    first.type(ENTER);
    const refused = await both;
    expect({ code: refused.code, stdout: refused.stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('Nothing was deleted: the answer was no');
    expect(deletions()).toEqual([]);

    const second = sitDown();
    const single = api.run(['webhooks', 'delete', one], { env, person: second });
    await second.shown(`Delete webhook ${one} for good? (y/N)`);
    second.type(`y${ENTER}`);
    expect((await single).code).toBe(0);
    expect(deletions()).toEqual([one]);
  });

  test('interrupted at the question deletes nothing and exits 130', async () => {
    const person = sitDown();
    const running = api.run(['webhooks', 'delete', 'w-1'], { env, person });
    await person.shown('for good?');
    person.type(CTRL_C);
    expect((await running).code).toBe(130);
    expect(deletions()).toEqual([]);
  });

  test.each([[[]], [['--no-input']]])(
    'where nobody can be asked is a usage error that names --yes: %j',
    async (more) => {
      const { code, stdout, stderr } = await api.run(['webhooks', 'delete', 'w-1', ...more], { env });
      expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('Give --yes.');
      expect(deletions()).toEqual([]);
    },
  );

  test('without a key exits 4 before it asks', async () => {
    const { code } = await api.run(['webhooks', 'delete', 'w-1'], {
      env: { ...env, KYCGENIE_API_KEY: undefined },
    });
    expect(code).toBe(4);
  });

  test('interrupted in the middle tells what is gone, and forgets no other secret', async () => {
    const ids = [await create(), await create(), await create()];
    const stop = new AbortController();
    api.next(
      passed,
      interruptedBy(stop, async () => ({ status: 0, headers: {}, body: Buffer.from('') })),
    );
    const argv = ['webhooks', 'delete', ...ids, '--yes', '--json'];
    const { code, stdout } = await api.run(argv, { signal: stop.signal });
    expect(code).toBe(130);
    expect(JSON.parse(stdout).map(({ status, error }: Json) => [status, error?.code])).toEqual([
      ['deleted', undefined],
      ['failed', 'interrupted'],
      ['failed', 'interrupted'],
    ]);
    expect((await stored()).length).toBe(2);
    expect(deletions()).toHaveLength(2);
  });

  test('shows how far it is on a terminal, and leaves the line clean', async () => {
    const ids = [await create(), await create()];
    const { stderr } = await api.run(['webhooks', 'delete', ...ids, '--yes'], {
      columns: 80,
      env: { NO_COLOR: '1' },
    });
    expect(stderr).toContain('Deleting');
    expect(stderr.endsWith('\r\u{1b}[2K')).toBe(true);
    expect(
      (await api.run(['webhooks', 'delete', 'gone', '--yes', '-q'], { columns: 80 })).stderr,
    ).not.toContain('Deleting');
  });
});
