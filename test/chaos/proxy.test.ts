import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSend } from '../../src/http.ts';
import { KEY } from '../api/open-api.ts';
import { TEST_CERTIFICATE } from '../http/test-certificate.ts';
import { kycgenie, type Ran } from '../support/cli.ts';
import { type FaultyServer, json, startFaultyServer } from '../support/faulty-server.ts';
import { FULL } from '../support/full.ts';
import { impatient } from '../support/sandbox.ts';
import { type Break, type BreakingProxy, startBreakingProxy } from './breaking-proxy.ts';
import { quickHome } from './quick-home.ts';

const CREATE = ['webhooks', 'create', '--event', 'case.opened', '--url', 'https://receiver.example/kyc'];
/** Bytes through a tunnel: a whole TLS handshake and a whole answer take fewer. */
const TUNNEL_BYTES = 3_200;
const STEP_BYTES = FULL ? 7 : 131;

/** An API that makes one webhook for each key, whose place in the network only a proxy knows. */
describe('a proxy that breaks', () => {
  const made = new Set<string>();
  let server: FaultyServer;
  let home: ReturnType<typeof quickHome>;

  beforeEach(async () => {
    made.clear();
    home = quickHome();
    server = await startFaultyServer(TEST_CERTIFICATE);
    server.otherwise((response, arrival) => {
      made.add(arrival.headers.find(([name]) => name === 'idempotency-key')?.[1] ?? 'none');
      json(201, { webhook_id: 'w-1', secret_key: 'whsec_kept' })(response, arrival);
    });
  });
  afterEach(async () => {
    await server.close();
    home.remove();
  });

  async function createThrough(
    breaks: Break[],
    timeout = '30s',
  ): Promise<{ ran: Ran; proxy: BreakingProxy }> {
    const proxy = await startBreakingProxy(breaks);
    try {
      const send = createSend({ env: { https_proxy: proxy.url }, ca: TEST_CERTIFICATE.cert });
      const env = {
        ...home.env,
        KYCGENIE_BASE_URL: `https://api.test:${server.url.port}`,
        KYCGENIE_API_KEY: KEY,
        KYCGENIE_TIMEOUT: timeout,
      };
      return { ran: await kycgenie([...CREATE, '--json'], { env, send, clock: impatient }), proxy };
    } finally {
      await proxy.close();
    }
  }

  const stored = async (): Promise<string> =>
    (await kycgenie(['secrets', 'show', 'w-1'], { env: home.env })).stdout.trim();

  test.each<[string, Break]>([
    ['asks for credentials', { answer: 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n' }],
    ['refuses', { answer: 'HTTP/1.1 403 Forbidden\r\n\r\n' }],
    ['fails', { answer: 'HTTP/1.1 502 Bad Gateway\r\nretry-after: 1\r\n\r\n' }],
    ['speaks something else', { answer: 'SSH-2.0-OpenSSH_9.6\r\n' }],
  ])('that %s: nothing was sent, and it is said who it was', async (_name, how) => {
    const { ran, proxy } = await createThrough([how]);
    const host = new URL(proxy.url).host;
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 7, stdout: '' });
    expect(JSON.parse(ran.stderr).error).toMatchObject({
      code: 'network',
      message: expect.stringContaining(host),
    });
    expect(made.size).toBe(0);
    expect((await createThrough([])).ran.code).toBe(0);
    expect([made.size, await stored()]).toEqual([1, 'whsec_kept']);
  });

  test('that hangs: it ends in time, after its retries', async () => {
    const { ran, proxy } = await createThrough(
      Array.from({ length: 10 }, () => ({ hangs: true })),
      '100ms',
    );
    expect(ran.code).toBe(7);
    expect(proxy.connections).toBe(4);
    expect(made.size).toBe(0);
  });

  test('after any byte of its own answer: the connection is dialled again', async () => {
    const length = 'HTTP/1.1 200 Connection established\r\n\r\n'.length;
    for (let cutAfter = 0; cutAfter < length; cutAfter += FULL ? 1 : 3) {
      const { ran } = await createThrough([{ cutAfter }]);
      expect(ran, `${cutAfter}`).toMatchObject({ code: 0 });
    }
  });

  test('after bytes of the handshake or the answer: one webhook by one key', async () => {
    const dialled = new Set<number>();
    for (let cutAfter = 39; cutAfter < TUNNEL_BYTES; cutAfter += STEP_BYTES) {
      made.clear();
      const { ran, proxy } = await createThrough([{ cutAfter }]);
      expect(ran, `${cutAfter}`).toMatchObject({ code: 0 });
      expect(made.size, `${cutAfter}`).toBe(1);
      dialled.add(proxy.connections);
    }
    expect([...dialled].sort()).toEqual([1, 2]);
  });
});
