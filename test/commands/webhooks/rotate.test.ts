import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ENTER, sitDown } from '../../support/cli.ts';
import {
  alone,
  answered,
  answerLost,
  impatient,
  interruptedBy,
  startSandbox,
  type TestSandbox,
} from '../../support/sandbox.ts';

let api: TestSandbox;
let id: string;

const shown = async (...more: readonly string[]): Promise<string> =>
  (await api.json(['secrets', 'show', id, ...more])).secret_key;

async function start(version: 'v1' | 'v2' = 'v2'): Promise<void> {
  api = await startSandbox({ version });
  id = (await api.json(['webhooks', 'create', '--event', 'all', '--url', 'https://a.example/'])).id;
}

describe.each(['v1', 'v2'] as const)('webhooks rotate on API %s', (version) => {
  beforeEach(() => start(version));
  afterEach(() => api.close());

  test('stores the new secret, keeps the one before it, and shows neither whole', async () => {
    const before = await shown();
    const rotated = await api.json(['webhooks', 'rotate', id, '--yes']);
    const after = await shown();
    expect(rotated).toStrictEqual({
      id,
      message: 'Webhook secret rotated successfully',
      secret_key: `${after.slice(0, 10)}…`,
      secret_stored: true,
      previous_kept: true,
    });
    expect(after).not.toBe(before);
    expect(await shown('--previous')).toBe(before);
  });

  test('is asked for again with the same key when its answer was lost', async () => {
    const before = await shown();
    api.next(answerLost);
    await api.json(['webhooks', 'rotate', id, '--yes']);
    expect(await shown('--previous')).toBe(before);
  });

  test('that died on the way is finished by recover: the store has the secret that the API has', async () => {
    let secret = '';
    api.next(async (request, pass) => {
      const response = await pass(request);
      secret = JSON.parse(Buffer.from(response.body).toString()).secret_key;
      throw request.signal?.reason ?? new Error('killed');
    });
    expect((await api.run(['webhooks', 'rotate', id, '--yes'], { processes: alone(1) })).code).toBe(1);
    await api.json(['webhooks', 'recover'], { processes: alone(2) });
    expect(await shown()).toBe(secret);
  });

  test('that died on the way and is typed again is that same rotation', async () => {
    const before = await shown();
    api.next(...Array(4).fill(answerLost));
    const argv = ['webhooks', 'rotate', id, '--yes'];
    expect((await api.run(argv, { processes: alone(1) })).code).toBe(7);
    expect((await api.run(argv, { processes: alone(2) })).code).toBe(0);
    const keys = api.calls
      .filter(({ url }) => url.pathname.endsWith('/rotate-secret/'))
      .map(({ headers }) => Object.fromEntries(headers)['idempotency-key']);
    expect(new Set(keys).size).toBe(1);
    expect(await shown('--previous')).toBe(before);
  });

  test('of what is not there exits 3 and leaves nothing to recover', async () => {
    expect((await api.run(['webhooks', 'rotate', 'gone', '--yes'], { processes: alone(1) })).code).toBe(3);
    expect(await api.json(['webhooks', 'recover'], { processes: alone(2) })).toEqual([]);
  });
});

describe('webhooks rotate', () => {
  const env = { KYCGENIE_NO_INPUT: undefined };

  beforeEach(() => start());
  afterEach(() => api.close());

  test('is a record for people, which says whether the previous secret is kept', async () => {
    const { stdout, stderr } = await api.run(['webhooks', 'rotate', id, '--yes']);
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([
      '✓ Secret rotated',
      `id        ${id}`,
      expect.stringMatching(/^secret {4}whsec_.{4}… {2}stored; kycgenie secrets show prints it$/),
      'previous  kept: listen accepts both',
      '',
    ]);
    await api.run(['secrets', 'forget', id, '--yes']);
    expect((await api.run(['webhooks', 'rotate', id, '--yes'])).stdout).toMatch(
      /^previous +not known here$/m,
    );
    expect((await api.run(['webhooks', 'rotate', id, '--yes', '-q'])).stdout).toBe(`${id}\n`);
  });

  test('prints the secret when asked to, masked first in GitHub Actions', async () => {
    const argv = ['webhooks', 'rotate', id, '--yes', '--show-secret', '--json'];
    const { stdout, stderr } = await api.run(argv, { env: { GITHUB_ACTIONS: 'true' } });
    const { secret_key } = JSON.parse(stdout);
    expect(secret_key).toBe(await shown());
    expect(stderr).toBe(`::add-mask::${secret_key}\n`);
  });

  test('asks on a terminal', async () => {
    const before = await shown();
    const person = sitDown();
    const running = api.run(['webhooks', 'rotate', id], { env, person });
    await person.shown(`Rotate the signing secret of ${id}?`);
    person.type(`n${ENTER}`);
    const { code, stderr } = await running;
    expect(code).toBe(2);
    expect(stderr).toContain('Nothing was rotated: the answer was no');
    expect(await shown()).toBe(before);
  });

  test('where nobody can be asked is a usage error that names --yes', async () => {
    const { code, stderr } = await api.run(['webhooks', 'rotate', id], { env });
    expect(code).toBe(2);
    expect(stderr).toContain('Give --yes.');
  });

  test('interrupted exits 130 and is finished by the next run', async () => {
    const stop = new AbortController();
    api.next(interruptedBy(stop));
    const argv = ['webhooks', 'rotate', id, '--yes'];
    expect((await api.run(argv, { signal: stop.signal, processes: alone(1) })).code).toBe(130);
    expect(await api.json(['webhooks', 'recover'], { processes: alone(2) })).toMatchObject([
      { kind: 'rotate', outcome: 'recovered', webhook_id: id },
    ]);
  });

  test('shows on stderr the secret that cannot be stored', async () => {
    const secrets = join(api.folder, 'secrets');
    api.next(async (request, pass) => {
      const response = await pass(request);
      rmSync(secrets, { recursive: true });
      writeFileSync(secrets, 'in the way');
      return response;
    });
    const { code, stdout, stderr } = await api.run(['webhooks', 'rotate', id, '--yes']);
    expect({ code, stdout }).toStrictEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^Signing secret of webhook ${id}, not stored: whsec_`));
    expect(stderr).toContain(`kycgenie secrets import ${id}`);
  });

  test('is the current secret also where the clock was ahead before', async () => {
    const ahead = { ...impatient, now: () => Date.now() + 86_400_000 };
    for (let count = 1; count <= 5; count += 1) {
      await api.run(['secrets', 'import', id], { stdin: `whsec_ahead_${count}`, clock: ahead });
    }
    const rotated = await api.json(['webhooks', 'rotate', id, '--yes', '--show-secret']);
    expect(await shown()).toBe(rotated.secret_key);
    expect(await shown('--previous')).toBe('whsec_ahead_5');
  });

  test('asks for nothing where the file of the webhook cannot be used', async () => {
    const path = join(api.folder, 'secrets', 'default', `${id}.json`);
    writeFileSync(path, '{"version":2}');
    const calls = api.calls.length;
    const { code, stderr } = await api.run(['webhooks', 'rotate', id, '--yes']);
    expect(code).toBe(1);
    expect(stderr).toContain('newer kycgenie');
    expect(api.calls).toHaveLength(calls);
  });

  test('whose answer cannot be read says what to do', async () => {
    api.next(answered(200, { message: 'done' }));
    const { code, stderr } = await api.run(['webhooks', 'rotate', id, '--yes']);
    expect(code).toBe(6);
    expect(stderr).toContain('Rotate it once more');
  });
});
