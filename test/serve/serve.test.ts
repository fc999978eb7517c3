import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type Answer,
  type Handler,
  type ReceivedRequest,
  type ServeOptions,
  type Serving,
  serve,
} from '../../src/serve.ts';
import { rawClient } from './raw-client.ts';

const open: Serving[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((serving) => serving.close(0)));
});

async function started(handler: Handler, options: Partial<ServeOptions> = {}): Promise<Serving> {
  const serving = await serve({ host: '127.0.0.1', port: 0, handler, ...options });
  open.push(serving);
  return serving;
}

const ok: Handler = async () => ({ status: 200, body: 'fine' });

/** A handler that hands each request over and waits for its answer. */
function waitingHandler() {
  const requests: ReceivedRequest[] = [];
  const answers: ((answer: Answer) => void)[] = [];
  let notice = (): void => undefined;
  const handler: Handler = (request) =>
    new Promise((resolve) => {
      requests.push(request);
      answers.push(resolve);
      notice();
    });
  const arrived = (count: number): Promise<void> =>
    new Promise((resolve) => {
      notice = () => {
        if (requests.length >= count) resolve();
      };
      notice();
    });
  return { handler, requests, answers, arrived };
}

const get = (path = '/', more = ''): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n${more}\r\n`;

describe('what a handler is given', () => {
  test('the bytes, the raw target and all headers in order with their repeats', async () => {
    const seen: ReceivedRequest[] = [];
    const { port } = await started(async (request) => {
      seen.push(request);
      return { status: 200 };
    });
    const client = await rawClient(port);
    const body = Buffer.from([0, 255, 13, 10, 128]);
    client.send('POST /a%2Fb?x=1&x=%20 HTTP/1.1\r\nHost: a\r\nX-Dup: 1\r\nx-dup: 2\r\nCOOKIE: c\r\n');
    client.send('Content-Length: 5\r\nConnection: close\r\n\r\n');
    client.send(body);
    await client.closed();
    expect(seen[0]).toMatchObject({ method: 'POST', target: '/a%2Fb?x=1&x=%20', remoteAddress: '127.0.0.1' });
    expect(seen[0]?.headers.slice(0, 4)).toEqual([
      ['Host', 'a'],
      ['X-Dup', '1'],
      ['x-dup', '2'],
      ['COOKIE', 'c'],
    ]);
    expect(Buffer.from(seen[0]?.body ?? [])).toEqual(body);
  });

  test('a body sent in chunks, whole', async () => {
    const { port } = await started(async ({ body }) => ({ status: 200, body }));
    const client = await rawClient(port);
    client.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n');
    client.send('2\r\nde\r\n0\r\n\r\n');
    expect(await client.until((heard) => heard.includes('abcde'))).toContain('200 OK');
  });

  test('a signal that aborts when the client goes away before its answer', async () => {
    const { handler, requests, arrived } = waitingHandler();
    const { port } = await started(handler);
    const client = await rawClient(port);
    client.send(get());
    await arrived(1);
    const signal = requests[0]?.signal;
    const gone = new Promise((resolve) => signal?.addEventListener('abort', resolve));
    client.socket.destroy();
    await gone;
    expect(signal?.reason).toMatchObject({ kind: 'network' });
  });

  test('no request at all when the client goes away in the middle of its body', async () => {
    const seen: string[] = [];
    const serving = await started(async ({ target }) => {
      seen.push(target);
      return { status: 200, body: 'fine' };
    });
    const broken = await rawClient(serving.port);
    broken.send('POST /broken HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc');
    broken.socket.destroy();
    const client = await rawClient(serving.port);
    client.send(get('/whole'));
    await client.until((heard) => heard.endsWith('fine'));
    expect(seen).toEqual(['/whole']);
  });

  test('a signal that stays quiet when the answer was sent', async () => {
    const seen: ReceivedRequest[] = [];
    const { port } = await started(async (request) => {
      seen.push(request);
      return { status: 200, body: 'fine' };
    });
    const client = await rawClient(port);
    client.send(get());
    await client.until((heard) => heard.endsWith('fine'));
    client.socket.destroy();
    await once(client.socket, 'close');
    expect(seen[0]?.signal.aborted).toBe(false);
  });
});

describe('what a client is answered', () => {
  test('status, repeated headers in order, a length and the body', async () => {
    const { port } = await started(async () => ({
      status: 202,
      headers: [
        ['Set-Cookie', 'a=1'],
        ['X-Mid', 'm'],
        ['Set-Cookie', 'b=2'],
      ],
      body: 'é',
    }));
    const client = await rawClient(port);
    client.send(get('/', 'connection: close\r\n'));
    const heard = await client.closed();
    expect(heard).toMatch(
      /^HTTP\/1\.1 202 Accepted\r\nSet-Cookie: a=1\r\nX-Mid: m\r\nSet-Cookie: b=2\r\ncontent-length: 2\r\n/,
    );
  });

  test('204 has neither a length nor a body', async () => {
    const { port } = await started(async () => ({ status: 204 }));
    const client = await rawClient(port);
    client.send(get('/', 'connection: close\r\n'));
    expect(await client.closed()).not.toMatch(/content-length|transfer-encoding/i);
  });

  test('an answer shorter than its own length ends with its connection', async () => {
    const { port } = await started(async () => ({
      status: 200,
      headers: [['content-length', '9']],
      body: 'part',
    }));
    const client = await rawClient(port);
    client.send(get());
    expect(await client.closed()).toMatch(/content-length: 9\r\nconnection: close\r\n[\s\S]*part$/);
  });

  test('many requests on one connection, pipelined, in order', async () => {
    const { port } = await started(async ({ target }) => ({ status: 200, body: target }));
    const client = await rawClient(port);
    client.send(get('/1') + get('/2') + get('/3'));
    const heard = await client.until((text) => text.endsWith('/3'));
    expect(heard.match(/\/\d/g)?.filter((path) => path !== '/1.1')).toEqual(
      expect.arrayContaining(['/2', '/3']),
    );
    expect(heard.match(/200 OK/g)).toHaveLength(3);
  });

  test('100 Continue for a body that fits, and the answer after it', async () => {
    const { port } = await started(async ({ body }) => ({ status: 200, body }));
    const client = await rawClient(port);
    client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n');
    expect(await client.until((heard) => heard.includes('\r\n\r\n'))).toMatch(/^HTTP\/1.1 100 Continue/);
    client.send('body');
    expect(await client.until((heard) => heard.endsWith('body'))).toContain('200 OK');
  });

  test('413 instead of 100 Continue for a body that does not fit', async () => {
    const { port } = await started(ok, { limits: { maxBodyBytes: 3 } });
    const client = await rawClient(port);
    client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n');
    const heard = await client.closed();
    expect(heard).toMatch(/^HTTP\/1.1 413/);
    expect(heard).not.toContain('100 Continue');
  });
});

describe('a handler that fails', () => {
  test('by throwing is a plain 500 for the client, and heard by onError', async () => {
    const errors: unknown[] = [];
    const problem = new Error('the secret cause');
    const { port } = await started(
      async () => {
        throw problem;
      },
      { onError: (error) => errors.push(error) },
    );
    const client = await rawClient(port);
    client.send(get('/', 'connection: close\r\n'));
    const heard = await client.closed();
    expect(heard).toMatch(/^HTTP\/1.1 500/);
    expect(heard).toContain('{"error":"Internal Server Error"}');
    expect(heard).not.toContain('secret cause');
    expect(errors).toEqual([problem]);
  });

  test.each([
    ['a header that cannot be sent', { status: 200, headers: [['x', 'a\r\nb: c']] as const }],
    ['an impossible status', { status: 99 }],
  ])('by answering with %s is a 500 too', async (_name, answer) => {
    const { port } = await started(async () => answer);
    const client = await rawClient(port);
    client.send(get());
    expect(await client.until((heard) => heard.includes('}'))).toMatch(/^HTTP\/1.1 500/);
  });
});

describe('bounds', () => {
  test.each([
    ['that says so', 'content-length: 9\r\n\r\n123456789'],
    ['that arrives in chunks', 'transfer-encoding: chunked\r\n\r\n5\r\n12345\r\n4\r\n6789\r\n0\r\n\r\n'],
  ])('a body over the limit %s is answered 413 and its connection closed', async (_name, rest) => {
    let handled = 0;
    const { port } = await started(
      async () => {
        handled += 1;
        return { status: 200 };
      },
      { limits: { maxBodyBytes: 8 } },
    );
    const client = await rawClient(port);
    client.send(`POST / HTTP/1.1\r\nhost: a\r\n${rest}`);
    const heard = await client.closed();
    expect(heard).toMatch(/^HTTP\/1.1 413 Payload Too Large/);
    expect(heard).toMatch(/connection: close/i);
    expect(handled).toBe(0);
  });

  test('a body of exactly the limit is taken', async () => {
    const { port } = await started(async ({ body }) => ({ status: 200, body }), {
      limits: { maxBodyBytes: 8 },
    });
    const client = await rawClient(port);
    client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 8\r\n\r\n12345678');
    expect(await client.until((heard) => heard.endsWith('12345678'))).toContain('200 OK');
  });

  test('what all requests hold together is bounded, on several connections and on one', async () => {
    const { handler, answers, arrived } = waitingHandler();
    const refused: number[] = [];
    const onRefused = (status: number): void => void refused.push(status);
    const limits = { maxBodyBytes: 400, maxHeldBytes: 1_000 };
    const { port } = await started(handler, { limits, onRefused });
    const post = `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 400\r\n\r\n${'x'.repeat(400)}`;
    const pipelining = await rawClient(port);
    pipelining.send(post + post);
    await arrived(2);
    const third = await rawClient(port);
    third.send(post);
    expect(await third.closed()).toMatch(/^HTTP\/1.1 503 Service Unavailable/);
    expect(refused).toEqual([503]);
    for (const answer of answers) answer({ status: 200, body: 'fine' });
    await pipelining.until((heard) => heard.split('fine').length === 3);
    const next = await rawClient(port);
    next.send(post);
    await arrived(3);
    answers.at(-1)?.({ status: 200, body: 'fine' });
    expect(await next.until((heard) => heard.endsWith('fine'))).toContain('200 OK');
  });

  test('a body in chunks that goes beyond what may be held is answered 503', async () => {
    const { handler, answers, arrived } = waitingHandler();
    const { port } = await started(handler, { limits: { maxBodyBytes: 10, maxHeldBytes: 20 } });
    const full = await rawClient(port);
    full.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n1234567890'.repeat(2));
    await arrived(2);
    const late = await rawClient(port);
    late.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n');
    expect(await late.closed()).toMatch(/^HTTP\/1.1 503/);
    for (const answer of answers) answer({ status: 200 });
  });

  test('the sender of a far too long body still sees the 413, even if it looks only at the end', async () => {
    const { port } = await started(ok, { limits: { maxBodyBytes: 1000 } });
    const client = await rawClient(port);
    client.socket.pause();
    const length = 8 * 1024 * 1024;
    client.send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`);
    await new Promise((resolve) => client.socket.write(Buffer.alloc(length), resolve));
    client.socket.resume();
    expect(await client.closed()).toMatch(/^HTTP\/1.1 413/);
  });

  test('a sender that never stops is cut off', async () => {
    const { port } = await started(ok, { limits: { maxBodyBytes: 1000 } });
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.resume();
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const pump = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', pump);
    socket.write('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n');
    pump();
    await new Promise((resolve) => socket.once('close', resolve));
  });

  test('too many headers are answered 431', async () => {
    const { port } = await started(ok, { limits: { maxHeaderCount: 10 } });
    const fits = await rawClient(port);
    fits.send(get('/', 'x: y\r\n'.repeat(9)));
    expect(await fits.until((heard) => heard.endsWith('fine'))).toContain('200 OK');
    const over = await rawClient(port);
    over.send(get('/', 'x: y\r\n'.repeat(10)));
    expect(await over.closed()).toMatch(/^HTTP\/1.1 431/);
  });

  test('too long headers are answered 431', async () => {
    const { port } = await started(ok, { limits: { maxHeaderBytes: 1024 } });
    const client = await rawClient(port);
    client.send(get('/', `x: ${'y'.repeat(2000)}\r\n`));
    expect(await client.closed()).toMatch(/^HTTP\/1.1 431/);
  });

  test.each([
    ['headers', 'GET / HTTP/1.1\r\nhost'],
    ['a body', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\na'],
  ])('a client that never ends its %s is answered 408', async (_name, text) => {
    const { port } = await started(ok, { limits: { headersTimeoutMs: 50, requestTimeoutMs: 60 } });
    const client = await rawClient(port);
    client.send(text);
    expect(await client.closed()).toMatch(/^HTTP\/1.1 408/);
  });

  test('an idle connection is closed', async () => {
    const { port } = await started(ok, { limits: { keepAliveTimeoutMs: 10 } });
    const client = await rawClient(port);
    client.send(get());
    expect(await client.closed()).toContain('200 OK');
  });

  test('connections over the limit are dropped', async () => {
    const { port } = await started(ok, { limits: { maxConnections: 1 } });
    const first = await rawClient(port);
    first.send(get());
    await first.until((heard) => heard.endsWith('fine'));
    const second = await rawClient(port);
    second.send(get());
    expect(await second.closed()).toBe('');
  });
});

