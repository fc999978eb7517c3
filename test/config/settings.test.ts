import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/config/profiles.ts';
import { SETTINGS } from '../../src/config/setting-facts.ts';
import {
  checkProfileValue,
  listSettings,
  resolvePlaces,
  resolveSettings,
  type SettingSources,
  type Settings,
} from '../../src/config/settings.ts';
import { Secret } from '../../src/secret.ts';
import { failureOf, keyText } from './scratch.ts';

const NOTHING: Profile = { apiKey: null, values: {} };

function sources(
  given: Partial<SettingSources> & { profile?: Profile; input?: string } = {},
): SettingSources {
  const { profile = NOTHING, input = '', ...rest } = given;
  return {
    flags: {},
    env: {},
    platform: 'linux',
    homedir: '/home/ada',
    readInput: async () => input,
    readProfile: async () => profile,
    ...rest,
  };
}

const resolve = (given: Parameters<typeof sources>[0]): Promise<Settings> => resolveSettings(sources(given));

describe('precedence', () => {
  const flags = {
    baseUrl: 'https://flag.example',
    apiVersion: 'v1',
    timeout: '1s',
    maxRetries: '1',
    profile: 'flagged',
  };
  const env = {
    KYCGENIE_BASE_URL: 'https://env.example',
    KYCGENIE_API_VERSION: 'v1',
    KYCGENIE_TIMEOUT: '2s',
    KYCGENIE_MAX_RETRIES: '2',
    KYCGENIE_PROFILE: 'from-env',
    KYCGENIE_API_KEY: 'key_env',
  };
  const profile: Profile = {
    apiKey: new Secret('key_profile'),
    values: { base_url: 'https://profile.example', api_version: 'v1', timeout: '3s', max_retries: '4' },
  };

  it('puts a flag first, and says so', async () => {
    const settings = await resolve({
      flags: { ...flags, apiKeyFile: '-' },
      env,
      profile,
      input: 'key_flag\n',
    });
    expect(settings).toMatchObject({
      baseUrl: { origin: 'flag', source: '--base-url', value: new URL('https://flag.example') },
      apiVersion: { origin: 'flag', source: '--api-version', value: 'v1' },
      timeoutMs: { origin: 'flag', source: '--timeout', value: 1000 },
      maxRetries: { origin: 'flag', source: '--max-retries', value: 1 },
      profile: { origin: 'flag', source: '--profile', value: 'flagged' },
      apiKey: { origin: 'flag', source: '--api-key-file' },
    });
    expect(keyText(settings.apiKey.value)).toBe('key_flag');
  });

  it('puts the environment before the profile, and says so', async () => {
    const settings = await resolve({ env, profile });
    expect(settings).toMatchObject({
      baseUrl: { origin: 'environment', source: 'KYCGENIE_BASE_URL' },
      apiVersion: { origin: 'environment', source: 'KYCGENIE_API_VERSION' },
      timeoutMs: { origin: 'environment', source: 'KYCGENIE_TIMEOUT', value: 2000 },
      maxRetries: { origin: 'environment', source: 'KYCGENIE_MAX_RETRIES', value: 2 },
      profile: { origin: 'environment', source: 'KYCGENIE_PROFILE', value: 'from-env' },
      apiKey: { origin: 'environment', source: 'KYCGENIE_API_KEY' },
    });
    expect(keyText(settings.apiKey.value)).toBe('key_env');
  });

  it('puts the profile before the default, and names its file', async () => {
    const source = '/home/ada/.config/kycgenie/config.json';
    const settings = await resolve({ profile });
    expect(settings).toMatchObject({
      baseUrl: { origin: 'profile', source, value: new URL('https://profile.example') },
      apiVersion: { origin: 'profile', source, value: 'v1' },
      timeoutMs: { origin: 'profile', source, value: 3000 },
      maxRetries: { origin: 'profile', source, value: 4 },
      apiKey: { origin: 'profile', source },
    });
  });

  it('has a default for everything', async () => {
    const settings = await resolve({});
    expect(settings).toEqual({
      apiKey: { value: null, origin: 'default', source: null },
      profile: { value: 'default', origin: 'default', source: null },
      baseUrl: { value: new URL('https://api.kycgenie.com'), origin: 'default', source: null },
      apiVersion: { value: 'v2', origin: 'default', source: null },
      timeoutMs: { value: 30_000, origin: 'default', source: null },
      maxRetries: { value: 3, origin: 'default', source: null },
      scheme: { value: 'auto', origin: 'default', source: null },
      configDir: { value: '/home/ada/.config/kycgenie', origin: 'default', source: null },
      dataDir: { value: '/home/ada/.local/share/kycgenie', origin: 'default', source: null },
      store: { value: 'file', origin: 'default', source: null },
      noInput: { value: false, origin: 'default', source: null },
      noUpdateNotice: { value: false, origin: 'default', source: null },
    });
  });

  it('takes an empty or blank variable for unset', async () => {
    const blank = Object.fromEntries(Object.keys(env).map((name) => [name, ' ']));
    expect(
      await resolve({ env: { ...blank, KYCGENIE_CONFIG_DIR: '', KYCGENIE_NO_INPUT: '', CI: '' } }),
    ).toEqual(await resolve({}));
  });

  it('does not look at values that something stronger overrides', async () => {
    const broken: Profile = { apiKey: null, values: { timeout: 'soon' } };
    const settings = await resolve({
      flags: { timeout: '1s' },
      env: { KYCGENIE_TIMEOUT: 'never' },
      profile: broken,
    });
    expect(settings.timeoutMs.value).toBe(1000);
  });

  it('asks for the chosen profile in the chosen folder', async () => {
    const asked: string[] = [];
    await resolve({
      flags: { profile: 'work' },
      env: { KYCGENIE_CONFIG_DIR: '/etc/kyc' },
      readProfile: async (...args) => {
        asked.push(...args);
        return NOTHING;
      },
    });
    expect(asked).toEqual(['work', '/etc/kyc']);
  });
});

