import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { type Answer, type Serving, serve } from '../../src/serve.ts';
import { FakeClock } from './fake-clock.ts';
import { type Bench, type Json, type Reply, SUBSCRIPTION, startBench } from './harness.ts';

let dataDir = '';
const benches: Bench[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sandbox-data-'));
});

afterEach(async () => {
  await Promise.all(benches.splice(0).map(({ sandbox }) => sandbox.close()));
  await rm(dataDir, { recursive: true, force: true });
});

async function start(
  options: Partial<SandboxOptions> = {},
  clock = new FakeClock(Date.now()),
): Promise<Bench> {
  const bench = await startBench({ dataDir, apiKey: undefined, ...options }, clock);
  benches.push(bench);
  return bench;
}

async function stop(bench: Bench): Promise<void> {
  benches.splice(benches.indexOf(bench), 1);
  await bench.sandbox.close();
}

const everything = async ({ call }: Bench): Promise<Json> => {
  const list = (await call('GET', '/api/v2/webhooks/')).json;
  const details = await Promise.all(
    list.results.map(async ({ id }: Json) => (await call('GET', `/api/v2/webhooks/${id}/`)).json),
  );
  return [list, details, (await call('GET', '/api/v2/webhooks/logs/')).json];
};

describe('a restart on the same data folder', () => {
  test('knows the key, the subscriptions, their statistics and the log as they were', async () => {
    const first = await start({ retryScheduleMs: [1, 3_600_000] });
    const { webhook_id } = await first.create({ description: 'd', filters: { constructor: 1, a: [null] } });
    const gone = await first.create();
    await first.call('DELETE', `/api/v2/webhooks/${gone.webhook_id}/`);
    await first.fire('screening.completed');
    first.respond(() => ({ status: 500 }));
    await first.fire('screening.completed');
    await first.pass(1);
    await first.call('PATCH', `/api/v2/webhooks/${webhook_id}/`, { is_active: false });
    const before = await everything(first);
    await stop(first);
    const second = await start();
    expect(second.key).toBe(first.key);
    expect(await everything(second)).toEqual(before);
    expect(before[2].results).toHaveLength(2);
  });

  test('repeats the answer to an Idempotency-Key, and signs with the same secrets', async () => {
    const first = await start();
    const key = { 'Idempotency-Key': 'a-key-of-16-chars' };
    const created = await first.call('POST', '/api/v2/webhooks/', SUBSCRIPTION, key);
    const path = `/api/v2/webhooks/${created.json.webhook_id}/rotate-secret/`;
    await first.call('POST', path);
    await first.fire('screening.completed', {});
    await stop(first);
    const second = await start({}, new FakeClock(first.clock.now()));
    expect((await second.call('POST', '/api/v2/webhooks/', SUBSCRIPTION, key)).text).toBe(created.text);
    const [entry] = await second.logs();
    await second.call('POST', `/api/v2/webhooks/logs/${entry.id}/retry/`);
    await second.sandbox.idle();
    expect(second.sent[0]?.headers).toEqual(first.sent[0]?.headers);
    expect(second.sent[0]?.body).toEqual(first.sent[0]?.body);
  });

  test('takes up retries at their time', async () => {
    const first = await start({ retryScheduleMs: [60_000] });
    await first.create();
    first.respond(() => ({ status: 500 }));
    await first.fire('screening.completed');
    await stop(first);
    const second = await start({}, new FakeClock(first.clock.now() + 59_000));
    await second.sandbox.idle();
    expect(second.sent).toHaveLength(0);
    await second.pass(1_000);
    expect(second.sent).toHaveLength(1);
    expect(await second.logs()).toMatchObject([{ status: 'delivered', attempt_number: 2 }]);
  });

  test('takes up an attempt that was under way', async () => {
    const first = await start();
    await first.create();
    const asked = new Promise<void>((resolve) => {
      first.respond(({ signal }) => {
        resolve();
        return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      });
    });
    await first.call('POST', '/sandbox/events', { event_type: 'screening.completed' });
    await asked;
    await stop(first);
    const second = await start();
    await second.sandbox.idle();
    expect(second.sent[0]?.body).toEqual(first.sent[0]?.body);
    expect(await second.logs()).toMatchObject([{ status: 'delivered', attempt_number: 1 }]);
  });

  test('seeds once', async () => {
    const first = await start({ seedLogs: 2_500 });
    await stop(first);
    const second = await start({ seedLogs: 2_500 });
    expect((await second.call('GET', '/api/v1/webhooks/logs/')).json.total).toBe(2_500);
  });

  test('forgets answers that are older than a day', async () => {
    const first = await start();
    const key = { 'Idempotency-Key': 'a-key-of-16-chars' };
    await first.call('POST', '/api/v2/webhooks/', SUBSCRIPTION, key);
    await stop(first);
    const clock = new FakeClock(first.clock.now() + 24 * 3_600_000);
    await stop(await start({}, clock));
    expect(await readFile(join(dataDir, 'sandbox.log'), 'utf8')).not.toContain('a-key-of-16-chars');
  });

  test('rewrites what changed many times as one line', async () => {
    const first = await start();
    const { webhook_id } = await first.create();
    for (let count = 0; count < 50; count += 1)
      await first.call('PATCH', `/api/v2/webhooks/${webhook_id}/`, { description: `d${count}` });
    await stop(first);
    await stop(await start());
    const lines = (await readFile(join(dataDir, 'sandbox.log'), 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(2);
  });
});

describe('the data folder', () => {
  test('stays small however often the same thing changes, while the sandbox runs', async () => {
    const bench = await start();
    const { webhook_id } = await bench.create();
    for (let count = 0; count < 120; count += 1)
      await bench.call('PATCH', `/api/v2/webhooks/${webhook_id}/`, {
        description: `${count}`.padEnd(200_000, 'x'),
      });
    await bench.create();
    await stop(bench);
    expect((await stat(join(dataDir, 'sandbox.log'))).size).toBeLessThan(16 * 1024 * 1024);
    expect((await (await start()).call('GET', '/api/v2/webhooks/')).json.results).toMatchObject([
      { id: webhook_id, description: expect.stringMatching(/^119x/) },
      { description: '' },
    ]);
  });

  test('is private', async () => {
    const folder = join(dataDir, 'new');
    await start({ dataDir: folder });
    const modeOf = async (name: string) => (await stat(name)).mode & 0o777;
    expect([await modeOf(folder), await modeOf(join(folder, 'sandbox.log'))]).toEqual([0o700, 0o600]);
  });

  test('takes a key that is given in place of its own, and keeps it', async () => {
    const given = await start();
    await stop(given);
    const other = await startBench({ dataDir });
    await other.sandbox.close();
    expect((await start()).key).toBe(other.key);
    expect(other.key).not.toBe(given.key);
  });

  test('that holds damage tells the owner where the damaged data went', async () => {
    const first = await start();
    await first.create();
    await stop(first);
    await appendFile(
      join(dataDir, 'sandbox.log'),
      '{"not":"changes"}\n[{"kind":"unheard-of"}]\nno json\n[]\n',
    );
    const second = await start();
    expect(second.notices).toMatchObject([
      { type: 'problem', message: expect.stringMatching(/^3 damaged lines.*damaged-1$/) },
    ]);
    expect(await readdir(dataDir)).toContain('sandbox.log.damaged-1');
    expect((await second.call('GET', '/api/v2/webhooks/')).json.count).toBe(1);
  });

  test('that cannot be used is store_unwritable', async () => {
    await writeFile(join(dataDir, 'file'), '');
    await expect(start({ dataDir: join(dataDir, 'file', 'below') })).rejects.toMatchObject({
      kind: 'store_unwritable',
    });
    await mkdir(join(dataDir, 'sandbox.log'));
    await expect(start()).rejects.toMatchObject({ kind: 'store_unwritable' });
  });

  test('that stops taking writes turns acknowledgements into errors, and the owner hears why', async () => {
    const bench = await start();
    await bench.create();
    await bench.sandbox.close();
    const { status, json } = await bench.call('POST', '/api/v2/webhooks/', SUBSCRIPTION);
    expect([status, json.code]).toEqual([500, 'internal_error']);
    expect(json.error).not.toContain(dataDir);
    expect(bench.notices.slice(-2)).toMatchObject([
      { type: 'problem', at: expect.any(String), message: expect.stringContaining(dataDir) },
      { type: 'request', status: 500 },
    ]);
  });
});

describe('two sandboxes', () => {
  test('never share a folder', async () => {
    const clock = { ...systemClock, sleep: async () => undefined };
    const first = await startBench({ dataDir, clock });
    await expect(startBench({ dataDir, clock })).rejects.toMatchObject({
      kind: 'store_unwritable',
      message: expect.stringContaining('sandbox.log'),
    });
    await first.sandbox.close();
    const third = await startBench({ dataDir, clock });
    await third.sandbox.close();
  });
});

describe('kill -9', () => {
  let home = '';
  let program = '';
  const children: ChildProcess[] = [];
  const receivers: Serving[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'sandbox-server-'));
    program = join(home, 'server.mjs');
    const input = new URL('./server.ts', import.meta.url).pathname;
    const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' });
    await bundle.write({ file: program, format: 'esm', codeSplitting: false });
    await bundle.close();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await Promise.all(receivers.splice(0).map((receiver) => receiver.close(0)));
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  /** Its clock is ahead by more than a dead sandbox's lock is honoured for. */
  async function spawnSandbox(aheadMs: number) {
    const child = spawn(process.execPath, [program, dataDir, String(aheadMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const until = async (wanted: (notice: Json) => boolean): Promise<Json> => {
      for (let line = await lines.next(); !line.done; line = await lines.next()) {
        const notice = JSON.parse(line.value);
        if (wanted(notice)) return notice;
      }
      throw new Error('the sandbox ended');
    };
    const { url, key } = await until(({ type }) => type === 'ready');
    const kill = async (): Promise<void> => {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    };
    return { until, kill, call: caller(url, key) };
  }

  const caller =
    (url: string, key: string) =>
    (method: string, path: string, body?: Json, idempotencyKey = '') =>
      new Promise<Pick<Reply, 'status' | 'text' | 'json'>>((resolve, reject) => {
        const headers = {
          authorization: `Bearer ${key}`,
          ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
        };
        const request = httpRequest(`${url}${path}`, { method, headers, agent: false }, (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part) => {
            text += part;
          });
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text, json: JSON.parse(text) }),
          );
        });
        request.on('error', reject);
        request.end(body === undefined ? '' : JSON.stringify(body));
      });

  test.each([3, 25, 60])('after %i acknowledged creates leaves every one of them there', async (count) => {
    const first = await spawnSandbox(0);
    const acknowledged = new Map<string, string>();
    const produce = async (producer: number): Promise<void> => {
      for (let number = 0; ; number += 1) {
        const key = `idempotent-${producer}-${number}-key`;
        const { text } = await first.call('POST', '/api/v2/webhooks/', SUBSCRIPTION, key);
        acknowledged.set(key, text);
        if (acknowledged.size === count) void first.kill();
      }
    };
    await Promise.allSettled([1, 2, 3, 4].map(produce));
    const second = await spawnSandbox(60_000);
    for (const [key, text] of acknowledged)
      expect((await second.call('POST', '/api/v2/webhooks/', SUBSCRIPTION, key)).text).toBe(text);
    const list = (await second.call('GET', '/api/v2/webhooks/')).json;
    const ids = new Set(list.results.map(({ id }: Json) => id));
    for (const text of acknowledged.values()) expect(ids).toContain(JSON.parse(text).webhook_id);
  });

  test('in the middle of an attempt: the next sandbox makes it again, the same to the byte', async () => {
    const arrivals: { id: string; body: string }[] = [];
    let arrived = (): void => undefined;
    const first = await spawnSandbox(0);
    const atReceiver = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const receiver = await serve({
      host: '127.0.0.1',
      port: 0,
      handler: async ({ headers, body }) => {
        const id = headers.find(([name]) => name === 'webhook-id')?.[1] ?? '';
        arrivals.push({ id, body: Buffer.from(body).toString() });
        arrived();
        if (arrivals.length === 1) return new Promise<Answer>(() => undefined);
        return { status: 200 };
      },
    });
    receivers.push(receiver);
    await first.call('POST', '/api/v2/webhooks/', { event_type: 'all', webhook_url: `${receiver.url}/hook` });
    const fired = await first.call('POST', '/sandbox/events', { event_type: 'case.opened' });
    await atReceiver;
    await first.kill();
    const second = await spawnSandbox(60_000);
    await second.until(({ type }) => type === 'attempt');
    expect(arrivals).toHaveLength(2);
    expect(arrivals[1]).toEqual(arrivals[0]);
    expect(arrivals[0]?.id).toBe(fired.json.id);
    const { results } = (await second.call('GET', '/api/v2/webhooks/logs/')).json;
    expect(results).toMatchObject([{ id: fired.json.log_ids[0], status: 'delivered' }]);
  });
});
