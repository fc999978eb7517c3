import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../../src/errors.ts';
import { entryOf } from '../../deliveries/follow/schedule.ts';
import { kycgenie, temporaryHome, type World } from '../../support/cli.ts';
import { FakeLog, type LogFault, startFakeLogApi } from '../../support/fake-log-api.ts';
import type { Json } from '../../support/sandbox.ts';

const NOW = Date.parse('2026-01-19T12:00:00Z');

let log: FakeLog;
let home: ReturnType<typeof temporaryHome>;
let api: Awaited<ReturnType<typeof startFakeLogApi>>;
let faults: (LogFault | undefined)[];
/** What happens at the pauses, one after the other. */
let pauses: (() => void)[];
let stop: AbortController;

beforeEach(async () => {
  home = temporaryHome();
  log = new FakeLog();
  faults = [];
  pauses = [];
  stop = new AbortController();
  for (let n = 1; n <= 20; n += 1) insert(`old-${n}`, -n, n % 4 === 0 ? 'failed' : 'delivered');
  api = await startFakeLogApi(log, { onRequest: () => faults.shift() });
});

afterEach(async () => {
  await api.close();
  home.remove();
});

/** Created so many minutes from now. */
function insert(id: string, minutes: number, status = 'delivered', more: object = {}): void {
  const created_at = new Date(NOW + minutes * 60_000).toISOString();
  const http_status_code = status === 'delivered' ? 200 : 503;
  log.insert(entryOf({ id, created_at, status, http_status_code, ...more }));
}

/** Stops the run by Ctrl-C once nothing more is to happen. */
const clock = {
  now: () => NOW,
  random: () => 0,
  sleep: (ms: number, signal?: AbortSignal): Promise<void> =>
    ms >= 60_000
      ? new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        })
      : new Promise((resolve) => {
          const pause = pauses.shift() ?? (() => stop.abort(new Failure('interrupted', 'Interrupted')));
          pause();
          setImmediate(resolve);
        }),
};

function tail(argv: readonly string[], world: World = {}) {
  const env = {
    ...home.env,
    KYCGENIE_BASE_URL: api.url.origin,
    KYCGENIE_API_KEY: 'kycg_0123456789abcdef0123456789abcdef',
    // The tail asks again by itself.
    KYCGENIE_MAX_RETRIES: '5',
  };
  return kycgenie(['logs', 'tail', ...argv], { env, clock, signal: stop.signal, ...world });
}

