import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPooledSend, createSend, type HttpRequest, type Send } from '../../src/http.ts';
import { answer, type FaultyServer, startFaultyServer } from '../support/faulty-server.ts';
import { TEST_CERTIFICATE } from './test-certificate.ts';

const closings: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(closings.splice(0).map((close) => close())));

const senders: Readonly<Record<string, (insecure?: boolean) => Send>> = {
  'short calls': (insecure) => createSend({ env: {}, insecure }),
  pool: (insecure) => {
    const pool = createPooledSend({ env: {}, connections: 1, insecure });
    closings.push(() => pool.close());
    return pool.send;
  },
};

const request = (url: URL, more: Partial<HttpRequest> = {}): HttpRequest => ({
  ...{ method: 'GET', url, headers: [], timeoutMs: 10_000, maxBodyBytes: 100 },
  ...more,
});

describe.each(Object.entries(senders))('%s', (_, open) => {
  let server: FaultyServer;
  beforeEach(async () => {
    server = await startFaultyServer();
    closings.push(() => server.close());
  });

  test('sends a target as it is, to the host of the URL', async () => {
    server.otherwise(answer(200));
    const send = open();
    const targets = ['/a/../%2e/b//c?x=1&&', '//elsewhere.test/', '/?', "/'[]{}|<>"];
    for (const target of targets) await send(request(new URL('/other?x=2', server.url), { target }));
    expect(server.arrivals.map(({ target }) => target)).toEqual(targets);
  });

  test.each(['', 'a', '*', 'http://elsewhere.test/', '/a b', '/a\r\nx: y', '/a\0', '/\u0100', '/\u007f'])(
    'sends no target like %j',
    async (target) => {
      const sending = open()(request(server.url, { target }));
      await expect(sending).rejects.toMatchObject({
        kind: 'network',
        reason: 'other',
        mayHaveHappened: false,
      });
      expect(server.arrivals).toEqual([]);
    },
  );

  test('cuts a long body where that is asked for, and only a long one', async () => {
    server.otherwise(answer(200, 'x'.repeat(101)));
    server.next(answer(200, 'x'.repeat(100)));
    const send = open();
    const sizes: (readonly [number, boolean])[] = [];
    for (const maxBodyBytes of [100, 100, 0]) {
      const { body, isCut } = await send(request(server.url, { cutsBody: true, maxBodyBytes }));
      sizes.push([body.length, isCut === true]);
    }
    expect(sizes).toEqual([
      [100, false],
      [100, true],
      [0, true],
    ]);
    await expect(send(request(server.url))).rejects.toMatchObject({ reason: 'too_large' });
  });
});

test.each(Object.entries(senders))('%s take any certificate only when told so', async (_, open) => {
  const server = await startFaultyServer(TEST_CERTIFICATE);
  closings.push(() => server.close());
  server.otherwise(answer(200));
  await expect(open()(request(server.url))).rejects.toMatchObject({ reason: 'tls' });
  await expect(open(false)(request(server.url))).rejects.toMatchObject({ reason: 'tls' });
  expect(server.arrivals).toEqual([]);
  expect((await open(true)(request(server.url))).status).toBe(200);
});
