import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Failure } from '../errors.ts';
import { systemCode, systemReason } from '../system-error.ts';

/** The bounds of one server: what goes beyond them is refused, never kept. */
export interface ServeLimits {
  /** A longer body is answered 413. */
  readonly maxBodyBytes: number;
  /** Of the bodies of all requests that are open, or twice the largest body where that is more; then 503. */
  readonly maxHeldBytes: number;
  /** Request line and headers together; more is answered 431. */
  readonly maxHeaderBytes: number;
  /** More is answered 431. */
  readonly maxHeaderCount: number;
  /** Until the last header; then 408. */
  readonly headersTimeoutMs: number;
  /** Until the last byte of the body; then 408. */
  readonly requestTimeoutMs: number;
  /** How long a connection may stay open between two requests. */
  readonly keepAliveTimeoutMs: number;
  /** Further connections are dropped. */
  readonly maxConnections: number;
}

export const SERVE_LIMITS: ServeLimits = {
  maxBodyBytes: 1024 * 1024,
  maxHeldBytes: 128 * 1024 * 1024,
  maxHeaderBytes: 32 * 1024,
  maxHeaderCount: 200,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 30_000,
  maxConnections: 1024,
};

/** PEM texts: with them a server speaks https. */
export interface TlsPair {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** A server within its limits that does not listen yet. */
export function makeServer(tls: TlsPair | undefined, limits: ServeLimits): Server {
  const settings = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.ceil(Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs) / 2),
  };
  const server = tls ? secureServer({ ...settings, ...tls }) : createServer(settings);
  // Node drops headers over this count without a word: one more is let in, so that it can be refused.
  server.maxHeadersCount = limits.maxHeaderCount + 1;
  server.maxConnections = limits.maxConnections;
  return server;
}

function secureServer(settings: Parameters<typeof createSecureServer>[0]): Server {
  try {
    return createSecureServer(settings);
  } catch (error) {
    throw new Failure('usage', 'The TLS certificate or its key cannot be used', {
      hint: 'Both must be PEM files that belong together: --tls-cert <file> --tls-key <file>.',
      cause: error,
    });
  }
}

/** Resolves once the socket accepts connections; throws Failure `usage` when it cannot. */
export async function accepting(server: Server, host: string, port: number): Promise<AddressInfo> {
  try {
    return await bound(server, host, port);
  } catch (error) {
    const [message, hint] = bindProblem(error, host, port);
    throw new Failure('usage', message, { hint, cause: error });
  }
}

function bound(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen({ host, port }, () => {
      const address = server.address();
      if (address !== null && typeof address === 'object') resolve(address);
    });
  });
}

function bindProblem(error: unknown, host: string, port: number): readonly [message: string, hint: string] {
  const anyPort = 'Name another port, or let the system pick a free one: --port 0.';
  switch (systemCode(error)) {
    case 'EADDRINUSE':
      return [`Port ${port} on ${host} is already in use`, anyPort];
    case 'EACCES':
      return [`Port ${port} on ${host} is not permitted to this user`, anyPort];
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [`${host} is not an address of this machine`, 'Listen on this machine alone: --host 127.0.0.1.'];
    default:
      return [`Cannot listen on ${host} port ${port}: ${systemReason(error)}`, anyPort];
  }
}

/** A wildcard address is nothing to connect to; IPv6 wants brackets. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
