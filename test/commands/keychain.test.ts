import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { World } from '../support/cli.ts';
import { lacking, PROGRAM, type SecretService, startSecretService } from '../support/keychain.ts';
import { patient } from '../support/patient.ts';
import { startSandbox, type TestSandbox } from '../support/sandbox.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const suite = `KYCGENIE_STORE=keychain${lacking ? ` (without ${lacking})` : ''}`;

describe.skipIf(lacking !== null)(suite, () => {
  let service: SecretService;
  let api: TestSandbox;

  beforeAll(async () => {
    service = await startSecretService();
  });
  afterAll(() => service.close());
  beforeEach(async () => {
    api = await startSandbox();
  });
  afterEach(() => api.close());

  const world = (more: World = {}): World => ({
    // The sandbox's own does not wait, and an answer takes its time.
    clock: patient,
    keychain: PROGRAM,
    ...more,
    env: { ...service.env, KYCGENIE_STORE: 'keychain', KYCGENIE_API_KEY: undefined, ...more.env },
  });
  const run = (argv: readonly string[], more?: World) => api.run(argv, world(more));
  const config = (): string => readFileSync(join(api.folder, 'config.json'), 'utf8');
  const login = () => run(['login', '--api-key-file', '-'], { stdin: api.key });

  it('keeps the key there from login to logout, and calls the API with it', async () => {
    expect((await login()).code).toBe(0);
    expect([...service.entries().values()]).toEqual([api.key]);
    expect(config()).not.toContain(api.key);
    expect((await run(['webhooks', 'list'])).code).toBe(0);
    expect((await run(['whoami'])).stdout).toContain(`${api.key.slice(0, 9)}…`);
    expect((await run(['config', 'get', 'api_key'])).stdout).toBe('in the keychain\n');
    expect((await run(['config', 'profiles'])).stdout).toContain('stored');
    expect((await run(['logout'])).code).toBe(0);
    expect(service.entries().size).toBe(0);
    expect((await run(['whoami'])).code).toBe(4);
  });

  it('keeps new secrets there, shows and forgets them', async () => {
    await run(['secrets', 'import', 'w-1'], { stdin: SECRET });
    expect(JSON.parse((await run(['secrets', 'list', '--json'])).stdout)).toMatchObject([
      { webhook_id: 'w-1', stored_in: 'keychain' },
    ]);
    expect((await run(['secrets', 'show', 'w-1'])).stdout).toBe(`${SECRET}\n`);
    expect((await run(['doctor'])).stdout).toContain('It works; it holds 1 value of profile default');
    await run(['secrets', 'forget', 'w-1', '--yes']);
    expect(service.entries().size).toBe(0);
  });

  it('is read also where files are chosen since; doctor says what is where', async () => {
    await run(['secrets', 'import', 'w-1'], { stdin: SECRET });
    const files = { env: { KYCGENIE_STORE: 'file' } };
    expect((await run(['secrets', 'show', 'w-1'], files)).stdout).toBe(`${SECRET}\n`);
    await run(['secrets', 'import', 'w-2'], { stdin: SECRET, ...files });
    expect((await run(['doctor'])).stdout).toMatch(
      /It works; it holds 1 value of profile default, 1 other in files/,
    );
    for (const id of ['w-1', 'w-2']) await run(['secrets', 'forget', id, '--yes']);
  });

  it('that gives nothing is an error with its own advice, where a value is needed and only there', async () => {
    await login();
    await run(['secrets', 'import', 'w-1'], { stdin: SECRET });
    const lost = { keychain: null } as const;
    const shown = await run(['secrets', 'show', 'w-1', '--json'], lost);
    expect(shown.code).toBe(1);
    expect(JSON.parse(shown.stderr).error).toMatchObject({
      code: 'store_unwritable',
      hint: expect.stringContaining('kycgenie webhooks rotate'),
    });
    const listed = await run(['webhooks', 'list', '--json'], lost);
    expect(listed.code).toBe(1);
    expect(JSON.parse(listed.stderr).error).toMatchObject({
      message: expect.stringMatching(
        /^The API key of profile default is in the keychain, and the optional package/,
      ),
      hint: expect.stringContaining('KYCGENIE_API_KEY'),
    });
    expect((await run(['webhooks', 'list'], { ...lost, env: { KYCGENIE_API_KEY: api.key } })).code).toBe(0);
    expect((await run(['secrets', 'list', '-q'], lost)).stdout).toBe('w-1\n');
    expect((await run(['doctor'], lost)).stdout).toMatch(/keychain +It cannot be used: the optional package/);
    await run(['secrets', 'forget', 'w-1', '--yes']);
    await run(['logout']);
  });

  it('that lost a signing secret gives the others; to rotate helps, as the advice is, and to delete goes', async () => {
    await login();
    const create = ['webhooks', 'create', '--event', 'case.opened', '--url', 'https://example.com/kyc', '-q'];
    const [lost, other] = [(await run(create)).stdout.trim(), (await run(create)).stdout.trim()];
    const [account] = [...service.entries().keys()].filter((name) => name.startsWith(`default/${lost}/`));
    service.lose(account ?? '');
    const exported = await run(['secrets', 'export']);
    expect(exported).toMatchObject({ code: 0, stdout: expect.stringContaining('whsec_') });
    expect(exported.stderr).toContain(`A signing secret of webhook ${lost} is no longer in the keychain`);
    expect((await run(['webhooks', 'rotate', lost, '--yes'])).code).toBe(0);
    expect(await run(['secrets', 'show', lost])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^whsec_/),
    });
    for (const [name] of service.entries()) if (name.startsWith('default/')) service.lose(name);
    for (const id of [lost, other])
      expect(
        (await run(['webhooks', 'delete', id, '--yes'], { env: { KYCGENIE_API_KEY: api.key } })).code,
      ).toBe(0);
    await run(['logout']);
    expect(service.entries().size).toBe(0);
  });

  it('warns on standard error alone as a secret goes into its file', async () => {
    const { code, stdout, stderr } = await run(['secrets', 'import', 'w-1', '--json'], {
      stdin: SECRET,
      keychain: null,
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ secret_stored: true });
    expect(stderr).toContain('The keychain is not used, although KYCGENIE_STORE=keychain');
    expect((await run(['secrets', 'show', 'w-1'], { keychain: null })).stdout).toBe(`${SECRET}\n`);
  });
});

it('takes no other word than file and keychain', async () => {
  const api = await startSandbox();
  const { code, stderr } = await api.run(['whoami'], { env: { KYCGENIE_STORE: 'vault' } });
  await api.close();
  expect(code).toBe(2);
  expect(stderr).toContain('KYCGENIE_STORE is not a place for keys and secrets');
});