describe('bad values', () => {
  it.each([
    [{ timeout: '5 minutes' }, '--timeout is not a duration: "5 minutes"'],
    [{ timeout: '' }, '--timeout is not a duration: ""'],
    [{ timeout: '0s' }, '--timeout is not between 1ms and 1d: "0s"'],
    [{ timeout: '2d' }, '--timeout is not between 1ms and 1d: "2d"'],
    [{ maxRetries: '-1' }, '--max-retries is not a number of retries: "-1"'],
    [{ maxRetries: '21' }, '--max-retries is not a number of retries: "21"'],
    [{ maxRetries: '1.5' }, '--max-retries is not a number of retries: "1.5"'],
    [{ apiVersion: 'v3' }, '--api-version is not a version of the API: "v3"'],
    [{ profile: '../x' }, '--profile is not a profile name: "../x"'],
    [{ profile: '' }, '--profile is not a profile name: ""'],
    [{ profile: `a${'b'.repeat(64)}` }, `--profile is not a profile name: "a${'b'.repeat(39)}…"`],
  ])('of flags %j name the flag', async (flags, message) => {
    expect(await failureOf(() => resolve({ flags }))).toMatchObject({ kind: 'usage', message });
  });

  it('of variables name the variable', async () => {
    const failure = await failureOf(() => resolve({ env: { KYCGENIE_TIMEOUT: 'soon' } }));
    expect(failure).toMatchObject({ kind: 'usage', message: 'KYCGENIE_TIMEOUT is not a duration: "soon"' });
    expect(failure.hint).toContain('30s');
  });

  it('of a profile name the setting and the file', async () => {
    const failure = await failureOf(() =>
      resolve({ profile: { apiKey: null, values: { max_retries: 'many' } } }),
    );
    expect(failure.message).toBe(
      'max_retries in /home/ada/.config/kycgenie/config.json is not a number of retries: "many"',
    );
  });

  it('in a profile leave the places known, so that the profile can be repaired', () => {
    const { configDir, profile } = resolvePlaces(sources({ env: { KYCGENIE_PROFILE: 'work' } }));
    expect([configDir.value, profile.value]).toEqual(['/home/ada/.config/kycgenie', 'work']);
  });

  it('are refused before they reach a profile, by the same rules', async () => {
    expect(await failureOf(() => checkProfileValue('timeout', 'soon'))).toMatchObject({
      kind: 'usage',
      message: 'timeout is not a duration: "soon"',
    });
    checkProfileValue('base_url', 'http://localhost:4010');
  });
});

