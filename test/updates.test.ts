import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { createSend } from '../src/http.ts';
import { type UpdateOptions, watchUpdates } from '../src/updates.ts';
import {
  type Behaviour,
  type FaultyServer,
  hang,
  json,
  raw,
  reset,
  startFaultyServer,
} from './support/faulty-server.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let folder: string;
let registry: FaultyServer;
let nowMs: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kycgenie-updates-'));
  registry = await startFaultyServer();
  nowMs = NOW;
});

afterEach(async () => {
  await registry.close();
  rmSync(folder, { recursive: true });
});

const file = () => join(folder, 'data', 'updates.json');
const kept = (): Record<string, unknown> => JSON.parse(readFileSync(file(), 'utf8'));

/** Names no host: a question that asked for no proxy would look up another. */
const PROXY = { http_proxy: 'socks5://' };

const watch = (options: Partial<UpdateOptions> = {}) =>
  watchUpdates({
    dataDir: join(folder, 'data'),
    url: new URL('/repos/owner/kycgenie-cli/releases/latest', registry.url),
    version: '0.9.0',
    send: async () => createSend({ env: {} }),
    clock: { ...systemClock, now: () => nowMs },
    ...options,
  });

/** A run that lasts until its question is settled. */
async function longRun(options?: Partial<UpdateOptions>): Promise<string | null> {
  const updates = await watch(options);
  while (kept()['ask_at'] !== nowMs + DAY_MS) await turn();
  return updates.end();
}

const shortRun = async () => (await watch()).end();

describe('a newer version', () => {
  it('is found by one question a day, and told once a day', async () => {
    registry.otherwise(json(200, { tag_name: 'v0.10.0', prerelease: false }));
    expect(await longRun()).toBe('0.10.0');
    nowMs += DAY_MS - MINUTE_MS;
    expect(await shortRun()).toBeNull();
    expect(registry.arrivals).toHaveLength(1);
    nowMs += MINUTE_MS;
    expect(await longRun()).toBe('0.10.0');
    expect(registry.arrivals).toHaveLength(2);
  });

  it('is told by the next run where the one that asked ended before the answer', async () => {
    registry.next(hang, json(200, { tag_name: '0.10.0' }));
    const first = await watch();
    const { over } = await registry.arrival(0);
    expect(await first.end()).toBeNull();
    await over;
    expect(await shortRun()).toBeNull();
    expect(registry.arrivals).toHaveLength(1);
    nowMs += 10 * MINUTE_MS;
    expect(await longRun()).toBe('0.10.0');
  });

  it.each([
    ['0.10.0', '0.9.0', '0.10.0'],
    ['0.9.0', '0.9.0', null],
    ['0.8.9', '0.9.0', null],
    ['1.0.0', '1.0.0-rc.1', '1.0.0'],
    ['1.0.0-rc.2', '1.0.0', null],
  ])('%s beside %s: %s', async (latest, version, told) => {
    registry.otherwise(json(200, { tag_name: latest }));
    expect(await longRun({ version })).toBe(told);
  });
});

describe('the question', () => {
  it('says nothing but the name of the package and of this program', async () => {
    registry.otherwise(json(200, { tag_name: '0.9.0' }));
    await longRun();
    const { method, target, headers, body } = await registry.arrival(0);
    expect({ method, target, body: body.length }).toEqual({
      method: 'GET',
      target: '/repos/owner/kycgenie-cli/releases/latest',
      body: 0,
    });
    expect(headers.map(([name]) => name.toLowerCase()).sort()).toEqual([
      ...['accept', 'accept-encoding', 'connection', 'host', 'user-agent'],
    ]);
  });

  const answers: readonly (readonly [name: string, Behaviour])[] = [
    ['a failing registry', json(500, { tag_name: '9.0.0' })],
    ['a redirect', json(302, { tag_name: '9.0.0' }, { location: 'https://example.com/' })],
    ['no JSON', raw('HTTP/1.1 200 OK\r\n\r\n<html>')],
    ['a list', json(200, ['9.0.0'])],
    ['no tag', json(200, {})],
    ['a number', json(200, { tag_name: 9 })],
    ['no version', json(200, { tag_name: '9.0.0; rm -rf ~' })],
    ['an escape sequence', json(200, { tag_name: '9.0.0\u001b[31m' })],
    ['a long version', json(200, { tag_name: `9.0.0-${'x'.repeat(100)}` })],
    ['a long answer', json(200, { tag_name: '9.0.0', filler: 'x'.repeat(300_000) })],
    ['a reset', reset],
    ['no HTTP', raw('hello\r\n')],
  ];

  it.each(answers)('answered by %s leaves what was known, until tomorrow', async (_name, behaviour) => {
    registry.next(json(200, { tag_name: '0.9.5' }), behaviour);
    await longRun();
    nowMs += DAY_MS;
    expect(await longRun()).toBe('0.9.5');
    expect(kept()).toEqual({ ask_at: nowMs + DAY_MS, tell_at: nowMs + DAY_MS, newest: '0.9.5' });
  });

  it('goes where the environment has its proxy, and one that is none ends nothing', async () => {
    const [url, send] = [new URL('http://registry.invalid/'), async () => createSend({ env: PROXY })];
    expect(await longRun({ url, send })).toBeNull();
    expect(kept()['newest']).toBeNull();
  });

  it('is not asked where its time could not be remembered', async () => {
    writeFileSync(join(folder, 'data'), '');
    // Which of the two depends on the version of Node.
    await expect(watch()).rejects.toMatchObject({ code: expect.toBeOneOf(['ENOTDIR', 'EEXIST']) });
    expect(registry.arrivals).toEqual([]);
  });
});

describe('what is remembered', () => {
  it('is for the user alone', async () => {
    registry.otherwise(json(200, { tag_name: '0.9.0' }));
    await longRun();
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'data')).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['no JSON', '{"ask_at": 1'],
    ['something else', '[1]'],
    ['other types', '{"ask_at": "never", "tell_at": null, "newest": 7}'],
    ['a clock that was wrong', '{"ask_at": 1e300, "tell_at": 1e300, "newest": "0.9.0"}'],
    ['too much', `{"filler": "${'x'.repeat(5000)}", "ask_at": 1e300}`],
  ])('is asked anew after %s', async (_name, text) => {
    registry.otherwise(json(200, { tag_name: '0.9.5' }));
    await shortRun();
    writeFileSync(file(), text);
    expect(await longRun()).toBe('0.9.5');
  });

  it.skipIf(process.platform === 'win32')('waits for nobody where it is a pipe', async () => {
    mkdirSync(join(folder, 'data'));
    execFileSync('mkfifo', [file()]);
    await expect(watch()).rejects.toThrow(/updates\.json is not a file$/);
    expect(registry.arrivals).toEqual([]);
  });

  it('tells no version that is none', async () => {
    await shortRun();
    writeFileSync(file(), JSON.stringify({ ask_at: nowMs + DAY_MS, tell_at: 0, newest: '9.0.0\u001b[31m' }));
    expect(await shortRun()).toBeNull();
  });
});
