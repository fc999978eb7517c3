import type { LookupAddress } from 'node:dns';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createSend } from '../../src/http.ts';
import { KEY } from '../api/open-api.ts';
import { TEST_CERTIFICATE } from '../http/test-certificate.ts';
import { send as deliver, signed } from '../listen/deliveries.ts';
import { kycgenie, temporaryHome, type World } from '../support/cli.ts';
import { type FaultyServer, json, startFaultyServer } from '../support/faulty-server.ts';
import { impatient, startReceiver } from '../support/sandbox.ts';
import { open } from '../support/stream.ts';

type Done = (error: Error | null, found?: readonly LookupAddress[]) => void;

/** The resolver of this test: asks nobody. */
const resolver = vi.hoisted(() => ({ state: 'up' as 'up' | 'EAI_AGAIN' | 'ENOTFOUND' | 'hangs', asked: 0 }));

vi.mock('node:dns', async (original) => ({
  ...(await original<typeof import('node:dns')>()),
  lookup: (_name: string, _options: object, done: Done) => {
    resolver.asked += 1;
    const { state } = resolver;
    if (state === 'hangs') return;
    const error = Object.assign(new Error('no such name'), { code: state, syscall: 'getaddrinfo' });
    if (state === 'up') done(null, [{ address: '127.0.0.1', family: 4 }]);
    else done(error);
  },
}));

/** For what goes on: pauses that are short, but let others work. */
const hasty: Clock = { ...systemClock, sleep: (_ms, signal) => systemClock.sleep(5, signal) };

const CREATE = ['webhooks', 'create', '--event', 'case.opened', '--url', 'https://receiver.example/kyc'];
const entry = (id: string) => ({
  ...{ id, event_type: 'case.opened', webhook_url: 'https://receiver.example/', status: 'delivered' },
  created_at: '2026-01-02T03:04:05Z',
});

let home: ReturnType<typeof temporaryHome>;
let server: FaultyServer;
let world: World;

beforeEach(async () => {
  resolver.state = 'up';
  home = temporaryHome();
  server = await startFaultyServer(TEST_CERTIFICATE);
  world = {
    env: {
      ...home.env,
      KYCGENIE_BASE_URL: `https://api.test:${server.url.port}`,
      KYCGENIE_API_KEY: KEY,
    },
    send: createSend({ env: {}, ca: TEST_CERTIFICATE.cert }),
    clock: impatient,
  };
});
afterEach(async () => {
  await server.close();
  home.remove();
});

test.each(['EAI_AGAIN', 'ENOTFOUND'] as const)('%s ends a create with nothing left open', async (state) => {
  resolver.state = state;
  const { code, stderr } = await kycgenie([...CREATE, '--json'], world);
  expect(code).toBe(7);
  expect(JSON.parse(stderr).error).toMatchObject({
    message: expect.stringContaining('api.test'),
    hint: expect.stringContaining('DNS'),
  });
  expect(server.arrivals).toEqual([]);
  resolver.state = 'up';
  expect((await kycgenie(['webhooks', 'recover'], world)).stderr).toContain('Nothing was left open');
});

test('a resolver that never answers is waited for no longer than a call may take', async () => {
  resolver.state = 'hangs';
  const { code, stderr } = await kycgenie(['webhooks', 'list', '--timeout', '50ms'], world);
  expect({ code, stderr }).toMatchObject({ code: 7, stderr: expect.stringContaining('within 50 ms') });
});

test('a tail goes on when names resolve again, and tells each entry once', async () => {
  const page = (...ids: readonly string[]) =>
    json(200, { has_more: false, next_cursor: null, results: ids.map(entry) }, { connection: 'close' });
  server.otherwise(page('one'));
  const tail = open(['logs', 'tail', '--json'], { ...world, clock: hasty });
  await tail.line({ type: 'entry', id: 'one' });
  resolver.state = 'EAI_AGAIN';
  await tail.line({ type: 'problem' });
  server.otherwise(page('two', 'one'));
  resolver.state = 'up';
  await tail.line({ type: 'entry', id: 'two' });
  const { stdout } = await tail.stop();
  expect(stdout.match(/"id":"(?:one|two)"/g)).toHaveLength(2);
});

test('what was acknowledged while the name of the app was gone reaches it later', async () => {
  const app = await startReceiver(200);
  const url = new URL(app.url);
  url.hostname = 'app.test';
  resolver.state = 'ENOTFOUND';
  const argv = ['listen', '--port', '0', '--json', '--ack', 'on-receipt', '--forward-to', url.href];
  const receiving = open(argv, { ...world, clock: hasty });
  const { url: at } = await receiving.line({ type: 'ready' });
  for (const id of ['one', 'two']) {
    const body = JSON.stringify({ id });
    expect((await deliver(at, { headers: signed(body, id), body })).status).toBe(200);
  }
  await receiving.line({ type: 'forward' });
  expect(app.received).toEqual([]);
  resolver.state = 'up';
  await vi.waitFor(() => expect(app.received).toHaveLength(2), 10_000);
  await receiving.stop();
  expect(app.received.map(({ body }) => Buffer.from(body).toString()).sort()).toEqual([
    '{"id":"one"}',
    '{"id":"two"}',
  ]);
  await app.close();
});
