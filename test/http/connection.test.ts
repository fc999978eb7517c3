import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type ConnectionRequest, openConnection } from '../../src/http/connection.ts';
import { type Handler, serve } from '../../src/serve.ts';
import { TEST_CERTIFICATE } from './test-certificate.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(closings.splice(0).map((close) => close())));

const request = (url: URL, more: Partial<ConnectionRequest> = {}): ConnectionRequest => ({
  ...{ method: 'POST', url, headers: [], body: Buffer.from('hello') },
  ...{ timeoutMs: 10_000, maxBodyBytes: 100 },
  ...more,
});

async function connect(url: URL, insecure = false) {
  const connection = await openConnection(url, { insecure });
  closings.push(async () => connection.close());
  return connection;
}

const echo: Handler = async ({ body }) => ({ status: 200, body: Buffer.from(body) });

async function serving(tls?: typeof TEST_CERTIFICATE): Promise<URL> {
  const server = await serve({ host: '127.0.0.1', port: 0, handler: echo, ...(tls && { tls }) });
  closings.push(() => server.close(0));
  return new URL(server.url);
}

/** Answers each whole request, as far as it has come, by these bytes. */
async function raw(answer: (sofar: string) => string | null): Promise<URL> {
  const server: Server = createServer((socket) => {
    let sofar = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      sofar += chunk.toString();
      const bytes = answer(sofar);
      if (bytes === null) return;
      sofar = '';
      socket.write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closings.push(async () => server.close());
  const { port } = server.address() as AddressInfo;
  return new URL(`http://127.0.0.1:${port}/`);
}

const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n';

test('keeps its connection, and tells whether it did', async () => {
  const url = await serving();
  const connection = await connect(url);
  const answers = [await connection.send(request(url)), await connection.send(request(url))];
  expect(answers.map(({ isReused }) => isReused)).toEqual([false, true]);
  expect(answers.map(({ saysClose }) => saysClose)).toEqual([false, false]);
  expect(answers.map(({ body }) => Buffer.from(body).toString())).toEqual(['hello', 'hello']);
});

test('sends a body in pieces, as they come', async () => {
  const url = await serving();
  async function* pieces() {
    yield Buffer.from('he');
    yield Buffer.from('llo');
  }
  const { body } = await (await connect(url)).send(request(url, { pieces: pieces() }));
  expect(Buffer.from(body).toString()).toBe('hello');
});

test('a body that fails on its way fails the request', async () => {
  const url = await serving();
  // biome-ignore lint/correctness/useYield: it fails before the first piece
  async function* pieces(): AsyncGenerator<Uint8Array> {
    throw new Error('no more');
  }
  await expect((await connect(url)).send(request(url, { pieces: pieces() }))).rejects.toMatchObject({
    kind: 'network',
  });
});

test('asks first, and sends the body when it is wanted', async () => {
  const url = await serving();
  const answer = await (await connect(url)).send(request(url, { asksFirst: true }));
  expect(answer).toMatchObject({ status: 200, before: 'continue' });
  expect(Buffer.from(answer.body).toString()).toBe('hello');
});

test('asks first, and sends the body all the same where nobody says anything', async () => {
  const url = await raw((sofar) => (sofar.endsWith('hello') ? NO_CONTENT : null));
  const answer = await (await connect(url)).send(request(url, { asksFirst: true }));
  expect(answer).toMatchObject({ status: 204, before: 'nothing' });
});

test('asks first, and keeps the body where the answer comes at once', async () => {
  const seen: string[] = [];
  const url = await raw((sofar) => {
    seen.push(sofar);
    return sofar.endsWith('\r\n\r\n') ? 'HTTP/1.1 417 Expectation Failed\r\ncontent-length: 0\r\n\r\n' : null;
  });
  const answer = await (await connect(url)).send(request(url, { asksFirst: true }));
  expect(answer).toMatchObject({ status: 417, before: 'answer' });
  expect(seen.join('')).not.toContain('hello');
});

test.each([
  ['HTTP/1.0 204 No Content\r\n\r\n', true],
  ['HTTP/1.1 204 No Content\r\nConnection: Close\r\n\r\n', true],
  ['HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=1, max=9\r\n\r\n', true],
  ['HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=10\r\n\r\n', false],
  [NO_CONTENT, false],
])('knows from %j whether the connection ends', async (head, saysClose) => {
  const url = await raw((sofar) => (sofar.endsWith('hello') ? head : null));
  expect(await (await connect(url)).send(request(url))).toMatchObject({ status: 204, saysClose });
});

test('trusts nobody unless it is told to', async () => {
  const url = await serving(TEST_CERTIFICATE);
  await expect((await connect(url)).send(request(url))).rejects.toMatchObject({ reason: 'tls' });
  expect(await (await connect(url, true)).send(request(url))).toMatchObject({ status: 200 });
});

test('an abort ends it with its reason', async () => {
  const stop = new AbortController();
  const url = await raw(() => {
    stop.abort(new Error('enough'));
    return null;
  });
  await expect((await connect(url)).send(request(url, { signal: stop.signal }))).rejects.toThrow('enough');
});
