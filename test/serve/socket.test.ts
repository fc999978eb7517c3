import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { type Serving, serve } from '../../src/serve.ts';
import { rawClient } from './raw-client.ts';

const open: Serving[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((serving) => serving.close(0)));
});

async function started(options: Partial<Parameters<typeof serve>[0]> = {}): Promise<Serving> {
  const handler = async () => ({ status: 200, body: 'fine' });
  const serving = await serve({ host: '127.0.0.1', port: 0, handler, ...options });
  open.push(serving);
  return serving;
}

const pem = (name: string): Buffer => readFileSync(new URL(`./${name}`, import.meta.url));
const tls = { cert: pem('loopback-cert.pem'), key: pem('loopback-key.pem') };

describe('a port', () => {
  test('0 takes a free one, which accepts as soon as serve resolves', async () => {
    const { url, port, host } = await started();
    expect(port).toBeGreaterThan(0);
    expect([url, host]).toEqual([`http://127.0.0.1:${port}`, '127.0.0.1']);
    (await rawClient(port)).socket.destroy();
  });

  test('in use is a usage failure that names --port 0', async () => {
    const { port } = await started();
    const failure = await started({ port }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({
      kind: 'usage',
      message: `Port ${port} on 127.0.0.1 is already in use`,
      hint: expect.stringContaining('--port 0'),
      cause: { code: 'EADDRINUSE' },
    });
  });

  test('on an address of another machine is a usage failure that names --host', async () => {
    await expect(started({ host: '192.0.2.1' })).rejects.toMatchObject({
      kind: 'usage',
      message: '192.0.2.1 is not an address of this machine',
      hint: expect.stringContaining('--host 127.0.0.1'),
    });
  });

  test('that does not exist is a failure, not a crash', async () => {
    await expect(started({ port: 70_000 })).rejects.toBeInstanceOf(Failure);
  });
});

test.each([
  ['0.0.0.0', /^http:\/\/127\.0\.0\.1:\d+$/],
  ['localhost', /^http:\/\/localhost:\d+$/],
])('%s is shown as a URL that can be reached', async (host, url) => {
  expect((await started({ host })).url).toMatch(url);
});

describe('with a certificate', () => {
  test('speaks https', async () => {
    const { url, port } = await started({ tls });
    expect(url).toBe(`https://127.0.0.1:${port}`);
    const body = await new Promise((resolve, reject) => {
      httpsRequest(url, { ca: tls.cert, agent: false }, (response) => {
        response.setEncoding('utf8').on('data', resolve);
      })
        .on('error', reject)
        .end();
    });
    expect(body).toBe('fine');
  });

  test('cuts off who does not speak TLS', async () => {
    const { port } = await started({ tls });
    const client = await rawClient(port);
    client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await client.closed()).not.toContain('HTTP/1.1');
  });

  test('closing does not wait for a handshake that never comes', async () => {
    const serving = await started({ tls });
    const socket = connect({ port: serving.port, host: '127.0.0.1' });
    await once(socket, 'connect');
    await serving.close(1);
    await new Promise((resolve) => socket.on('error', resolve).on('close', resolve).resume());
  });

  test('that is none is a usage failure', async () => {
    await expect(started({ tls: { cert: 'x', key: 'y' } })).rejects.toMatchObject({
      kind: 'usage',
      hint: expect.stringContaining('--tls-cert'),
    });
  });
});
