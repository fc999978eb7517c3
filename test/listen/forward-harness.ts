import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import { createPooledSend, type SendOptions } from '../../src/http.ts';
import {
  createForwarder,
  type Forwarded,
  type Forwarder,
  type ForwarderOptions,
} from '../../src/listen/forward.ts';
import type { KeptDelivery } from '../../src/listen/kept.ts';
import { type FaultyServer, startFaultyServer } from '../support/faulty-server.ts';
import { clock } from './deliveries.ts';

export const LONG_MS = 10_000;
export const NEVER = new AbortController().signal;

export function kept(more: Partial<KeptDelivery> = {}): KeptDelivery {
  return {
    id: 'a-delivery',
    receivedMs: 0,
    method: 'POST',
    path: '/',
    query: null,
    headers: [['Content-Type', 'application/json']],
    body: Buffer.from('{}'),
    signature: {
      status: 'valid',
      reason: null,
      hint: null,
      scheme: null,
      webhook_id: null,
      secret_age: null,
    },
    accepted: true,
    status: 200,
    forward: null,
    owedTo: null,
    sentTo: null,
    ...more,
  };
}

/** For the time of one test, over real connections. */
export function forwarder(
  options: Partial<ForwarderOptions> & { connections?: number } & Omit<Partial<SendOptions>, 'env'> = {},
  env: Record<string, string> = {},
): Forwarder {
  const { connections = 4, ca, insecure, ...rest } = options;
  const pool = createPooledSend({ env, connections, ca, insecure });
  onTestFinished(() => pool.close());
  const fixed = { targets: { default: null, routes: [] }, headers: [], root: '/', timeoutMs: LONG_MS };
  return createForwarder({ send: pool.send, clock: clock satisfies Clock, ...fixed, ...rest });
}

interface ForwardToOptions extends Omit<NonNullable<Parameters<typeof forwarder>[0]>, 'targets'> {
  readonly env?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** Forwards a delivery to a target, as `listen` does. */
export async function forwardTo(
  url: URL,
  delivery: KeptDelivery = kept(),
  { env = {}, signal = NEVER, ...options }: ForwardToOptions = {},
): Promise<Forwarded> {
  const { addressOf, forward } = forwarder({ ...options, targets: { default: url, routes: [] } }, env);
  return forward(delivery, addressOf(delivery, null) ?? '', signal);
}

export async function app(tls?: { readonly cert: string; readonly key: string }): Promise<FaultyServer> {
  const server = await startFaultyServer(tls);
  onTestFinished(() => server.close());
  return server;
}

export interface RawApp {
  readonly url: URL;
  /** Of each request, head and body, byte for byte. */
  readonly requests: readonly Buffer[];
}

/** Answers 200 to each request that has its content-length, and keeps its bytes. */
export async function rawApp(host = '127.0.0.1'): Promise<RawApp> {
  const requests: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let read = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      read = Buffer.concat([read, chunk]);
      const end = read.indexOf('\r\n\r\n');
      if (end === -1) return;
      const length = Number(/^content-length: *(\d+)/im.exec(read.toString('latin1', 0, end))?.[1] ?? 0);
      if (read.length < end + 4 + length) return;
      requests.push(read);
      read = Buffer.alloc(0);
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`http://${host.includes(':') ? `[${host}]` : host}:${port}`), requests };
}

/** Nothing listens there. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Some machines have no IPv6. */
export function canListen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(0, host, () => server.close(() => resolve(true)));
  });
}
