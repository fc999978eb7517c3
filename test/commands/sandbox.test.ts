import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { viewSandboxLine } from '../../src/commands/sandbox-view.ts';
import type { SandboxLine } from '../../src/sandbox/run.ts';
import { drawView } from '../../src/terminal/table.ts';
import { kycgenie, temporaryHome, type World } from '../support/cli.ts';
import { startReceiver } from '../support/sandbox.ts';
import { linesOf, open, type Running } from '../support/stream.ts';

let home: ReturnType<typeof temporaryHome>;

beforeEach(() => {
  home = temporaryHome();
});

afterEach(() => home.remove());

const sandbox = (argv: readonly string[] = [], world: World = {}): Running =>
  open(['sandbox', '--port', '0', ...argv], { ...world, env: { ...home.env, ...world.env } });

/** A run of the program against it, over a real socket. */
async function against(running: Running, argv: readonly string[], world: World = {}) {
  const { url, api_key: key } = await running.line({ type: 'ready' });
  const env = { ...home.env, KYCGENIE_BASE_URL: url, KYCGENIE_API_KEY: key, ...world.env };
  return kycgenie(argv, { ...world, env });
}

describe('sandbox --json', () => {
  test('says where it is and with which key, and tells of what it does', async () => {
    const receiver = await startReceiver(200);
    const running = sandbox(['--json']);
    const ready = await running.line({ type: 'ready' });
    expect(ready).toStrictEqual({
      type: 'ready',
      url: `http://127.0.0.1:${ready.port}`,
      port: expect.any(Number),
      pid: process.pid,
      api_key: expect.stringMatching(/^kycg_[0-9a-f]{32}$/),
    });
    const created = await against(running, [
      'webhooks',
      'create',
      '--event',
      'all',
      '--url',
      receiver.url,
      '-q',
    ]);
    expect(created.code).toBe(0);
    expect((await against(running, ['webhooks', 'test', '--all'])).code).toBe(0);
    expect(await running.line({ type: 'request', method: 'POST', status: 201 })).toMatchObject({
      path: '/api/v2/webhooks/',
      request_id: expect.any(String),
    });
    const { code, stdout, stderr } = await running.stop();
    expect({ code, stderr }).toStrictEqual({ code: 130, stderr: '' });
    expect(linesOf(stdout).at(-1)).toMatchObject({ type: 'summary', requests: 3 });
    expect(receiver.received).toHaveLength(1);
    await receiver.close();
  });

  test('keeps everything in --data for the next start', async () => {
    const data = mkdtempSync(join(tmpdir(), 'kycgenie-data-'));
    const first = sandbox(['--json', '--data', data]);
    const { api_key } = await first.line({ type: 'ready' });
    const created = await against(first, [
      'webhooks',
      'create',
      '--event',
      'all',
      '--url',
      'https://a.example/',
      '-q',
    ]);
    await first.stop('terminated');
    const second = sandbox(['--json', '--data', data]);
    expect(await second.line({ type: 'ready' })).toMatchObject({ api_key });
    expect((await against(second, ['webhooks', 'list', '-q'])).stdout).toBe(created.stdout);
    expect((await second.stop('terminated')).code).toBe(143);
    rmSync(data, { recursive: true });
  });

  test('has logs to begin with under --seed-logs', async () => {
    const running = sandbox(['--json', '--seed-logs', '7']);
    const { stdout } = await against(running, ['logs', 'list', '-q']);
    expect(stdout.trimEnd().split('\n')).toHaveLength(7);
    await running.stop();
  });

  test('fails, and limits, when told to', async () => {
    const failing = sandbox(['--json', '--fail', '1']);
    const failed = await against(failing, ['webhooks', 'list', '--max-retries', '0']);
    expect([6, 7]).toContain(failed.code);
    await failing.stop();
    const limited = sandbox(['--json', '--rate-limit', '1']);
    const argv = ['webhooks', 'list', '--max-retries', '0', '--json'];
    const both = [await against(limited, argv), await against(limited, argv)];
    expect(both.map(({ code }) => code)).toEqual([0, 6]);
    expect(JSON.parse(both[1]?.stderr ?? '').error).toMatchObject({ http_status: 429 });
    await limited.stop();
  });

  test('prints its address alone under --quiet', async () => {
    const running = sandbox(['-q']);
    await running.shown('http://127.0.0.1:');
    expect((await running.stop()).stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
  });

  test('answers to a key that was named for this run, and not to that of the account', async () => {
    const key = 'kycg_00000000000000000000000000000001';
    const running = sandbox(['--json', '--api-key-file', '-'], { stdin: key });
    expect(await running.line({ type: 'ready' })).toMatchObject({ api_key: key });
    await running.stop();
    const other = sandbox(['--json'], { env: { KYCGENIE_API_KEY: key } });
    expect((await other.line({ type: 'ready' })).api_key).not.toBe(key);
    await other.stop();
  });
});

describe('sandbox for people', () => {
  test('shows what to set in another terminal, and draws what happens', async () => {
    const receiver = await startReceiver(503, 200, 410);
    const running = sandbox(['--retry-schedule', '1ms']);
    await running.shown('Ctrl-C stops.');
    const url = /export KYCGENIE_BASE_URL=(\S+)/.exec(running.stdout())?.[1] ?? '';
    const key = /export KYCGENIE_API_KEY=(\S+)/.exec(running.stdout())?.[1] ?? '';
    const env = { ...home.env, KYCGENIE_BASE_URL: url, KYCGENIE_API_KEY: key };
    await kycgenie(['webhooks', 'create', '--event', 'case.opened', '--url', receiver.url], { env });
    await kycgenie(['webhooks', 'get', 'gone'], { env });
    const fire = () =>
      fetch(`${url}/sandbox/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
        body: '{"event_type": "case.opened"}',
      });
    expect((await fire()).status).toBe(202);
    await running.shown('attempt 2');
    await fire();
    await running.shown('disabled');
    const { code, stdout } = await running.stop();
    expect(code).toBe(130);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}call {4}201 POST \/api\/v2\/webhooks\/ {2}\d+ ms$/m);
    expect(stdout).toMatch(/ call {4}404 GET \/api\/v2\/webhooks\/gone\/ /);
    expect(stdout).toMatch(/ event {3}• case\.opened {2}1 delivery$/m);
    expect(stdout).toMatch(
      / deliver ✗ case\.opened to \S+ {2}attempt 1, \d+ ms {2}.*503.*, again at \d\d:\d\d:\d\d$/m,
    );
    expect(stdout).toMatch(/ deliver ✓ case\.opened to \S+ {2}attempt 2, \d+ ms$/m);
    expect(stdout).toMatch(/ webhook ⚠ [0-9a-f-]{36} disabled: its receiver answered 410$/m);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^\d+ API calls, 2 events, 3 delivery attempts$/);
    await receiver.close();
  });
});

describe('what the sandbox says of itself', () => {
  const at = '2026-01-19T10:30:00Z';

  test.each<[SandboxLine, string]>([
    [{ type: 'problem', at, message: 'The disk is full' }, 'problem ⚠ The disk is full'],
    [{ type: 'dropped', notices: 12 }, '12 lines were dropped: this output is read too slowly'],
    [
      { type: 'event', at, id: 'e', event_type: 'case.opened', deliveries: 3 },
      'event   • case.opened  3 deliveries',
    ],
  ])('%j is a line', async (line, text) => {
    const look = { color: false, unicode: true, columns: null };
    expect(await drawView(viewSandboxLine(line), look)).toMatch(
      new RegExp(`^(?:\\d\\d:\\d\\d:\\d\\d {2})?${text}\n$`),
    );
  });
});

test.each<[string[], string]>([
  [['--fail', '1.5'], '--fail takes a share from 0 to 1, not "1.5"'],
  [['--fail', 'often'], '--fail takes a share'],
  [['--retry-schedule', '5s,soon'], '--retry-schedule takes durations'],
  [['--retry-schedule', Array(51).fill('1s').join(',')], 'at most 50'],
  [['--scheme', 'nonsense'], 'There is no signature scheme nonsense'],
  [['--seed-logs', '100001'], '--seed-logs takes a whole number from 0 to 100000'],
  [['--rate-limit', '0'], '--rate-limit takes a whole number of at least 1'],
  [['--host', ''], '--host takes an address'],
  [['--latency', '5'], '--latency takes a duration'],
])('sandbox %j is a usage error', async (argv, message) => {
  const { code, stdout, stderr } = await sandbox(argv).ended;
  expect({ code, stdout }).toStrictEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});
