import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/errors.ts';
import type { ForwarderOptions } from '../../src/listen/forward.ts';
import { type ProxyServer, startProxy } from '../http/proxy-server.ts';
import { TEST_CERTIFICATE } from '../http/test-certificate.ts';
import { answer, cut, hang, hangInBody, raw, reset } from '../support/faulty-server.ts';
import { app, canListen, forwarder, forwardTo, freePort, kept, NEVER, rawApp } from './forward-harness.ts';

const SHORT_MS = 100;

describe('the answer of the app', () => {
  test.each([200, 202, 204])('%i is delivered, and nothing of the body is told', async (status) => {
    const server = await app();
    server.next(answer(status, status === 204 ? '' : 'thank you'));
    const { forward, answerStatus } = await forwardTo(server.url, kept({ path: '/a' }));
    expect(answerStatus).toBe(status);
    expect(forward).toEqual({
      url: `${server.url.origin}/a`,
      status,
      duration_ms: 0,
      error: null,
      attempts: 1,
      body: null,
    });
  });

  test.each([301, 307, 400, 404, 410, 429, 500, 503, 599])(
    '%i is handed on, with the body',
    async (status) => {
      const server = await app();
      server.next(answer(status, 'TypeError: no such thing\n    at app.js:1\n', { location: '/elsewhere' }));
      const { forward, answerStatus } = await forwardTo(server.url);
      expect(answerStatus).toBe(status);
      expect(forward).toMatchObject({
        status,
        error: null,
        body: 'TypeError: no such thing\n    at app.js:1',
      });
      expect(server.arrivals).toHaveLength(1);
    },
  );

  test('of a status that HTTP does not know is answered 502', async () => {
    const server = await app();
    server.next(raw('HTTP/1.1 777 Odd\r\ncontent-length: 0\r\n\r\n'));
    const { forward, answerStatus } = await forwardTo(server.url);
    expect([forward.status, answerStatus]).toEqual([777, 502]);
  });

  test('is what the app said, not what its query said', async () => {
    const server = await app();
    server.next(answer(200));
    const url = new URL('/in?token=hush', server.url);
    const { forward } = await forwardTo(url, kept({ query: 'key=hush' }));
    expect(forward.url).toBe(`${server.url.origin}/in`);
    expect(server.arrivals[0]?.target).toBe('/in?token=hush&key=hush');
  });

  test.each<[string, string | Buffer, Record<string, string>, string | null]>([
    ['many lines', 'line\n'.repeat(30), {}, `${'line\n'.repeat(10)}…`],
    ['exactly the lines', 'line\n'.repeat(10), {}, 'line\n'.repeat(10).trimEnd()],
    ['one long line', 'x'.repeat(5_000), {}, `${'x'.repeat(2_048)}\n…`],
    ['a letter at the cut', `${'x'.repeat(2_047)}é and more`, {}, `${'x'.repeat(2_047)}\n…`],
    ['no text', Buffer.from([0x61, 0xff, 0]), {}, 'a\u{fffd}\0'],
    ['nothing', '', {}, null],
    ['white space', ' \n\n', {}, null],
    ['gzip', gzipSync('what went wrong'), { 'content-encoding': 'gzip' }, 'what went wrong'],
    ['broken gzip', gzipSync('what went wrong').subarray(0, 12), { 'content-encoding': 'gzip' }, null],
    ['a gzip bomb', gzipSync(Buffer.alloc(20_000_000)), { 'content-encoding': 'gzip' }, null],
    ['an unknown encoding', 'x', { 'content-encoding': 'constructor' }, null],
  ])('shows the first lines of %s', async (_, body, headers, expected) => {
    const server = await app();
    server.next(answer(500, body, headers));
    expect((await forwardTo(server.url)).forward.body).toBe(expected);
  });

  test.each([200, 500])('%i with an endless body is cut off, and its status counts', async (status) => {
    const server = await app();
    server.next((response) => {
      response.writeHead(status);
      const pour = (): void => {
        while (!response.destroyed && response.write('x'.repeat(1_000)));
      };
      response.on('drain', pour);
      pour();
    });
    const { forward, answerStatus } = await forwardTo(server.url, kept(), { maxAnswerBytes: 10_000 });
    expect([forward.status, answerStatus]).toEqual([status, status]);
    await (await server.arrival(0)).over;
  });
});