describe('what is not HTTP', () => {
  test.each([
    ['noise', '\u0016\u0003\u0001\u0002\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    ['a broken chunk', 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
  ])('%s is answered 400 and the server lives on', async (_name, text) => {
    const { port } = await started(ok);
    const client = await rawClient(port);
    client.send(text);
    expect(await client.closed()).toMatch(/^HTTP\/1.1 400/);
    const next = await rawClient(port);
    next.send(get());
    expect(await next.until((heard) => heard.endsWith('fine'))).toContain('200 OK');
  });

  test('noise in the middle of an answer cuts the connection without a second answer', async () => {
    const { handler, answers, arrived } = waitingHandler();
    const { port } = await started(handler);
    const client = await rawClient(port);
    client.send(get());
    await arrived(1);
    answers[0]?.({ status: 200, body: Buffer.alloc(32 * 1024 * 1024) });
    await client.until((heard) => heard.length > 0);
    client.socket.pause();
    client.send('noise\r\n\r\n');
    client.socket.resume();
    expect((await client.closed()).match(/HTTP\/1.1/g)).toHaveLength(1);
  });
});

describe('closing', () => {
  test('waits for an open request and answers it, and accepts no new one', async () => {
    const { handler, answers, arrived } = waitingHandler();
    const serving = await started(handler);
    const client = await rawClient(serving.port);
    client.send(get());
    await arrived(1);
    const closed = serving.close(60_000);
    const late = connect({ port: serving.port, host: '127.0.0.1' });
    const [error] = await once(late, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    answers[0]?.({ status: 200, body: 'fine' });
    const heard = await client.closed();
    expect(heard).toContain('fine');
    expect(heard).toMatch(/connection: close/i);
    await closed;
  });

  test('closes idle connections and such as never said a word at once', async () => {
    const serving = await started(ok);
    const idle = await rawClient(serving.port);
    idle.send(get());
    await idle.until((heard) => heard.endsWith('fine'));
    const silent = await rawClient(serving.port);
    await serving.close(60_000);
    await Promise.all([idle.closed(), silent.closed()]);
  });

  test('destroys what is still open when the grace is over', async () => {
    const { handler, requests, arrived } = waitingHandler();
    const serving = await started(handler);
    const client = await rawClient(serving.port);
    client.send(get());
    await arrived(1);
    const gone = new Promise((resolve) => requests[0]?.signal.addEventListener('abort', resolve));
    await serving.close(1);
    expect(await client.closed()).toBe('');
    await gone;
  });

  test('a second, impatient call hastens the first', async () => {
    const { handler, arrived } = waitingHandler();
    const serving = await started(handler);
    const client = await rawClient(serving.port);
    client.send(get());
    await arrived(1);
    const patient = serving.close(60_000);
    await serving.close(0);
    await patient;
  });
});
