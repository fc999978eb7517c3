import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { createPooledSend, createSend, type HttpRequest, type Send } from '../../src/http.ts';
import { TEST_CERTIFICATE } from './test-certificate.ts';

/** A record that no key of any connection opens: `bad record mac` for whoever reads it. */
const BAD_RECORD = Buffer.concat([Buffer.from([23, 3, 3, 0, 32]), Buffer.alloc(32)]);
const WHOLE = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const BEGINNING = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nthe first part';

const closings: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(closings.splice(0).map((close) => close())));

/** Answers each request of a connection with the next of `answers`; after the last come the bad record and the end. */
const spoiling =
  (answers: readonly string[]) =>
  (raw: Socket): void => {
    const left = [...answers];
    const secure = new TLSSocket(raw, { isServer: true, ...TEST_CERTIFICATE });
    secure.on('error', () => undefined);
    secure.on('data', () => {
      const answer = left.shift() ?? '';
      secure.write(answer, () => left.length === 0 && raw.end(BAD_RECORD));
    });
  };

async function start(onConnection: (raw: Socket) => void): Promise<URL> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((raw) => {
    sockets.add(raw);
    raw.on('error', () => undefined);
    onConnection(raw);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closings.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return new URL(`https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
}

const { cert: ca } = TEST_CERTIFICATE;
const senders: Readonly<Record<string, () => Send>> = {
  'short calls': () => createSend({ env: {}, ca }),
  pool: () => {
    const pool = createPooledSend({ env: {}, ca, connections: 1 });
    closings.push(() => pool.close());
    return pool.send;
  },
};

const post = (url: URL): HttpRequest => ({
  ...{ method: 'POST', url, headers: [], body: Buffer.from('{}') },
  ...{ timeoutMs: 10_000, maxBodyBytes: 1000 },
});

describe.each(Object.entries(senders))('TLS that breaks, for %s', (_, sender) => {
  test('in the handshake: nothing was sent', async () => {
    const url = await start((raw) => raw.once('data', () => raw.write(BAD_RECORD)));
    await expect(sender()(post(url))).rejects.toMatchObject({ reason: 'tls', mayHaveHappened: false });
  });

  test('after the request: it may have been carried out', async () => {
    const url = await start(spoiling(['']));
    await expect(sender()(post(url))).rejects.toMatchObject({ mayHaveHappened: true });
  });

  test('after the request, on a connection that was used before', async () => {
    const url = await start(spoiling([WHOLE, '']));
    const send = sender();
    expect((await send(post(url))).status).toBe(200);
    await expect(send(post(url))).rejects.toMatchObject({ mayHaveHappened: true });
  });

  test('in the middle of the answer: it is cut', async () => {
    const url = await start(spoiling([BEGINNING]));
    await expect(sender()(post(url))).rejects.toMatchObject({ reason: 'cut', mayHaveHappened: true });
  });
});
