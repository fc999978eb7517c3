import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ForwarderOptions } from '../../src/listen/forward.ts';
import { serve } from '../../src/serve.ts';
import { forwardTo, kept, type RawApp, rawApp } from './forward-harness.ts';

interface Passage {
  /** Below the app's own URL. */
  readonly to?: string;
  readonly root?: string;
  readonly own?: ForwarderOptions['headers'];
}

/** Sends raw bytes to a server, forwards what it read to the app, and gives what the app read. */
async function pass(request: Buffer, { to = '/', root = '/', own = [] }: Passage = {}) {
  const app: RawApp = await rawApp();
  const url = new URL(to, app.url);
  const serving = await serve({
    host: '127.0.0.1',
    port: 0,
    handler: async ({ method, target, headers, body }) => {
      const [path = '', ...rest] = target.split('?');
      const query = rest.length === 0 ? null : rest.join('?');
      const { answerStatus } = await forwardTo(url, kept({ method, path, query, headers, body }), {
        root,
        headers: own,
      });
      return { status: answerStatus };
    },
  });
  onTestFinished(() => serving.close(0));
  const socket = connect(serving.port, '127.0.0.1');
  socket.write(request);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  const read = app.requests[0] ?? Buffer.alloc(0);
  const end = read.indexOf('\r\n\r\n');
  const [line = '', ...headers] = read.toString('latin1', 0, end).split('\r\n');
  const status = Number(String(answer).split(' ')[1]);
  return { status, line, headers, body: read.subarray(end + 4), host: app.url.host };
}

const post = (target: string, headers: readonly string[] = [], body: string | Buffer = ''): Buffer =>
  Buffer.concat([
    Buffer.from(
      [
        `POST ${target} HTTP/1.1`,
        'Host: hooks.example',
        ...headers,
        `Content-Length: ${body.length}`,
        '\r\n',
      ].join('\r\n'),
      'latin1',
    ),
    Buffer.from(body),
  ]);

describe('path and query arrive as they were sent', () => {
  test.each([
    '/a%2Fb/%2e%2E/c',
    '/a/../b/./c',
    '//double//slashes//',
    '//elsewhere.example/x',
    '/a;b=c,d@e:f',
    '/?a=1&a=2&',
    '/?',
    '/??a=b?c',
    '/?q=%2F+%20&<>"\'`{}|\\^',
    '/[x]|{y}^`"<>\\',
    '/%zz%',
  ])('%s', async (target) => {
    const { status, line } = await pass(post(target));
    expect([status, line]).toEqual([200, `POST ${target} HTTP/1.1`]);
  });

  test.each<[target: string, root: string, to: string, expected: string]>([
    ['/', '/', '/app/hooks', '/app/hooks'],
    ['/', '/', '/app/hooks/', '/app/hooks/'],
    ['/hooks', '/hooks', '/app', '/app'],
    ['/hooks', '/hooks/', '/app', '/app'],
    ['/hooks/', '/hooks', '/app', '/app/'],
    ['/hooks/a%2Fb//c', '/hooks', '/app/', '/app/a%2Fb//c'],
    ['/hooks/../x', '/hooks', '/app', '/app/../x'],
    ['/hooksy/a', '/hooks', '/app', '/app/hooksy/a'],
    ['/a?b=%2F', '/', '/app?key=1&c', '/app/a?key=1&c&b=%2F'],
    ['/a?', '/', '/app?key=1', '/app/a?key=1'],
    ['/a', '/', '/app?key=1', '/app/a?key=1'],
  ])('%s below %s goes to %s as %s', async (target, root, to, expected) => {
    expect((await pass(post(target), { root, to })).line).toBe(`POST ${expected} HTTP/1.1`);
  });
});

describe('headers', () => {
  const names = (headers: readonly string[]): readonly string[] =>
    headers.map((header) => header.split(':')[0]?.toLowerCase() ?? '');

  test('keep their order, case, repeats and bytes', async () => {
    const sent = [
      'X-Two: 1',
      'webhook-Signature: v1,a+/=',
      'x-two: 2',
      'X-Two: 1',
      'X-Bytes: caf\u00e9\u00ff\tx',
      'X-Empty: ',
      '__proto__: odd',
      'Accept-Encoding: gzip',
      'X-Forwarded-For: 1.2.3.4',
    ];
    const { headers, status } = await pass(post('/', sent));
    expect(status).toBe(200);
    const own = /^(host|connection|content-length):/i;
    expect(headers.filter((header) => !own.test(header))).toEqual(sent);
  });

  test('of the connection stay behind, with those that it names', async () => {
    const { headers, host } = await pass(
      post('/', [
        'Connection: close, X-Hop',
        'connection: x-other-hop',
        'X-Hop: 1',
        'X-Other-Hop: 1',
        'X-End: 1',
        'Keep-Alive: timeout=5',
        'Proxy-Authorization: Basic hush',
        'Proxy-Connection: keep-alive',
        'Proxy-Anything: x',
        'TE: trailers',
        'Trailer: X-Sum',
        'Upgrade: h2c',
      ]),
    );
    expect(names(headers).toSorted()).toEqual(['connection', 'content-length', 'host', 'x-end']);
    expect(headers.filter((header) => /^host:/i.test(header))).toEqual([`host: ${host}`]);
    expect(headers.find((header) => /^connection:/i.test(header))).toBe('connection: keep-alive');
  });

  test('a chunked body goes on with its length', async () => {
    const chunked =
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\0b\r\n1\r\n!\r\n0\r\n\r\n';
    const { headers, body } = await pass(Buffer.from(chunked));
    expect(body.toString()).toBe('a\0b!');
    expect(headers).toContain('content-length: 4');
    expect(names(headers)).not.toContain('transfer-encoding');
  });

  test('of our own replace those of the same name, and may name another host', async () => {
    const own = [
      ['authorization', 'Bearer local'],
      ['Host', 'shop.example'],
      ['X-Extra', '1'],
      ['X-Extra', '2'],
    ] as const;
    const { headers } = await pass(
      post('/', ['Authorization: theirs', 'X-Kept: 1', 'AUTHORIZATION: theirs']),
      {
        own,
      },
    );
    expect(headers.filter((header) => !/^(connection|content-length):/i.test(header))).toEqual([
      'host: shop.example',
      'X-Kept: 1',
      'authorization: Bearer local',
      'X-Extra: 1',
      'X-Extra: 2',
    ]);
  });
});

test.each([
  ['every byte there is', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
  ['text that is not UTF-8, with NUL', Buffer.from([0x7b, 0, 0xc3, 0x28, 0xff, 0xfe, 0x0d, 0x0a, 0x7d])],
  ['a trailing line feed', Buffer.from('{ "a":1.0 }\n')],
  ['nothing', Buffer.alloc(0)],
])('a body of %s arrives as it was sent', async (_, body) => {
  expect((await pass(post('/', [], body))).body).toEqual(body);
});
