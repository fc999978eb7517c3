import { createApi } from '../../src/api/client.ts';
import type { ApiVersion } from '../../src/api/wire.ts';
import { systemClock } from '../../src/clock.ts';
import { Failure } from '../../src/errors.ts';
import { createPooledSend, createSend, type Send } from '../../src/http.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { Secret } from '../../src/secret.ts';
import { type Handler, serve } from '../../src/serve.ts';
import { PRESETS } from '../../src/signing/scheme.ts';
import { type Connection, NOWHERE } from './suite.ts';

const TIMEOUT_MS = 30_000;
const MAX_BODY_BYTES = 1024 * 1024;
const SEEDS = 25;
/** A port of this machine that no program listens on. */
const REFUSING = 'http://127.0.0.1:1/';

interface Target {
  readonly send: Send;
  readonly baseUrl: URL;
  readonly key: Secret;
  readonly version: ApiVersion;
  readonly unreachable: string;
  receiver(status: number): string | null;
  close(): Promise<void>;
}

function connection({ send, baseUrl, key, version, unreachable, receiver, close }: Target): Connection {
  const userAgent = 'kycgenie-cli/contract-test';
  const api = createApi({
    ...{ send, baseUrl, version, key, userAgent, clock: systemClock },
    timeoutMs: TIMEOUT_MS,
    maxRetries: 3,
  });
  return {
    ...{ api, unreachable, receiver, close },
    async raw(method, path, body, headers) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const sent = { authorization: `Bearer ${key.reveal()}`, 'user-agent': userAgent, ...headers };
      const response = await send({
        method,
        url: new URL(path, baseUrl),
        headers: [
          ['content-type', 'application/json'],
          ...Object.entries(sent).filter(([, value]) => value !== ''),
        ],
        ...(text === undefined ? {} : { body: Buffer.from(text) }),
        timeoutMs: TIMEOUT_MS,
        maxBodyBytes: MAX_BODY_BYTES,
      });
      const answered = Buffer.from(response.body).toString('utf8');
      return { status: response.status, headers: response.headers, json: JSON.parse(answered) };
    },
  };
}

/** Sends by calling a handler: no socket in between. */
export function sendTo(handler: Handler): Send {
  return async ({ method, url, headers, body = new Uint8Array() }) => {
    const answer = await handler({
      method,
      target: `${url.pathname}${url.search}`,
      headers,
      body,
      remoteAddress: '127.0.0.1',
      signal: new AbortController().signal,
    });
    return {
      status: answer.status,
      headers: Object.fromEntries((answer.headers ?? []).map(([name, value]) => [name.toLowerCase(), value])),
      body: Buffer.from(answer.body ?? ''),
    };
  };
}

const SANDBOX = { clock: systemClock, scheme: PRESETS['standard-webhooks'], seedLogs: SEEDS };

/** The sandbox as a function; its receivers are one too. */
export async function connectInProcess(version: ApiVersion): Promise<Connection> {
  const deliver: Send = async ({ url }) => {
    if (url.hostname !== 'receiver.example')
      throw new Failure('network', `${url.hostname} cannot be resolved`);
    return { status: Number(url.pathname.slice(1)), headers: {}, body: new Uint8Array() };
  };
  const sandbox = await createSandbox({ ...SANDBOX, send: deliver });
  return connection({
    send: sendTo(sandbox.handler),
    baseUrl: new URL('http://127.0.0.1'),
    key: sandbox.apiKey,
    version,
    unreachable: NOWHERE,
    receiver: (status) => `https://receiver.example/${status}`,
    close: () => sandbox.close(),
  });
}

/** The sandbox behind a socket, delivering over sockets. */
export async function connectOverSocket(version: ApiVersion): Promise<Connection> {
  const pool = createPooledSend({ env: {}, connections: 8 });
  const sandbox = await createSandbox({ ...SANDBOX, send: pool.send });
  const server = await serve({ host: '127.0.0.1', port: 0, handler: sandbox.handler });
  const receiver = await serve({
    host: '127.0.0.1',
    port: 0,
    handler: async ({ target }) => ({ status: Number(target.slice(1)) }),
  });
  return connection({
    send: createSend({ env: {} }),
    baseUrl: new URL(server.url),
    key: sandbox.apiKey,
    version,
    unreachable: REFUSING,
    receiver: (status) => `${receiver.url}/${status}`,
    close: async () => {
      await sandbox.close();
      await Promise.all([server.close(0), receiver.close(0), pool.close()]);
    },
  });
}

/** The API that the environment names. */
export async function connectToReal(version: ApiVersion, key: string, baseUrl: string): Promise<Connection> {
  return connection({
    send: createSend({ env: process.env }),
    baseUrl: new URL(baseUrl),
    key: new Secret(key),
    version,
    unreachable: NOWHERE,
    receiver: () => null,
    close: async () => undefined,
  });
}