describe('base URL', () => {
  it.each([
    'https://api.example.com',
    'https://api.example.com/',
    'HTTPS://API.example.com:8443',
    'http://localhost:4010',
    'http://127.0.0.1:80',
    'http://127.9.9.9',
    'http://[::1]:4010',
  ])('takes %s', async (baseUrl) => {
    const { value } = (await resolve({ flags: { baseUrl } })).baseUrl;
    expect(value.href).toBe(`${value.origin}/`);
  });

  it.each([
    ['http://api.example.com', 'is http'],
    ['http://127.0.0.1.example.com', 'is http'],
    ['http://localhost.example.com', 'is http'],
    ['http://0.0.0.0', 'is http'],
    ['http://[::2]', 'is http'],
    ['https://api.example.com/v2', 'has a path'],
    ['https://api.example.com?x=1', 'has a path, a query'],
    ['https://api.example.com?', 'has a path, a query'],
    ['https://api.example.com/#top', 'a fragment'],
    ['localhost:4010', 'is not an http or https URL'],
    ['api.example.com', 'is not an http or https URL'],
    ['https:api.example.com', 'is not an http or https URL'],
    ['ftp://api.example.com', 'is not an http or https URL'],
    ['', 'is not an http or https URL'],
  ])('refuses %j', async (baseUrl, message) => {
    const failure = await failureOf(() => resolve({ flags: { baseUrl } }));
    expect(failure.kind).toBe('usage');
    expect(failure.message).toContain(message);
  });

  it.each([
    'https://ada:hunter2@api.example.com',
    'htps://ada:hunter2@api.example.com',
    'https//ada:hunter2@x',
  ])('never quotes what may hold a password: %s', async (baseUrl) => {
    const failure = await failureOf(() => resolve({ flags: { baseUrl } }));
    expect(`${failure.message} ${failure.hint}`).not.toContain('hunter2');
  });
});

describe('API key', () => {
  it.each(['kycg_0123\n', 'kycg_0123\r\n', '  kycg_0123  ', '\uFEFFkycg_0123', 'kycg_0123'])(
    'is read from a file, without what surrounds it: %j',
    async (input) => {
      const { apiKey } = await resolve({ flags: { apiKeyFile: 'key.txt' }, input });
      expect(keyText(apiKey.value)).toBe('kycg_0123');
    },
  );

  it.each([
    ['', 'is empty'],
    ['\n\n', 'is empty'],
    ['kycg_canary\nkycg_other\n', 'line breaks'],
    ['kycg_canary other', 'spaces'],
    ['kycg_canary\0', 'other characters'],
    ['kycg_canaryé', 'other characters'],
    [`kycg_canary${'x'.repeat(1024)}`, 'too long'],
  ])('is refused, and never shown: %j', async (input, message) => {
    const failure = await failureOf(() => resolve({ flags: { apiKeyFile: 'key.txt' }, input }));
    expect(failure.kind).toBe('usage');
    expect(failure.message).toContain('--api-key-file');
    expect(failure.message).toContain(message);
    expect(`${failure.message} ${failure.hint}`).not.toContain('canary');
  });

  it('is listed masked only', async () => {
    const settings = await resolve({ env: { KYCGENIE_API_KEY: 'kycg_0123456789abcdef' } });
    expect(JSON.stringify(listSettings(settings))).not.toContain('456789');
  });
});

describe('prompts', () => {
  it.each([
    [{ input: false }, {}, { value: true, origin: 'flag', source: '--no-input' }],
    [{ input: true }, {}, { value: false, origin: 'default', source: null }],
    [{}, { KYCGENIE_NO_INPUT: '1' }, { value: true, origin: 'environment', source: 'KYCGENIE_NO_INPUT' }],
    [{}, { CI: 'true' }, { value: true, origin: 'environment', source: 'CI' }],
    [{}, { KYCGENIE_NO_INPUT: '0', CI: 'False' }, { value: false, origin: 'default', source: null }],
    [
      {},
      { KYCGENIE_NO_INPUT: 'false', CI: 'woodpecker' },
      { value: true, origin: 'environment', source: 'CI' },
    ],
  ])('with %j and %j', async (flags, env, expected) => {
    expect((await resolve({ flags, env })).noInput).toEqual(expected);
  });
});

describe('the notice of updates', () => {
  it.each([
    [{}, { value: false, origin: 'default', source: null }],
    [{ NO_UPDATE_NOTIFIER: '1' }, { value: true, origin: 'environment', source: 'NO_UPDATE_NOTIFIER' }],
    [{ NO_UPDATE_NOTIFIER: 'false' }, { value: false, origin: 'default', source: null }],
    [{ CI: '1' }, { value: true, origin: 'environment', source: 'CI' }],
  ])('with %j', async (env, expected) => {
    expect((await resolve({ env })).noUpdateNotice).toEqual(expected);
  });
});

