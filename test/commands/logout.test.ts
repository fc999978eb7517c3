import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { kycgenie, temporaryHome } from '../support/cli.ts';

const KEY = 'kycg_0123456789abcdef0123456789abcdef';

let home: ReturnType<typeof temporaryHome>;

beforeEach(() => {
  home = temporaryHome();
  const profiles = {
    default: { api_key: KEY, timeout: '5s' },
    empty: { base_url: 'http://127.0.0.1:4010' },
    live: { api_key: KEY },
  };
  writeFileSync(join(home.folder, 'config.json'), JSON.stringify({ version: 1, profiles }));
});

afterEach(() => home.remove());

const run = (...argv: readonly string[]) => kycgenie(['logout', ...argv], { env: home.env });
const stored = () => JSON.parse(readFileSync(join(home.folder, 'config.json'), 'utf8')).profiles;

test('forgets the key of the profile in use, and nothing else', async () => {
  expect(await run()).toStrictEqual({ code: 0, stdout: 'Forgot the key of profile default.\n', stderr: '' });
  expect(stored()).toEqual({
    default: { timeout: '5s' },
    empty: { base_url: 'http://127.0.0.1:4010' },
    live: { api_key: KEY },
  });
  expect(await run()).toStrictEqual({ code: 0, stdout: 'No key was stored.\n', stderr: '' });
});

test('forgets the key of a named profile', async () => {
  expect(JSON.parse((await run('--profile', 'live', '--json')).stdout)).toStrictEqual({ profiles: ['live'] });
  expect(stored().default.api_key).toBe(KEY);
});

test('forgets the keys of all profiles with --all', async () => {
  expect((await run('--all', '-q')).stdout).toBe('default\nlive\n');
  expect(JSON.stringify(stored())).not.toContain(KEY);
});

test('keeps the signing secrets', async () => {
  const env = home.env;
  await kycgenie(['secrets', 'import', 'w-1'], { env, stdin: 'whsec_0123456789' });
  await run();
  expect((await kycgenie(['secrets', 'list', '-q'], { env })).stdout).toBe('w-1\n');
});
