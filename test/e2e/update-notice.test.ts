import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { home, kycgenie, toolForShell } from './tool.ts';

/** Nothing here asks a registry: each file says that it was asked just now. */
const HOUR_MS = 3_600_000;

const hasTerminals = spawnSync('script', ['--version']).status === 0;

let place: ReturnType<typeof home>;

beforeEach(() => {
  place = home();
  mkdirSync(join(place.folder, 'data'));
  const state = { ask_at: Date.now() + HOUR_MS, tell_at: 0, newest: '99.0.0' };
  writeFileSync(join(place.folder, 'data', 'updates.json'), JSON.stringify(state));
});

afterEach(() => place.remove());

/** What a person sees on a terminal of their own. */
function atTerminal(command: string, env: Readonly<Record<string, string>> = {}): string {
  const { PATH } = process.env;
  const { stdout } = spawnSync('script', ['-qec', `${toolForShell()} ${command}`, '/dev/null'], {
    env: { PATH, TERM: 'xterm', HOME: place.folder, ...place.env, ...env },
    encoding: 'utf8',
    input: '',
  });
  return stdout;
}

it.skipIf(!hasTerminals)('a newer version is named once a day at a terminal', () => {
  expect(atTerminal('config get timeout', { NO_UPDATE_NOTIFIER: '1' })).toBe('30s\r\n');
  expect(atTerminal('config get timeout | cat')).toBe('30s\r\n');
  expect(atTerminal('config get timeout')).toMatch(/^30s\r\n[\s\S]*kycgenie 99\.0\.0 is out/);
  expect(atTerminal('config get timeout')).toBe('30s\r\n');
});

it('elsewhere nothing is named, asked or kept', async () => {
  const { stdout, stderr } = await kycgenie(['config', 'get', 'timeout'], place.env);
  expect({ stdout, stderr }).toEqual({ stdout: '30s\n', stderr: '' });
  expect(JSON.parse(readFileSync(join(place.folder, 'data', 'updates.json'), 'utf8')).tell_at).toBe(0);
  const fresh = home();
  await kycgenie(['config', 'get', 'timeout'], fresh.env);
  expect(existsSync(join(fresh.folder, 'data'))).toBe(false);
  fresh.remove();
});
