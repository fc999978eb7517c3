import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { bareHost } from './http/address.ts';
import { DIALLING, trust } from './http/dialling.ts';
import { type Exchange, exchange } from './http/exchange.ts';
import { hasHeader, joinRepeats, pairsOf, wireHeaders } from './http/headers.ts';
import type { Pool } from './http/pool.ts';
import { type Env, proxyFor } from './http/proxy.ts';
import { wireTarget } from './http/target.ts';

/** One request, whole: short calls and forwarded deliveries alike. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  /**
   * Path and query exactly as they go on the wire, in place of the URL's, which are normalised. Starts with `/`, and
   * holds no space and no control character.
   */
  readonly target?: string | undefined;
  /** In order, repeats kept; names as they go on the wire. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array;
  /** From the start of the call to the last byte of the answer. */
  readonly timeoutMs: number;
  /** An answer with a longer body is an error. */
  readonly maxBodyBytes: number;
  /** A longer body is cut off at `maxBodyBytes` instead, and its connection closed. */
  readonly cutsBody?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; repeats joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** There was more of the body than `maxBodyBytes`. */
  readonly isCut?: true;
}

/**
 * Sends one request and reads its answer whole. Never follows a redirect, never retries, never decompresses.
 * Throws NetworkFailure (`network` or `timeout`, with a `reason`), or Failure `usage` for an unusable proxy
 * setting; rethrows the signal's reason when it aborts.
 */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

export interface SendOptions {
  /** Where proxy settings are read. */
  readonly env: Env;
  /** PEM of the only authority to trust, in place of the built-in ones. */
  readonly ca?: string | undefined;
  /** Takes any certificate of a target (not of a proxy): for a server of one's own with a self-signed one. */
  readonly insecure?: boolean | undefined;
}

export interface ShortSendOptions extends SendOptions {
  /** Each request has a connection of its own, so that none suffers from what another left behind. */
  readonly alone?: boolean | undefined;
}

/** Connections that stay open between requests, until `close`. */
export interface PooledSend {
  readonly send: Send;
  /** Loads what the first request would wait for. */
  ready(): Promise<void>;
  /** Resolves when running requests are over and all connections closed. */
  close(): Promise<void>;
}

const PROXY_CONNECTIONS = 8;

/**
 * For short calls: node:http(s), cheap to load; its connections stay for the next call but hold no process open.
 * Asks for unencoded answers. A request that needs a proxy takes the pool.
 */
export function createSend(options: ShortSendOptions): Send {
  const clients = new Map<string, Promise<NodeClient>>();
  const clientFor = (protocol: string): Promise<NodeClient> => {
    const client = clients.get(protocol) ?? loadNode(protocol, options);
    clients.set(protocol, client);
    return client;
  };
  const pool = createPooledSend({ ...options, connections: PROXY_CONNECTIONS });
  return async (request) => {
    const plain = askingForIdentity(request);
    if (proxyFor(options.env, request.url)) return pool.send(plain);
    return sendOverNode(await clientFor(request.url.protocol), plain);
  };
}

/** For forwarding, deliveries and bulk work: undici, at most `connections` a target; headers as given. */
export function createPooledSend(options: SendOptions & { readonly connections: number }): PooledSend {
  let loaded: Promise<Pool> | null = null;
  const load = (): Promise<Pool> => {
    loaded ??= import('./http/pool.ts').then(({ loadPool }) => loadPool(options));
    return loaded;
  };
  return {
    send: async (request) => (await load()).send(request),
    async ready() {
      await load();
    },
    async close() {
      const pool = await loaded;
      loaded = null;
      await pool?.close();
    },
  };
}

function askingForIdentity(request: HttpRequest): HttpRequest {
  if (hasHeader(request.headers, 'accept-encoding')) return request;
  return { ...request, headers: [...request.headers, ['accept-encoding', 'identity']] };
}

export interface NodeClient {
  request(options: RequestOptions): ClientRequest;
  readonly agent: Agent;
}

export async function loadNode(
  protocol: string,
  { ca, insecure, alone = false }: Omit<ShortSendOptions, 'env'>,
): Promise<NodeClient> {
  const { Agent, request } = protocol === 'https:' ? await import('node:https') : await import('node:http');
  const options = { keepAlive: !alone, ...DIALLING, ...trust({ ca, insecure }) };
  return { request, agent: new Agent(options) };
}

function sendOverNode({ request, agent }: NodeClient, wanted: HttpRequest): Promise<HttpResponse> {
  const { url, method, body } = wanted;
  return exchange(wanted, null, (running) => {
    const outgoing = request({
      agent,
      method,
      host: bareHost(url.hostname),
      port: url.port,
      path: wireTarget(wanted),
      headers: wireHeaders(wanted).flat(),
    });
    outgoing.on('socket', (socket) => noteConnection(socket, url, running));
    outgoing.on('response', (incoming) => readIncoming(incoming, running));
    outgoing.on('error', (error) => running.failed(error));
    outgoing.on('close', () => running.failed(null));
    outgoing.end(body);
    return () => outgoing.destroy();
  });
}

/** A socket that is not connecting any more has carried requests before. */
export function noteConnection(socket: Socket, { protocol }: URL, running: Exchange): void {
  if (!socket.connecting) running.connected();
  else socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => running.connected());
}

export function readIncoming(incoming: IncomingMessage, running: Exchange): void {
  running.answered(incoming.statusCode ?? 0, joinRepeats(pairsOf(incoming.rawHeaders)));
  incoming.on('data', (chunk: Buffer) => running.data(chunk));
  incoming.on('end', () => running.ended());
  incoming.on('error', (error) => running.failed(error));
}