describe('without an answer', () => {
  const outcome = async (url: URL, options: Parameters<typeof forwarder>[0] = {}) => {
    const { forward, answerStatus } = await forwardTo(url, kept(), options);
    expect(forward).toMatchObject({ status: null, body: null, attempts: 1 });
    return { error: forward.error, answerStatus };
  };

  test.each(['localhost', '127.0.0.1'])('nobody listens on %s', async (host) => {
    const place = `${host}:${await freePort()}`;
    expect(await outcome(new URL(`http://${place}/hooks`))).toEqual({
      error: `nothing answers on ${place}: is your server running there?`,
      answerStatus: 502,
    });
  });

  test.each([
    ['answer', hang],
    ['end its answer', hangInBody],
  ])('the app does not %s in time', async (_, behaviour) => {
    const server = await app();
    server.next(behaviour);
    expect(await outcome(server.url, { timeoutMs: SHORT_MS })).toEqual({
      error: `${server.url.host} gave no whole answer within 100ms`,
      answerStatus: 504,
    });
  });

  test.each([
    ['resets the connection', reset, 'closed the connection before it answered'],
    ['breaks its answer off', cut(), 'broke off before its end'],
    ['speaks something else', raw('SSH-2.0-OpenSSH_9.6\r\n'), 'is not HTTP: does it want https?'],
    ['ends after an interim answer', raw('HTTP/1.1 103 Early Hints\r\n\r\n'), 'closed the connection'],
    [
      'wants another protocol',
      raw('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      'closed the connection',
    ],
  ])('the app %s', async (_, behaviour, words) => {
    const server = await app();
    server.next(behaviour);
    const { error, answerStatus } = await outcome(server.url);
    expect(error).toContain(words);
    expect(error).toContain(server.url.host);
    expect(answerStatus).toBe(502);
  });

  test('the name is not known', async () => {
    const { error, answerStatus } = await outcome(new URL('http://no-such-host.invalid:3000'));
    expect(error).toContain('no-such-host.invalid:3000 cannot be resolved');
    expect(answerStatus).toBe(502);
  });

  test('the certificate is self-signed, which has to be allowed', async () => {
    const server = await app(TEST_CERTIFICATE);
    server.otherwise(answer(200));
    const { error, answerStatus } = await outcome(server.url);
    expect(error).toBe(
      `the certificate of ${server.url.host} is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT): take it all the same with --forward-insecure`,
    );
    expect(answerStatus).toBe(502);
    expect(server.arrivals).toEqual([]);
    expect((await forwardTo(server.url, kept(), { insecure: true })).answerStatus).toBe(200);
  });

  test('https is asked of a plain server, whatever is allowed', async () => {
    const server = await app();
    const { error } = await outcome(new URL(`https://${server.url.host}`), { insecure: true });
    expect(error).toContain('does it want http instead of https?');
  });

  test('the path cannot be sent', async () => {
    const server = await app();
    const { forward, answerStatus } = await forwardTo(server.url, kept({ path: '/a\r\nx: y' }));
    expect([forward.status, answerStatus]).toEqual([null, 502]);
    expect(server.arrivals).toEqual([]);
  });

  test('because it was stopped: rejects with the reason', async () => {
    const server = await app();
    server.next(hang);
    const abort = new AbortController();
    const forwarding = forwardTo(server.url, kept(), { signal: abort.signal });
    const arrival = await server.arrival(0);
    abort.abort(new Error('enough'));
    await expect(forwarding).rejects.toThrow('enough');
    await arrival.over;
  });
});

const families = (await canListen('::1')) ? ['127.0.0.1', '::1'] : ['127.0.0.1'];

test.each(families)('http://localhost finds an app that listens on %s alone', async (host) => {
  const { url, requests } = await rawApp(host);
  const { answerStatus } = await forwardTo(new URL(`http://localhost:${url.port}/`));
  expect([answerStatus, requests.length]).toEqual([200, 1]);
});

test('a proxy is never asked for an app on this machine', async () => {
  const proxy: ProxyServer = await startProxy();
  const server = await app();
  server.otherwise(answer(200));
  const env = { http_proxy: proxy.url.href, ALL_PROXY: proxy.url.href };
  const statuses: number[] = [];
  for (const host of ['localhost', '127.0.0.1']) {
    const url = new URL(`http://${host}:${server.url.port}`);
    statuses.push((await forwardTo(url, kept(), { env })).answerStatus);
  }
  await proxy.close();
  expect(statuses).toEqual([200, 200]);
  expect(proxy.passages).toEqual([]);
});

test('a target elsewhere gets its path undecoded through a proxy, too', async () => {
  const proxy: ProxyServer = await startProxy();
  const server = await app();
  server.otherwise(answer(200));
  const env = { http_proxy: proxy.url.href };
  const url = new URL(`http://api.test:${server.url.port}/in`);
  await forwardTo(url, kept({ path: '//a%2Fb/../c', query: 'a=1&' }), { env });
  await proxy.close();
  expect(proxy.passages.map(({ target }) => target)).toEqual([`${url.origin}/in//a%2Fb/../c?a=1&`]);
});

describe('where a delivery goes', () => {
  const [fallback, cases, screenings] = ['a', 'b', 'c'].map((host) => new URL(`http://${host}.test`));
  const routes: ForwarderOptions['targets']['routes'] = [
    { matches: (type) => type.startsWith('case.'), url: cases ?? new URL('http://x') },
    { matches: (type) => /^(case|screening)\./.test(type), url: screenings ?? new URL('http://x') },
  ];

  test.each([
    ['case.opened', cases],
    ['screening.completed', screenings],
    ['other', fallback],
    [null, fallback],
  ])('%s', (type, expected) => {
    const { addressOf } = forwarder({ targets: { default: fallback ?? null, routes } });
    expect(addressOf(kept(), type)).toBe(expected?.href);
  });

  test('nowhere when no route takes it and there is no other target', () => {
    const { addressOf } = forwarder({ targets: { default: null, routes } });
    expect([addressOf(kept(), 'other'), addressOf(kept(), null)]).toEqual([null, null]);
  });

  test('is one address, whole and as it was sent, and stays on that host', () => {
    const to = new URL('http://a.test:80/in/?own=%61');
    const { addressOf } = forwarder({ targets: { default: to, routes: [] }, root: '/kyc' });
    const address = (path: string, query: string | null = null) => addressOf(kept({ path, query }), null);
    expect(address('/kyc//x/../%2F', 'a=b&')).toBe('http://a.test/in//x/../%2F?own=%61&a=b&');
    expect(address('.evil.test/')).toBe('http://a.test/in/.evil.test/?own=%61');
  });
});

describe('a delivery that an earlier run addressed', () => {
  const own = [['x-token', 'hush']] as const;

  test('goes exactly there, without the headers that are meant for the targets of this run', async () => {
    const [mine, theirs] = [await app(), await app()];
    for (const server of [mine, theirs]) server.otherwise(answer(200));
    const { forward } = forwarder({ targets: { default: mine.url, routes: [] }, headers: own, root: '/now' });
    const delivery = kept({ path: '/then/a', query: 'b=c' });
    await forward(delivery, `${theirs.url.origin}/old//%2F?x=1&b=c`, NEVER);
    await forward(delivery, `${mine.url.origin}/old/a`, NEVER);
    expect(theirs.arrivals.map(({ target }) => target)).toEqual(['/old//%2F?x=1&b=c']);
    expect(mine.arrivals.map(({ target }) => target)).toEqual(['/old/a']);
    expect([theirs, mine].map(({ arrivals }) => JSON.stringify(arrivals[0]?.headers))).toEqual([
      expect.not.stringContaining('hush'),
      expect.stringContaining('hush'),
    ]);
  });

  test.each([
    '',
    'nowhere',
    'ftp://localhost/',
    'http://user:hush@localhost/',
    'http://localhost',
    'http://[/x',
  ])('at %j is not sent, and is said to have none', async (address) => {
    const { forward, answerStatus } = await forwarder().forward(kept(), address, NEVER);
    expect(forward).toMatchObject({ status: null, error: 'what is kept as its address is none' });
    expect(answerStatus).toBe(502);
  });
});

describe('refuses, before anything is received,', () => {
  const opening = (options: Partial<ForwarderOptions>) => () => forwarder(options);
  const to = (url: string): Partial<ForwarderOptions> => ({
    targets: { default: null, routes: [{ matches: () => true, url: new URL(url) }] },
  });

  test.each([
    ['a scheme it cannot speak', to('ftp://localhost/')],
    ['a target with a password', to('http://user:hush@localhost:3000/')],
    ['a header with a line feed', { headers: [['x-a', 'hush\r\nx: y']] as const }],
    ['a header beyond Latin-1', { headers: [['x-a', 'hush \u{1f600}']] as const }],
    ['a header without a name', { headers: [['', 'hush']] as const }],
    ['a header name with a space', { headers: [['x hush', '']] as const }],
  ])('%s', (_, options) => {
    expect(opening(options)).toThrow(Failure);
    expect(opening(options)).toThrow(expect.objectContaining({ kind: 'usage', hint: expect.any(String) }));
    expect(opening(options)).not.toThrow('hush');
  });
});