async function lines(argv: readonly string[], code = 130): Promise<readonly Json[]> {
  const ran = await tail([...argv, '--json']);
  expect(ran.code, ran.stderr).toBe(code);
  return ran.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const ids = (events: readonly Json[]) => events.map(({ type, id }) => id ?? type);

describe('logs tail', () => {
  test('gives the last ten, then what comes, each as a line of NDJSON in the agreed shape', async () => {
    pauses.push(
      () => insert('new', 0, 'retrying', { next_retry_at: '2026-01-19T12:05:00Z' }),
      () => log.change('new', { status: 'delivered', http_status_code: 200, attempt_number: 2 }),
      () => insert('newer', 1),
    );
    const events = await lines([]);
    const oldest = Array.from({ length: 10 }, (_none, n) => `old-${10 - n}`);
    expect(ids(events)).toEqual(['ready', ...oldest, 'new', 'new', 'newer']);
    expect(Object.keys(events[1])).toEqual([
      ...['type', 'id', 'event_type', 'webhook_url', 'status', 'http_status_code', 'attempt_number'],
      ...['error_message', 'created_at', 'next_retry_at'],
    ]);
    expect(events[12]).toMatchObject({ type: 'update', status: 'delivered', previous_status: 'retrying' });
  });

  test.each<[string[], string[]]>([
    [['-n', '0'], []],
    [
      ['-n', '2'],
      ['old-2', 'old-1'],
    ],
    [
      ['-n', '2', '--status', 'failed'],
      ['old-8', 'old-4'],
    ],
    [
      ['--since', '3m'],
      ['old-3', 'old-2', 'old-1'],
    ],
    [
      ['--since', '1h', '--code', '5xx'],
      ['old-20', 'old-16', 'old-12', 'old-8', 'old-4'],
    ],
  ])('%j begins with %j', async (argv, expected) => {
    expect(ids(await lines(argv))).toEqual(['ready', ...expected]);
  });

  test('ends after so many lines', async () => {
    pauses.push(() => insert('new', 0));
    expect(ids(await lines(['-n', '0', '--exit-after', '1'], 0))).toEqual(['ready', 'new']);
  });

  test('that waits for more than comes in time fails', async () => {
    // A timer of this length is the one of --duration.
    const patient = { ...clock, sleep: async (ms: number) => (ms === 77_000 ? undefined : clock.sleep(ms)) };
    pauses.push(...Array.from({ length: 50 }, () => () => undefined));
    const argv = ['-n', '3', '--exit-after', '4', '--duration', '77s'];
    const { code, stdout, stderr } = await tail(argv, { clock: patient });
    expect(code).toBe(8);
    expect(stdout).not.toContain('new');
    expect(stderr).toMatch(/\d of 4 lines came in time/);
  });

  test('tells trouble, goes on, and sums up at the end', async () => {
    faults.push('error', 'reset', 'cut');
    pauses.push(
      () => undefined,
      () => undefined,
      () => undefined,
      () => insert('new', 0),
    );
    const { code, stdout, stderr } = await tail(['-n', '0']);
    expect(code).toBe(130);
    expect(stdout.match(/^⚠ .*again in [124] s$/gm)).toHaveLength(3);
    expect(stdout).toMatch(/✓ The API answers again after 0 s; 0 new deliveries meanwhile/);
    expect(stderr).toBe('Shown: 1 deliveries, 0 changes, 0 failures\n');
  });

  test('shows each on one line, what failed with its reason and the next try', async () => {
    insert('a', 0, 'retrying', {
      webhook_url: 'https://user:pass@h.example/p?secret=1',
      attempt_number: 3,
      error_message: 'No answer\u001b[31m',
      http_status_code: null,
      next_retry_at: '2026-01-19T12:05:00Z',
    });
    insert('b', 0, 'failed', { error_message: 'Receiver returned HTTP 503' });
    const { stdout } = await tail(['-n', '2']);
    const [retrying, failed] = stdout.split('\n').map((line) => line.slice(10).trimEnd());
    expect(retrying).toBe(
      '↻ retrying    -  screening.completed         h.example/p  try 3  next try in 5 min  No answer  a',
    );
    expect(failed).toBe('✗ failed    503  screening.completed         hooks.example/kyc  b');
  });

  test('with --resume shows once what came between two runs', async () => {
    expect(ids(await lines(['--resume', 'alerts', '-n', '1']))).toEqual(['ready', 'old-1']);
    insert('between', 0);
    log.change('old-4', { status: 'delivered', http_status_code: 200 });
    stop = new AbortController();
    expect(ids(await lines(['--resume', 'alerts']))).toEqual(['ready', 'old-4', 'between']);
    stop = new AbortController();
    expect(ids(await lines(['--resume', 'alerts']))).toEqual(['ready']);
    expect(readdirSync(join(home.folder, 'data', 'tails'))).toEqual(['alerts.json']);
  });

  test('with --resume refuses to go on with another key', async () => {
    await lines(['--resume', 'alerts', '-n', '1']);
    const env = {
      ...home.env,
      KYCGENIE_BASE_URL: api.url.origin,
      KYCGENIE_API_KEY: 'kycg_fedcba9876543210fedcba9876543210',
    };
    const { code, stderr } = await tail(['--resume', 'alerts'], { env });
    expect(code).toBe(2);
    expect(stderr).toContain('another API key');
  });

  test('with --quiet gives each id once, also of a delivery that matches later', async () => {
    pauses.push(
      () => insert('a', 0, 'pending'),
      () => insert('b', 1, 'failed'),
      () => log.change('a', { status: 'failed' }),
      () => log.change('b', { http_status_code: 500 }),
    );
    const { stdout } = await tail(['-n', '0', '--status', 'failed', '--quiet']);
    expect(stdout).toBe('b\na\n');
  });

  test.each<[string[], string]>([
    [['--interval', '1ms'], '--interval'],
    [['--interval', 'soon'], '--interval'],
    [['--resume', '../x'], '--resume'],
    [['--exit-after', '0'], '--exit-after'],
    [['-n', 'x'], '--lines'],
  ])('refuses %j', async (argv, flag) => {
    const { code, stderr } = await tail(argv);
    expect(code).toBe(2);
    expect(stderr).toContain(flag);
    expect(api.requests).toBe(0);
  });

  test('without the right to read ends with 4', async () => {
    faults.push('forbidden');
    expect((await tail([])).code).toBe(4);
  });

  test('to a reader that leaves ends quietly', async () => {
    pauses.push(...Array.from({ length: 20 }, (_none, n) => () => insert(`new-${n}`, n)));
    const { code, stderr } = await tail(['-n', '5', '--json'], { stdoutWrites: 1 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
