import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { kycgenie, temporaryHome, type World } from '../support/cli.ts';

const KEY = 'kycg_0123456789abcdef0123456789abcdef';

let home: ReturnType<typeof temporaryHome>;

beforeEach(() => {
  home = temporaryHome();
});

afterEach(() => home.remove());

const run = (argv: readonly string[], world: World = {}) =>
  kycgenie(['config', ...argv], { ...world, env: { ...home.env, ...world.env } });

async function json(argv: readonly string[], world?: World) {
  const { code, stdout, stderr } = await run([...argv, '--json'], world);
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

const configFile = (): string => join(home.folder, 'config.json');

describe('config list', () => {
  test('gives every setting, its value and where it came from', async () => {
    await run(['set', 'timeout', '5s']);
    const settings = await json(['list', '--api-version', 'v1'], { env: { KYCGENIE_API_KEY: KEY } });
    expect(settings).toStrictEqual([
      { key: 'api_key', value: 'kycg_0123…', origin: 'environment', source: 'KYCGENIE_API_KEY' },
      { key: 'profile', value: 'default', origin: 'default', source: null },
      { key: 'base_url', value: 'https://api.kycgenie.com', origin: 'default', source: null },
      { key: 'api_version', value: 'v1', origin: 'flag', source: '--api-version' },
      { key: 'timeout', value: '5s', origin: 'profile', source: configFile() },
      { key: 'max_retries', value: '3', origin: 'default', source: null },
      { key: 'scheme', value: 'auto', origin: 'default', source: null },
      { key: 'config_dir', value: home.folder, origin: 'environment', source: 'KYCGENIE_CONFIG_DIR' },
      {
        key: 'data_dir',
        value: join(home.folder, 'data'),
        origin: 'environment',
        source: 'KYCGENIE_CONFIG_DIR',
      },
      { key: 'store', value: 'file', origin: 'default', source: null },
      { key: 'no_input', value: 'true', origin: 'environment', source: 'KYCGENIE_NO_INPUT' },
      { key: 'no_update_notice', value: 'false', origin: 'default', source: null },
    ]);
  });

  test.each<[string, Record<string, string>, string[], string, string]>([
    ['the profile', {}, [], 'http://localhost:1001', 'profile'],
    [
      'the environment',
      { KYCGENIE_BASE_URL: 'http://localhost:1002' },
      [],
      'http://localhost:1002',
      'environment',
    ],
    [
      'a flag',
      { KYCGENIE_BASE_URL: 'http://localhost:1002' },
      ['--base-url', 'http://localhost:1003'],
      'http://localhost:1003',
      'flag',
    ],
  ])('%s wins over what is below it', async (_what, env, flags, value, origin) => {
    await run(['set', 'base_url', 'http://localhost:1001']);
    const settings = await json(['list', ...flags], { env });
    expect(settings.find(({ key }: { key: string }) => key === 'base_url')).toMatchObject({ value, origin });
  });

  test('is a table, with origins when asked for', async () => {
    const plain = await run(['list']);
    expect(plain.stdout).toMatch(/^SETTING +VALUE$/m);
    expect(plain.stdout).toMatch(/^api_key +none$/m);
    const full = await run(['list', '--show-origin']);
    expect(full.stdout).toMatch(/^SETTING +VALUE +ORIGIN +SOURCE$/m);
    expect(full.stdout).toMatch(/^timeout +30s +default +-$/m);
    expect(full.stdout).toMatch(/^no_input +true +environment +KYCGENIE_NO_INPUT$/m);
    expect((await run(['list', '-q'])).stdout.split('\n')[0]).toBe('api_key');
  });

  test('shows no key whole in any format', async () => {
    for (const format of ['table', 'json', 'ndjson', 'yaml']) {
      const { stdout } = await run(['list', '--show-origin', '-o', format], {
        env: { KYCGENIE_API_KEY: KEY },
      });
      expect(stdout).toContain('kycg_0123…');
      expect(stdout).not.toContain('4567');
    }
  });

  test.each([
    [{ KYCGENIE_BASE_URL: 'http://api.example.com' }, 'KYCGENIE_BASE_URL is http'],
    [{ KYCGENIE_API_VERSION: 'v3' }, 'KYCGENIE_API_VERSION is not a version'],
    [{ KYCGENIE_TIMEOUT: '30' }, 'KYCGENIE_TIMEOUT is not a duration'],
    [{ KYCGENIE_MAX_RETRIES: '-1' }, 'KYCGENIE_MAX_RETRIES is not a number'],
    [{ KYCGENIE_PROFILE: '../x' }, 'KYCGENIE_PROFILE is not a profile name'],
    [{ KYCGENIE_API_KEY: 'two words' }, 'KYCGENIE_API_KEY holds spaces'],
  ])('of %j is a usage error that names the source', async (env, message) => {
    const { code, stderr } = await run(['list'], { env });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('config get', () => {
  test('prints the value in force', async () => {
    expect(await run(['get', 'base_url'])).toStrictEqual({
      code: 0,
      stdout: 'https://api.kycgenie.com\n',
      stderr: '',
    });
    expect((await run(['get', 'base_url', '-q'])).stdout).toBe('https://api.kycgenie.com\n');
    expect(await json(['get', 'timeout'], { env: { KYCGENIE_TIMEOUT: '2m' } })).toStrictEqual({
      key: 'timeout',
      value: '2m',
      origin: 'environment',
      source: 'KYCGENIE_TIMEOUT',
    });
  });

  test('of what has no value exits 3, of what is no setting 2', async () => {
    expect((await run(['get', 'api_key'])).code).toBe(3);
    const { code, stderr } = await run(['get', 'colour']);
    expect(code).toBe(2);
    expect(stderr).toContain('Settings are api_key, profile, base_url');
  });
});

describe('config set and unset', () => {
  test('change the profile in use and no other', async () => {
    expect(await json(['set', 'api_version', 'v1', '--profile', 'old'])).toStrictEqual({
      profile: 'old',
      key: 'api_version',
      value: 'v1',
    });
    expect((await run(['get', 'api_version'])).stdout).toBe('v2\n');
    expect((await run(['get', 'api_version', '--profile', 'old'])).stdout).toBe('v1\n');
    expect(await json(['unset', 'api_version', '--profile', 'old'])).toStrictEqual({
      profile: 'old',
      key: 'api_version',
      removed: 'v1',
    });
    expect((await run(['get', 'api_version', '--profile', 'old'])).stdout).toBe('v2\n');
  });

  test('say what they did', async () => {
    expect((await run(['set', 'timeout', '5s'])).stdout).toBe('timeout = 5s in profile default\n');
    expect((await run(['set', 'timeout', '6s', '-q'])).stdout).toBe('timeout\n');
    expect((await run(['unset', 'timeout'])).stdout).toBe('Removed timeout from profile default\n');
    expect((await run(['unset', 'timeout'])).stdout).toBe('timeout was not set in profile default\n');
    expect((await run(['unset', 'timeout', '-q'])).stdout).toBe('timeout\n');
  });

  test('keep the key and what else the profile holds', async () => {
    const file = { version: 1, profiles: { default: { api_key: KEY, timeout: '5s' } } };
    writeFileSync(configFile(), JSON.stringify(file));
    await run(['set', 'max_retries', '0']);
    await run(['unset', 'timeout']);
    const { profiles } = JSON.parse(readFileSync(configFile(), 'utf8'));
    expect(profiles.default).toEqual({ api_key: KEY, max_retries: '0' });
    expect(statSync(configFile()).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['base_url', 'http://api.example.com', 'is http'],
    ['base_url', 'https://user:pass@api.example.com', 'user name or a password'],
    ['base_url', 'https://api.example.com/v2', 'has a path'],
    ['api_version', 'v3', 'is not a version'],
    ['timeout', '0s', 'is not between'],
    ['timeout', '30', 'is not a duration'],
    ['max_retries', '21', 'is not a number of retries'],
    ['profile', 'live', 'A profile has no setting profile'],
    ['colour', 'red', 'A profile has no setting colour'],
    ['api_key', KEY, 'Run kycgenie login'],
  ])('refuse %s %s', async (key, value, message) => {
    const { code, stdout, stderr } = await run(['set', key, value]);
    expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toContain(KEY);
    expect(readdirSync(home.folder)).toEqual([]);
  });

  test('repair a profile that holds a bad value', async () => {
    writeFileSync(configFile(), JSON.stringify({ version: 1, profiles: { default: { api_version: 'v9' } } }));
    const broken = await run(['list']);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toContain(`api_version in ${configFile()} is not a version`);
    expect((await run(['unset', 'api_version'])).code).toBe(0);
    expect((await run(['list'])).code).toBe(0);
  });
});

describe('config path', () => {
  test('prints the file, and the folders as JSON', async () => {
    expect((await run(['path'])).stdout).toBe(`${configFile()}\n`);
    expect((await run(['path', '-q'])).stdout).toBe(`${configFile()}\n`);
    const data = join(home.folder, 'elsewhere');
    expect(parse((await run(['path', '-o', 'yaml'], { env: { KYCGENIE_DATA_DIR: data } })).stdout)).toEqual({
      config_path: configFile(),
      config_dir: home.folder,
      data_dir: data,
    });
  });

  test('is the own one of the system when nothing is set', async () => {
    const env = { KYCGENIE_CONFIG_DIR: undefined };
    const paths = await json(['path'], { env, homedir: '/home/somebody' });
    expect(paths.config_dir).toContain('/home/somebody');
    expect(paths.data_dir).not.toBe(paths.config_dir);
  });
});

describe('config profiles', () => {
  test('lists them, with the one in use', async () => {
    const profiles = { live: { api_key: KEY }, sandbox: { base_url: 'http://127.0.0.1:4010' } };
    writeFileSync(configFile(), JSON.stringify({ version: 1, profiles }));
    expect(await json(['profiles', '--profile', 'sandbox'])).toStrictEqual([
      { name: 'live', in_use: false, has_key: true, base_url: null },
      { name: 'sandbox', in_use: true, has_key: false, base_url: 'http://127.0.0.1:4010' },
    ]);
    const { stdout } = await run(['profiles', '--profile', 'live'], { columns: 80 });
    expect(stdout).toContain('\u{1b}[32mlive\u{1b}[39m');
    expect((await run(['profiles'])).stdout).toMatch(/^sandbox +none +http:\/\/127\.0\.0\.1:4010$/m);
    expect((await run(['profiles', '-q'])).stdout).toBe('live\nsandbox\n');
  });

  test('without any says how to make one', async () => {
    const { stdout, stderr } = await run(['profiles']);
    expect(stdout).toBe('');
    expect(stderr).toContain('kycgenie login makes one');
  });
});

describe('a config file', () => {
  test('that is damaged is set aside and reported, never overwritten', async () => {
    writeFileSync(configFile(), '{"version": 1, "profiles": {"default": {"api_key": "kycg_01');
    const { code, stderr } = await run(['set', 'timeout', '5s']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^⚠ .*config\.json is damaged \(it is not JSON\) and was set aside as \S+\n$/);
    const aside = readdirSync(home.folder).find((name) => name.includes('.damaged-')) ?? '';
    expect(readFileSync(join(home.folder, aside), 'utf8')).toContain('kycg_01');
    expect(await run(['get', 'timeout'])).toStrictEqual({ code: 0, stdout: '5s\n', stderr: '' });
  });

  test('of a newer version is left alone', async () => {
    const text = JSON.stringify({ version: 99, profiles: {} });
    writeFileSync(configFile(), text);
    expect((await run(['set', 'timeout', '5s'])).code).toBe(1);
    expect(readFileSync(configFile(), 'utf8')).toBe(text);
  });

  test('that is a folder exits 1 and says so', async () => {
    mkdirSync(configFile());
    const { code, stderr } = await run(['list', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stderr).error).toMatchObject({ code: 'store_unwritable', exit_code: 1 });
  });
});
