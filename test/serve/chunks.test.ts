import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Answer, type ReceivedRequest, type Serving, serve } from '../../src/serve.ts';
import { rawClient } from './raw-client.ts';

const open: Serving[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((serving) => serving.close(0)));
});

async function started(handler: (request: ReceivedRequest) => Promise<Answer>, errors: unknown[] = []) {
  const onError = (error: unknown): unknown => errors.push(error);
  const serving = await serve({ host: '127.0.0.1', port: 0, handler, onError });
  open.push(serving);
  return serving;
}

const GET = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';

/** Never says anything by itself. */
const silence = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

test('chunks come as they are made, and their end leaves the connection for the next request', async () => {
  const { port } = await started(async () => ({
    status: 200,
    chunks: (async function* () {
      yield 'one';
      yield Buffer.from([0, 255]);
      yield 'äöü';
    })(),
  }));
  const client = await rawClient(port);
  for (let times = 1; times <= 2; times += 1) {
    client.send(GET);
    const heard = await client.until((text) => text.split('0\r\n\r\n').length > times);
    expect(heard.toLowerCase()).toContain('transfer-encoding: chunked');
    expect(heard.toLowerCase()).not.toContain('content-length');
    expect(heard).toContain('3\r\none\r\n');
  }
});

test('who leaves ends the making, also where it waits', async () => {
  const over: string[] = [];
  const { port } = await started(async ({ signal, target }) => ({
    status: 200,
    chunks: (async function* () {
      try {
        yield target;
        await silence(signal);
      } finally {
        over.push(target);
      }
    })(),
  }));
  const client = await rawClient(port);
  client.send(GET);
  await client.until((text) => text.includes('1\r\n/\r\n'));
  client.socket.destroy();
  await expect.poll(() => over).toEqual(['/']);
});

test('a client that does not read is not written to without bound', async () => {
  let made = 0;
  let isOver = false;
  const chunk = Buffer.alloc(64 * 1024);
  const { port } = await started(async () => ({
    status: 200,
    chunks: (async function* () {
      try {
        for (;;) {
          made += 1;
          yield chunk;
        }
      } finally {
        isOver = true;
      }
    })(),
  }));
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'connect');
  socket.pause();
  socket.write(GET);
  let before = -1;
  await expect
    .poll(
      () => {
        const isStill = made > 0 && made === before;
        before = made;
        return isStill;
      },
      { interval: 100 },
    )
    .toBe(true);
  // What the system buffers of both sides is some megabytes.
  expect(made * chunk.length).toBeLessThan(64 * 1024 * 1024);
  socket.resume();
  const until = made;
  await expect.poll(() => made).toBeGreaterThan(until);
  socket.destroy();
  await expect.poll(() => isOver).toBe(true);
});

test('a server that closes waits for no stream, and ends it whole', async () => {
  const serving = await started(async ({ signal }) => ({
    status: 200,
    chunks: (async function* () {
      yield 'here';
      await silence(signal);
    })(),
  }));
  const client = await rawClient(serving.port);
  client.send(GET);
  await client.until((text) => text.includes('here'));
  // Would reach the time-out of the test.
  await serving.close(600_000);
  expect(await client.closed()).toMatch(/here\r\n0\r\n\r\n$/);
});

test('a maker that fails cuts the answer off, and is heard', async () => {
  const errors: unknown[] = [];
  const failure = new Error('broken');
  const { port } = await started(
    async () => ({
      status: 200,
      chunks: (async function* () {
        yield 'half';
        throw failure;
      })(),
    }),
    errors,
  );
  const client = await rawClient(port);
  client.send(GET);
  expect(await client.closed()).not.toContain('0\r\n\r\n');
  expect(errors).toEqual([failure]);
});

test('HEAD is answered without making anything', async () => {
  let made = false;
  const { port } = await started(async () => ({
    status: 200,
    // biome-ignore lint/correctness/useYield: it must not be asked
    chunks: (async function* () {
      made = true;
    })(),
  }));
  const client = await rawClient(port);
  client.send('HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  expect(await client.closed()).toContain('200 OK');
  expect(made).toBe(false);
});