describe('folders', () => {
  const places = (given: Partial<SettingSources>): readonly string[] => {
    const { configDir, dataDir } = resolvePlaces(sources(given));
    return [configDir.value, dataDir.value];
  };

  it('follow XDG', () => {
    expect(places({ env: { XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: '/d' } })).toEqual([
      '/c/kycgenie',
      '/d/kycgenie',
    ]);
  });

  it('ignore relative XDG folders', () => {
    expect(places({ env: { XDG_CONFIG_HOME: 'c', XDG_DATA_HOME: './d' } })).toEqual(places({}));
  });

  it('never coincide', () => {
    expect(places({ env: { XDG_CONFIG_HOME: '/x', XDG_DATA_HOME: '/x' } })).toEqual([
      '/x/kycgenie',
      '/x/kycgenie/data',
    ]);
  });

  it('follow macOS', () => {
    const config = '/Users/ada/Library/Application Support/kycgenie';
    expect(places({ platform: 'darwin', homedir: '/Users/ada' })).toEqual([config, `${config}/data`]);
  });

  it('follow Windows', () => {
    const env = { APPDATA: 'D:\\Roaming', LOCALAPPDATA: 'D:\\Local' };
    expect(places({ platform: 'win32', homedir: 'C:\\Users\\Ada', env })).toEqual([
      'D:\\Roaming\\kycgenie',
      'D:\\Local\\kycgenie',
    ]);
    expect(places({ platform: 'win32', homedir: 'C:\\Users\\Ada' })).toEqual([
      'C:\\Users\\Ada\\AppData\\Roaming\\kycgenie',
      'C:\\Users\\Ada\\AppData\\Local\\kycgenie',
    ]);
  });

  it('are named by variables', () => {
    const { configDir, dataDir } = resolvePlaces(
      sources({ env: { KYCGENIE_CONFIG_DIR: '/c/../e', KYCGENIE_DATA_DIR: '/d' } }),
    );
    expect(configDir).toEqual({ value: '/e', origin: 'environment', source: 'KYCGENIE_CONFIG_DIR' });
    expect(dataDir).toEqual({ value: '/d', origin: 'environment', source: 'KYCGENIE_DATA_DIR' });
  });

  it('keep data below the config folder when only that is named', () => {
    const { dataDir } = resolvePlaces(sources({ env: { KYCGENIE_CONFIG_DIR: '/c', XDG_DATA_HOME: '/d' } }));
    expect(dataDir).toEqual({ value: '/c/data', origin: 'environment', source: 'KYCGENIE_CONFIG_DIR' });
  });

  it.each(['', '.', 'home/ada'])('are never made up from the home folder %j', async (homedir) => {
    const failure = await failureOf(() => resolve({ homedir }));
    expect(failure.kind).toBe('usage');
    expect(failure.hint).toContain('KYCGENIE_CONFIG_DIR');
    expect(places({ homedir, env: { KYCGENIE_CONFIG_DIR: '/c' } })).toEqual(['/c', '/c/data']);
  });

  it('cannot have a name that the system cannot have', async () => {
    const failure = await failureOf(() => resolve({ env: { KYCGENIE_CONFIG_DIR: '/a\0b' } }));
    expect(failure.message).toBe('KYCGENIE_CONFIG_DIR is not a path');
  });
});

describe('the table of facts', () => {
  it('lists every setting once, in the order of help', async () => {
    const settings = await resolve({});
    expect(Object.keys(SETTINGS).sort()).toEqual(Object.keys(settings).sort());
    expect(listSettings(settings).map(({ key }) => key)).toEqual(
      Object.values(SETTINGS).map(({ key }) => key),
    );
  });

  it('states the defaults that hold', async () => {
    const listed = listSettings(await resolve({}));
    const stated = Object.values(SETTINGS).filter(
      ({ profileKey }) => profileKey !== null && profileKey !== 'api_key',
    );
    for (const { key, defaultText } of stated) {
      expect(listed.find((setting) => setting.key === key)?.value).toBe(defaultText);
    }
  });

  it('reads back what it writes', async () => {
    const settings = await resolve({ flags: { timeout: '90s', baseUrl: 'http://localhost:4010' } });
    const text = Object.fromEntries(listSettings(settings).map(({ key, value }) => [key, value ?? '']));
    expect(text).toMatchObject({
      timeout: '90s',
      base_url: 'http://localhost:4010',
      api_key: '',
      no_input: 'false',
    });
  });
});
