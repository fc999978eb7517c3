import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type NetworkFailure as Failed, NetworkFailure, type NetworkReason } from '../../src/http/failure.ts';
import { createPooledSend, createSend, type HttpRequest, type Send } from '../../src/http.ts';
import {
  answer,
  cut,
  cutChunks,
  type FaultyServer,
  hang,
  hangInBody,
  json,
  raw,
  reset,
  startFaultyServer,
} from '../support/faulty-server.ts';
import { type ProxyServer, startProxy } from './proxy-server.ts';
import { TEST_CERTIFICATE } from './test-certificate.ts';

const LONG_MS = 10_000;
const SHORT_MS = 100;

interface Sender {
  readonly send: Send;
  readonly close: () => Promise<void>;
}

const open: Readonly<Record<string, (env: Record<string, string>, ca?: string) => Sender>> = {
  'short calls': (env, ca) => ({ send: createSend({ env, ca }), close: async () => undefined }),
  pool: (env, ca) => createPooledSend({ env, ca, connections: 2 }),
};

const routes = ['http', 'https', 'http through a proxy', 'https through a proxy'] as const;
const cases = Object.keys(open).flatMap((sender) => routes.map((route) => ({ sender, route })));

describe.each(cases)('$sender over $route', ({ sender, route }) => {
  const isTls = route.startsWith('https');
  const isProxied = route.endsWith('proxy');
  let server: FaultyServer;
  let proxy: ProxyServer;
  let client: Sender;
  let url: URL;

  beforeEach(async () => {
    server = await startFaultyServer(isTls ? TEST_CERTIFICATE : undefined);
    proxy = await startProxy();
    const env = isProxied ? { http_proxy: proxy.url.href, https_proxy: proxy.url.href } : {};
    client = openSender(sender, env, TEST_CERTIFICATE.cert);
    url = new URL(`/a%20b?x=1&x=%2F&secret=hush`, server.url);
    if (isProxied) url.hostname = 'api.test';
  });

  afterEach(async () => {
    await Promise.all([server.close(), proxy.close(), client.close()]);
  });

  const request = (more: Partial<HttpRequest> = {}): HttpRequest => ({
    method: 'GET',
    url,
    headers: [],
    timeoutMs: LONG_MS,
    maxBodyBytes: 1000,
    ...more,
  });

  test('goes the way it should', async () => {
    server.next(answer(204));
    await client.send(request());
    expect(proxy.passages.map(({ method, target }) => `${method} ${target}`)).toEqual(
      isProxied ? [isTls ? `CONNECT ${url.host}` : `GET ${url.href}`] : [],
    );
  });

  test('carries method, path and query undecoded, and body bytes exactly', async () => {
    const body = Buffer.from([0, 255, 13, 10, 128, 0]);
    server.next(answer(200, body));
    const got = await client.send(request({ method: 'POST', body }));
    expect(got.status).toBe(200);
    expect(Buffer.from(got.body)).toEqual(body);
    expect(server.arrivals[0]).toMatchObject({
      method: 'POST',
      target: '/a%20b?x=1&x=%2F&secret=hush',
      body,
    });
  });

  test('keeps order, case and repeats of request headers, and drops those of the connection', async () => {
    server.next(answer(200));
    const headers: HttpRequest['headers'] = [
      ['X-Second', '2'],
      ['x-first', '1'],
      ['X-Second', '\u00e9'],
      ['Connection', 'upgrade'],
      ['Upgrade', 'websocket'],
      ['Keep-Alive', 'timeout=5'],
      ['Transfer-Encoding', 'chunked'],
      ['Expect', '100-continue'],
      ['Proxy-Authorization', 'Basic hush'],
      ['Content-Length', '99'],
      ['__proto__', 'odd'],
    ];
    await client.send(request({ method: 'PUT', headers, body: Buffer.from('four') }));
    const arrived = server.arrivals[0]?.headers ?? [];
    const odd = /^(x-|__)/i;
    expect(arrived.filter(([name]) => odd.test(name))).toEqual(headers.filter(([name]) => odd.test(name)));
    expect(
      arrived.filter(([name]) => name.toLowerCase() === 'content-length').map(([, value]) => value),
    ).toEqual(['4']);
    const names = arrived.map(([name]) => name.toLowerCase());
    for (const gone of ['upgrade', 'expect', 'transfer-encoding', 'proxy-authorization'])
      expect(names).not.toContain(gone);
  });

  test('sends the Host header it is given, once, and its own where there is none', async () => {
    server.otherwise(answer(200));
    await client.send(request({ headers: [['Host', 'elsewhere.example']] }));
    await client.send(request());
    const hosts = server.arrivals.map(({ headers }) =>
      headers.filter(([name]) => name.toLowerCase() === 'host').map(([, value]) => value),
    );
    expect(hosts).toEqual([['elsewhere.example'], [url.host]]);
  });

  test('says that an empty POST is empty, and gives GET no length', async () => {
    server.otherwise(answer(200));
    await client.send(request({ method: 'POST' }));
    await client.send(request());
    const lengths = server.arrivals.map(
      ({ headers }) => headers.find(([name]) => /content-length/i.test(name))?.[1],
    );
    expect(lengths).toEqual(['0', undefined]);
  });

  test('gives answer headers in lower case with repeats joined, whatever their names', async () => {
    server.next(
      answer(200, '', { 'X-Two': ['a', 'b'], 'Set-Cookie': ['a=1', 'b=2'], ['__proto__']: 'odd', etag: 'e' }),
    );
    const { headers } = await client.send(request());
    expect(headers['x-two']).toBe('a, b');
    expect(headers['set-cookie']).toBe('a=1, b=2');
    expect(Object.entries(headers)).toContainEqual(['__proto__', 'odd']);
  });

  test('hands on encoded bodies as they are', async () => {
    server.next(answer(200, Buffer.from('1f8b08', 'hex'), { 'content-encoding': 'gzip' }));
    expect(Buffer.from((await client.send(request())).body).toString('hex')).toBe('1f8b08');
  });

  test('reads answers without a length and skips interim answers', async () => {
    server.next(
      raw(
        'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nconnection: close\r\n\r\nto the end',
      ),
    );
    const got = await client.send(request());
    expect(got.status).toBe(200);
    expect(Buffer.from(got.body).toString()).toBe('to the end');
  });

  test('follows no redirect', async () => {
    server.next(answer(307, '', { location: '/elsewhere' }));
    const got = await client.send(request());
    expect([got.status, got.headers['location'], server.arrivals.length]).toEqual([307, '/elsewhere', 1]);
  });

  test('uses connections again', async () => {
    server.otherwise(json(200, {}));
    for (let calls = 0; calls < 6; calls += 1) await client.send(request());
    expect(new Set(server.arrivals.map(({ connection }) => connection)).size).toBeLessThanOrEqual(2);
  });

  test('ends a hanging answer at its time limit and lets the connection go', async () => {
    server.next(hang);
    const failure = await failureOf(client.send(request({ timeoutMs: SHORT_MS })));
    expect(failure).toMatchObject({ kind: 'timeout', reason: 'timeout', mayHaveHappened: true });
    expect(failure.message).toContain(url.host);
    await (await server.arrival(0)).over;
  });

  test('ends a hanging body at its time limit and lets the connection go', async () => {
    server.next(hangInBody);
    const failure = await failureOf(client.send(request({ timeoutMs: SHORT_MS })));
    expect(failure).toMatchObject({ kind: 'timeout', reason: 'timeout' });
    await (await server.arrival(0)).over;
  });

  test('rejects with the reason of the signal when it aborts, and lets the connection go', async () => {
    server.next(hangInBody);
    const abort = new AbortController();
    const sending = client.send(request({ signal: abort.signal }));
    const arrival = await server.arrival(0);
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(sending).rejects.toBe(reason);
    await arrival.over;
  });

  test('sends nothing when the signal has aborted already', async () => {
    const reason = new Error('before');
    await expect(client.send(request({ signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    expect(server.arrivals).toEqual([]);
  });

  test.each<[string, typeof reset, NetworkReason]>([
    ['a reset', reset, 'reset'],
    ['a body that ends before its length', cut(), 'cut'],
    ['a chunked body that ends before its last chunk', cutChunks, 'cut'],
    ['a body over the limit', answer(200, 'x'.repeat(1001)), 'too_large'],
    ['endless headers', raw(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`), 'too_large'],
    ['something that is not HTTP', raw('SSH-2.0-OpenSSH_9.6\r\n'), 'protocol'],
    ['an end after an interim answer', raw('HTTP/1.1 103 Early Hints\r\n\r\n'), 'reset'],
    [
      'an upgrade nobody asked for',
      raw('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      'reset',
    ],
  ])('tells %s by its reason', async (_, behaviour, reason) => {
    server.next(behaviour);
    const failure = await failureOf(client.send(request()));
    const reachesTheClient = !isProxied || isTls || behaviour === cutChunks;
    if (reachesTheClient) expect(failure.reason).toBe(reason);
    expect(failure).toMatchObject({ kind: 'network', mayHaveHappened: true });
    expect(failure.hint).toBeTruthy();
  });

  test('accepts a body of exactly the limit', async () => {
    server.next(answer(200, 'x'.repeat(1000)));
    expect((await client.send(request())).body.length).toBe(1000);
  });

  test('says nothing of query values, and names the host and port', async () => {
    server.next(reset);
    const failure = await failureOf(client.send(request()));
    expect(`${failure.message} ${failure.hint}`).not.toContain('hush');
    if (!isProxied) expect(failure.message).toContain(url.host);
  });

  test('refuses to write a header with a line feed', async () => {
    const failure = await failureOf(client.send(request({ headers: [['x-bad', 'a\r\nx-evil: hush']] })));
    expect(failure).toMatchObject({ kind: 'network', reason: 'other', mayHaveHappened: false });
    expect(failure.message).not.toContain('hush');
    expect(server.arrivals).toEqual([]);
  });
});

describe.each(Object.keys(open))('%s', (sender) => {
  const ask = async (url: URL, env: Record<string, string> = {}, ca?: string): Promise<Failed> => {
    const client = openSender(sender, env, ca);
    try {
      return await failureOf(
        client.send({ method: 'GET', url, headers: [], timeoutMs: LONG_MS, maxBodyBytes: 1000 }),
      );
    } finally {
      await client.close();
    }
  };

  test('tells a refused connection, which cannot have had an effect', async () => {
    const url = new URL(`http://127.0.0.1:${await freePort()}`);
    const failure = await ask(url);
    expect(failure).toMatchObject({ kind: 'network', reason: 'refused', mayHaveHappened: false });
    expect(failure.message).toContain(url.host);
    expect(failure.hint).toContain('Is a server running there?');
  });

  test('tells a name that does not resolve', async () => {
    const failure = await ask(new URL('http://no-such-host.invalid/'));
    expect(failure).toMatchObject({ kind: 'network', reason: 'dns', mayHaveHappened: false });
    expect(failure.message).toContain('no-such-host.invalid:80');
  });

  test('tells a certificate that nobody vouches for', async () => {
    const server = await startFaultyServer(TEST_CERTIFICATE);
    const failure = await ask(server.url);
    await server.close();
    expect(failure).toMatchObject({ kind: 'network', reason: 'tls', mayHaveHappened: false });
    expect(failure.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(server.arrivals).toEqual([]);
  });

  test('tells a certificate of another name, dialling once', async () => {
    const server = await startFaultyServer(TEST_CERTIFICATE);
    const proxy = await startProxy();
    const url = new URL(`https://other.test:${server.url.port}`);
    const failure = await ask(url, { https_proxy: proxy.url.href }, TEST_CERTIFICATE.cert);
    await Promise.all([server.close(), proxy.close()]);
    expect(failure).toMatchObject({ reason: 'tls', mayHaveHappened: false });
    expect(failure.message).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(proxy.passages).toHaveLength(1);
  });

  test('tells https asked of a plain server', async () => {
    const server = await startFaultyServer();
    const failure = await ask(new URL(`https://${server.url.host}`));
    await server.close();
    expect(failure.reason).toBe('tls');
  });

  test('connects by the name of the URL, whatever the Host header says', async () => {
    const server = await startFaultyServer(TEST_CERTIFICATE);
    server.next(answer(200));
    const client = openSender(sender, {}, TEST_CERTIFICATE.cert);
    const url = new URL(server.url);
    url.hostname = 'localhost';
    const headers: HttpRequest['headers'] = [['host', 'elsewhere.example']];
    const got = await client.send({ method: 'GET', url, headers, timeoutMs: LONG_MS, maxBodyBytes: 10 });
    await Promise.all([server.close(), client.close()]);
    expect(got.status).toBe(200);
  });

  test('shares one signal among many requests without a warning', async () => {
    const server = await startFaultyServer();
    server.otherwise(answer(200));
    const warnings: Error[] = [];
    const warned = (warning: Error): void => void warnings.push(warning);
    process.on('warning', warned);
    const client = openSender(sender, {});
    const { signal } = new AbortController();
    const request = {
      method: 'GET',
      url: server.url,
      headers: [],
      timeoutMs: LONG_MS,
      maxBodyBytes: 10,
      signal,
    };
    await Promise.all(Array.from({ length: 30 }, () => client.send(request)));
    await Promise.all([server.close(), client.close()]);
    process.off('warning', warned);
    expect(warnings).toEqual([]);
  });

  const throughProxy = (proxy: URL): Record<string, string> => {
    const url = new URL(proxy);
    url.username = 'user';
    url.password = 'pass%20word';
    return { http_proxy: url.href, HTTPS_PROXY: url.href };
  };

  test.each(['http://api.test:8080/', 'https://api.test/'])(
    'tells a proxy that refuses %s',
    async (target) => {
      const proxy = await startProxy({ refuseWith: 407 });
      const failure = await ask(new URL(target), throughProxy(proxy.url));
      await proxy.close();
      expect(failure).toMatchObject({ kind: 'network', reason: 'proxy', mayHaveHappened: false });
      expect(failure.message).toMatch(new RegExp(`${proxy.url.host}.*407`));
      expect(`${failure.message}${failure.hint}${String(failure.cause)}`).not.toContain('pass');
      expect(proxy.passages[0]?.authorization).toBe(
        `Basic ${Buffer.from('user:pass word').toString('base64')}`,
      );
    },
  );

  test.each(['http://api.test:8080/', 'https://api.test/'])(
    'tells a proxy that is not there for %s',
    async (target) => {
      const proxy = new URL(`http://127.0.0.1:${await freePort()}`);
      const failure = await ask(new URL(target), throughProxy(proxy));
      expect(failure).toMatchObject({ reason: 'refused', mayHaveHappened: false });
      expect(failure.message).toContain(`The proxy ${proxy.host}`);
      expect(failure.message).not.toContain('pass');
    },
  );

  test('dials once when a proxy hangs up', async () => {
    const proxy = await startProxy({ hangUp: true });
    const failure = await ask(new URL('https://api.test/'), throughProxy(proxy.url));
    await proxy.close();
    expect(failure.reason).toBe('reset');
    expect(proxy.passages.map(({ target }) => target)).toEqual(['api.test:443']);
  });

  test('ends at its time limit while a proxy stalls', async () => {
    const proxy = await startProxy({ stall: true });
    const client = openSender(sender, throughProxy(proxy.url));
    const url = new URL('https://api.test/');
    const failure = await failureOf(
      client.send({ method: 'GET', url, headers: [], timeoutMs: SHORT_MS, maxBodyBytes: 10 }),
    );
    expect(failure.reason).toBe('timeout');
    await Promise.all([proxy.close(), client.close()]);
  });

  test('refuses a proxy setting it cannot use, without repeating it', async () => {
    const client = openSender(sender, { ALL_PROXY: 'socks5://user:hush@127.0.0.1:1' });
    const url = new URL('https://api.test/');
    const sending = client.send({ method: 'GET', url, headers: [], timeoutMs: LONG_MS, maxBodyBytes: 10 });
    await expect(sending).rejects.toMatchObject({
      kind: 'usage',
      message: expect.not.stringContaining('hush'),
    });
    await expect(sending).rejects.toThrow('ALL_PROXY');
  });
});

test('short calls ask for an unencoded answer unless told otherwise; the pool adds nothing', async () => {
  const server = await startFaultyServer();
  server.otherwise(answer(200));
  const pool = createPooledSend({ env: {}, connections: 1 });
  const request: HttpRequest = {
    method: 'GET',
    url: server.url,
    headers: [],
    timeoutMs: LONG_MS,
    maxBodyBytes: 10,
  };
  const short = createSend({ env: {} });
  await short(request);
  await short({ ...request, headers: [['Accept-Encoding', 'gzip']] });
  await pool.send(request);
  await Promise.all([server.close(), pool.close()]);
  const asked = server.arrivals.map(
    ({ headers }) => headers.find(([name]) => /^accept-encoding$/i.test(name))?.[1],
  );
  expect(asked).toEqual(['identity', 'gzip', undefined]);
});

test('the pool holds to its number of connections and can be closed twice', async () => {
  const server = await startFaultyServer();
  server.otherwise(answer(200));
  const pool = createPooledSend({ env: {}, connections: 2 });
  const request: HttpRequest = {
    method: 'GET',
    url: server.url,
    headers: [],
    timeoutMs: LONG_MS,
    maxBodyBytes: 10,
  };
  await Promise.all(Array.from({ length: 10 }, () => pool.send(request)));
  await pool.close();
  await pool.close();
  await server.close();
  expect(Math.max(...server.arrivals.map(({ connection }) => connection))).toBeLessThanOrEqual(2);
});

test('a request that ran out of time while it waited for a connection is not sent after all', async () => {
  const server = await startFaultyServer();
  server.next(hang);
  server.otherwise(answer(200));
  const pool = createPooledSend({ env: {}, connections: 1 });
  const request = (path: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
    method: 'GET',
    url: new URL(path, server.url),
    headers: [],
    timeoutMs: LONG_MS,
    maxBodyBytes: 10,
    ...more,
  });
  const abort = new AbortController();
  const first = pool.send(request('/first', { signal: abort.signal }));
  await server.arrival(0);
  expect((await failureOf(pool.send(request('/late', { timeoutMs: SHORT_MS })))).reason).toBe('timeout');
  abort.abort(new Error('enough'));
  await expect(first).rejects.toThrow('enough');
  await pool.send(request('/third'));
  await Promise.all([server.close(), pool.close()]);
  expect(server.arrivals.map(({ target }) => target)).toEqual(['/first', '/third']);
});

function openSender(name: string, env: Record<string, string>, ca?: string): Sender {
  const sender = open[name];
  if (!sender) throw new Error(`no sender ${name}`);
  return sender(env, ca);
}

async function failureOf(sending: Promise<unknown>): Promise<Failed> {
  const error = await sending.then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  );
  if (error instanceof NetworkFailure) return error;
  throw error;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === 'object' ? address.port : 0;
}
