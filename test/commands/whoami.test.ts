import { afterEach, beforeEach, expect, test } from 'vitest';
import { kycgenie, temporaryHome } from '../support/cli.ts';

const KEY = 'kycg_0123456789abcdef0123456789abcdef';

let home: ReturnType<typeof temporaryHome>;

beforeEach(() => {
  home = temporaryHome();
});

afterEach(() => home.remove());

test('tells what the next call would use, and where each came from', async () => {
  const env = { ...home.env, KYCGENIE_API_KEY: KEY };
  const { code, stdout, stderr } = await kycgenie(['whoami', '--profile', 'live', '--json'], { env });
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toStrictEqual({
    profile: 'live',
    api_key: 'kycg_0123…',
    base_url: 'https://api.kycgenie.com',
    api_version: 'v2',
    origins: { profile: 'flag', api_key: 'environment', base_url: 'default', api_version: 'default' },
  });
});

test('is a record for people', async () => {
  const env = { ...home.env, KYCGENIE_API_KEY: KEY };
  expect((await kycgenie(['whoami'], { env })).stdout).toBe(
    [
      'profile      default  default',
      'key          kycg_0123…  environment',
      'base url     https://api.kycgenie.com  default',
      'api version  v2  default',
      '',
    ].join('\n'),
  );
});

test('without a key exits 4, in both error shapes', async () => {
  const human = await kycgenie(['whoami'], { env: home.env });
  expect(human).toStrictEqual({
    code: 4,
    stdout: '',
    stderr: '✗ No API key in profile default\n  Run kycgenie login, or set KYCGENIE_API_KEY.\n',
  });
  const machine = await kycgenie(['whoami', '-o', 'ndjson'], { env: home.env });
  expect({ code: machine.code, stdout: machine.stdout }).toStrictEqual({ code: 4, stdout: '' });
  expect(JSON.parse(machine.stderr)).toStrictEqual({
    error: {
      code: 'not_logged_in',
      message: 'No API key in profile default',
      http_status: null,
      request_id: null,
      errors: null,
      details: null,
      hint: 'Run kycgenie login, or set KYCGENIE_API_KEY.',
      exit_code: 4,
    },
  });
});
