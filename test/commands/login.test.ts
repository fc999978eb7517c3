import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ENTER, sitDown } from '../support/cli.ts';
import { refused, startSandbox, type TestSandbox } from '../support/sandbox.ts';

const WRONG = 'kycg_ffffffffffffffffffffffffffffffff';
/** Nothing is known but what the test gives. */
const LOGGED_OUT = { KYCGENIE_API_KEY: undefined, KYCGENIE_API_VERSION: undefined };

let api: TestSandbox;

afterEach(() => api.close());

const configFile = (): string => join(api.folder, 'config.json');

describe.each(['v1', 'v2'] as const)('login on API %s', (version) => {
  beforeEach(async () => {
    api = await startSandbox({ version });
  });

  test('tries the key with one list call, stores it, and shows its beginning alone', async () => {
    const argv = ['login', '--api-key-file', '-', '--api-version', version];
    const loggedIn = await api.json(argv, { stdin: `${api.key}\n`, env: LOGGED_OUT });
    expect(loggedIn).toStrictEqual({
      profile: 'default',
      api_key: `${api.key.slice(0, 9)}…`,
      base_url: api.baseUrl,
      api_version: version,
      verified: true,
      config_path: configFile(),
    });
    expect(api.calls.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([
      `GET /api/${version}/webhooks/`,
    ]);
    expect(statSync(configFile()).mode & 0o777).toBe(0o600);
    expect((await api.json(['whoami'], { env: LOGGED_OUT })).origins).toMatchObject({ api_key: 'profile' });
    expect(await api.json(['webhooks', 'list'], { env: LOGGED_OUT })).toEqual([]);
  });

  test('with a key that the API refuses exits 4 and stores nothing', async () => {
    const argv = ['login', '--api-key-file', '-'];
    const { code, stdout, stderr } = await api.run(argv, { stdin: WRONG, env: LOGGED_OUT });
    expect({ code, stdout }).toStrictEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('HTTP 401, authentication_failed');
    expect(stderr).not.toContain(WRONG);
    expect(existsSync(configFile())).toBe(false);
  });
});

describe('login', () => {
  beforeEach(async () => {
    api = await startSandbox();
  });

  test('asks for the key on a terminal without showing it', async () => {
    const person = sitDown();
    const env = { ...LOGGED_OUT, KYCGENIE_NO_INPUT: undefined };
    const running = api.run(['login'], { person, env });
    await person.shown('API key:');
    person.type(`${api.key}${ENTER}`);
    const { code, stdout, stderr } = await running;
    expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Logged in');
    expect(`${stdout}${person.seen()}`).not.toContain(api.key.slice(10));
    expect(readFileSync(configFile(), 'utf8')).toContain(api.key);
  });

  test('takes no nonsense for a key', async () => {
    const person = sitDown();
    const running = api.run(['login'], { person, env: { ...LOGGED_OUT, KYCGENIE_NO_INPUT: undefined } });
    await person.shown('API key:');
    person.type(`two words${ENTER}`);
    const { code, stderr } = await running;
    expect(code).toBe(2);
    expect(stderr).toContain('That is not an API key');
    expect(api.calls).toEqual([]);
  });

  test.each([
    ['piped', [], {}],
    ['under --no-input', ['--no-input'], { person: sitDown() }],
  ])('%s is a usage error that names the flag', async (_what, more, world) => {
    const env = { ...LOGGED_OUT, KYCGENIE_NO_INPUT: undefined };
    const { code, stdout, stderr } = await api.run(['login', ...more], { ...world, env });
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Give --api-key-file <path or ->.');
  });

  test('reads the key from a file', async () => {
    const file = join(api.folder, 'key.txt');
    writeFileSync(file, `${api.key}\n`);
    expect((await api.run(['login', '--api-key-file', file], { env: LOGGED_OUT })).code).toBe(0);
    const missing = await api.run(['login', '--api-key-file', '/nowhere/key.txt'], { env: LOGGED_OUT });
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain('/nowhere/key.txt cannot be read');
  });

  test('stores base URL and version when they are given as flags, and only then', async () => {
    const stdin = api.key;
    await api.run(['login', '--api-key-file', '-'], { stdin, env: LOGGED_OUT });
    expect(JSON.parse(readFileSync(configFile(), 'utf8')).profiles.default).toEqual({ api_key: api.key });
    const argv = ['login', '--api-key-file', '-', '--base-url', api.baseUrl, '--api-version', 'v1'];
    await api.run(argv, { stdin, env: LOGGED_OUT });
    expect(JSON.parse(readFileSync(configFile(), 'utf8')).profiles.default).toEqual({
      api_key: api.key,
      base_url: api.baseUrl,
      api_version: 'v1',
    });
  });

  test('with --no-verify stores the key without trying it', async () => {
    const { code, stdout } = await api.run(['login', '--api-key-file', '-', '--no-verify'], {
      stdin: WRONG,
      env: LOGGED_OUT,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('Key stored, not verified');
    expect(api.calls).toEqual([]);
    expect((await api.run(['webhooks', 'list'], { env: LOGGED_OUT })).code).toBe(4);
  });

  test('into a profile leaves the others as they are', async () => {
    const stdin = api.key;
    await api.run(['login', '--api-key-file', '-', '--profile', 'sandbox', '-q'], { stdin, env: LOGGED_OUT });
    expect((await api.run(['whoami'], { env: LOGGED_OUT })).code).toBe(4);
    expect(await api.json(['whoami', '--profile', 'sandbox'], { env: LOGGED_OUT })).toMatchObject({
      profile: 'sandbox',
    });
  });

  test('warns that a key in the environment wins over the stored one', async () => {
    const { code, stderr } = await api.run(['login', '--api-key-file', '-', '-q'], { stdin: api.key });
    expect(code).toBe(0);
    expect(stderr).toBe('⚠ KYCGENIE_API_KEY is set and wins over the stored key.\n');
  });

  test('where the API cannot be reached exits 7 and stores nothing', async () => {
    api.next(refused);
    const { code } = await api.run(['login', '--api-key-file', '-'], { stdin: api.key, env: LOGGED_OUT });
    expect(code).toBe(7);
    expect(existsSync(configFile())).toBe(false);
  });
});
