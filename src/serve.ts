import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { headersOf, linger, type OwnStatus, ownAnswer, REASONS, statusOf } from './serve/answers.ts';
import { type Chunks, sendChunks } from './serve/chunks.ts';
import { Departure } from './serve/departure.ts';
import { received } from './serve/received.ts';
import {
  accepting,
  makeServer,
  reachableHost,
  SERVE_LIMITS,
  type ServeLimits,
  type TlsPair,
} from './serve/socket.ts';

/** One request as it came off the wire. */
export interface ReceivedRequest {
  readonly method: string;
  /** The request target as sent: path and query, undecoded. */
  readonly target: string;
  /** In order, repeats kept, names as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  readonly remoteAddress: string;
  /** Aborts when the client goes away before its answer. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  /** `content-length` is added unless given. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array | string;
  /** In place of a body: sent as they are made, until their end, until the client leaves or until the server closes. */
  readonly chunks?: Chunks;
}

export type Handler = (request: ReceivedRequest) => Promise<Answer>;

export interface ServeOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly handler: Handler;
  readonly tls?: TlsPair | undefined;
  readonly limits?: Partial<ServeLimits> | undefined;
  /** Hears what a handler threw; its client only sees a plain 500. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Hears the status of requests that were refused before they reached the handler. */
  readonly onRefused?: ((status: number) => void) | undefined;
}

export interface Serving {
  /** Where a client on this machine reaches it, without a trailing slash. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Stops accepting, gives open requests up to `graceMs`, then destroys what is left. */
  close(graceMs: number): Promise<void>;
}

/** Resolves once the socket accepts connections; throws Failure `usage` when it cannot. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const limits = { ...SERVE_LIMITS, ...options.limits };
  const { onError = () => undefined, onRefused = () => undefined } = options;
  const traffic = new Traffic(options.handler, limits, { onError, onRefused });
  const server = makeServer(options.tls, limits);
  server.on('connection', (socket) => traffic.track(socket, options.tls === undefined));
  server.on('secureConnection', (socket) => traffic.track(socket, true));
  server.on('request', (request, response) => traffic.take(request, response, false));
  server.on('checkContinue', (request, response) => traffic.take(request, response, true));
  server.on('clientError', (error, socket) => traffic.refuse(error, socket));
  const { port } = await accepting(server, options.host, options.port);
  return {
    url: `${options.tls ? 'https' : 'http'}://${reachableHost(options.host)}:${port}`,
    host: options.host,
    port,
    close: (graceMs) => traffic.drain(server, graceMs),
  };
}

/** Also those that wait behind others on their connection. */
const MAX_OPEN_REQUESTS = 8_192;
/** A request of which nothing more is announced. */
const NO_MORE = { headers: {} };

type Hears = Required<{ [Name in 'onError' | 'onRefused']: NonNullable<ServeOptions[Name]> }>;

/** Everything that is open on one server: its sockets and the requests on them. */
class Traffic {
  readonly #handler: Handler;
  readonly #limits: ServeLimits;
  readonly #hears: Hears;
  /** True where requests arrive on it, false for the raw side of a TLS connection. */
  readonly #sockets = new Map<Socket, boolean>();
  /** Nothing more is to come on these. */
  readonly #ending = new WeakSet<Socket>();
  readonly #responses = new Set<ServerResponse>();
  /** Answers that go on. */
  readonly #streaming = new Set<Departure>();
  #heldBytes = 0;
  #closed: Promise<void> | undefined;

  constructor(handler: Handler, limits: ServeLimits, hears: Hears) {
    this.#handler = handler;
    this.#limits = limits;
    this.#hears = hears;
  }

  track(socket: Socket, carriesRequests: boolean): void {
    this.#sockets.set(socket, carriesRequests);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  /** `awaitsContinue`: the client sends the body only after `100 Continue`. */
  take(request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean): void {
    const departure = this.#register(request, response);
    const refusal = this.#refusalOf(request) ?? (this.#isFull(request) ? 503 : undefined);
    if (refusal !== undefined) {
      this.#hears.onRefused(refusal);
      linger(request, response, refusal);
      // Who waits for a word before sending has nothing under way that would be worth reading.
      if (awaitsContinue) response.end();
      return;
    }
    if (awaitsContinue) response.writeContinue();
    this.#read(request, response, departure);
  }

  #register(request: IncomingMessage, response: ServerResponse): Departure {
    this.#responses.add(response);
    const departure = new Departure();
    response.once('close', () => {
      this.#responses.delete(response);
      if (!response.writableFinished) departure.happened();
      if (this.#closed) this.#endIdle();
    });
    // Without a listener a broken connection would be an uncaught error; its end is heard above.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    return departure;
  }

  #refusalOf({ rawHeaders, headers }: IncomingMessage): OwnStatus | undefined {
    if (rawHeaders.length / 2 > this.#limits.maxHeaderCount) return 431;
    return Number(headers['content-length'] ?? 0) > this.#limits.maxBodyBytes ? 413 : undefined;
  }

  /** What is held of all requests together is bounded, however many connections or requests on one bring it. */
  #isFull({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
    const { maxBodyBytes, maxHeldBytes } = this.#limits;
    const most = Math.max(maxHeldBytes, 2 * maxBodyBytes);
    return (
      this.#responses.size > MAX_OPEN_REQUESTS ||
      this.#heldBytes + Number(headers['content-length'] ?? 0) > most
    );
  }

  #read(request: IncomingMessage, response: ServerResponse, departure: Departure): void {
    const chunks: Buffer[] = [];
    let size = 0;
    const onEnd = (): void => {
      const [first] = chunks;
      const body = chunks.length === 1 && first ? first : Buffer.concat(chunks, size);
      void this.#answer(received(request, body, departure), response, departure);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      this.#heldBytes += chunk.length;
      chunks.push(chunk);
      const refusal = size > this.#limits.maxBodyBytes ? 413 : this.#isFull(NO_MORE) ? 503 : undefined;
      if (refusal === undefined) return;
      chunks.length = 0;
      request.off('data', onData).off('end', onEnd);
      this.#hears.onRefused(refusal);
      linger(request, response, refusal);
    };
    response.once('close', () => {
      this.#heldBytes -= size;
    });
    request.on('data', onData).once('end', onEnd);
  }

  async #answer(request: ReceivedRequest, response: ServerResponse, departure: Departure): Promise<void> {
    try {
      await this.#send(response, await this.#handler(request), departure);
    } catch (error) {
      if (request.signal.aborted) return;
      this.#hears.onError(error);
      if (response.headersSent) response.destroy();
      else await this.#send(response, ownAnswer(500), departure);
    }
  }

  async #send(response: ServerResponse, answer: Answer, departure: Departure): Promise<void> {
    if (response.destroyed) return;
    response.writeHead(answer.status, headersOf(answer, this.#closed !== undefined));
    if (answer.chunks === undefined) {
      response.end(answer.body);
      return;
    }
    // A server that closes waits for no answer that may have no end.
    if (this.#closed) departure.happened();
    this.#streaming.add(departure);
    await sendChunks(response, answer.chunks, departure.signal).finally(() =>
      this.#streaming.delete(departure),
    );
  }

  /** What is not HTTP, too slow or too big is told so where that is still possible, and cut off. */
  refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
    const begun = [...this.#responses].some(({ req, headersSent }) => headersSent && req.socket === socket);
    const status = statusOf(error.code);
    if (begun || status === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    this.#hears.onRefused(status);
    const answer = ownAnswer(status);
    const flat = headersOf(answer, true);
    const lines = flat.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
    socket.end(`HTTP/1.1 ${status} ${REASONS[status]}\r\n${lines}\r\n${answer.body}`, () => socket.destroy());
  }

  drain(server: Server, graceMs: number): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      server.close(() => resolve());
    });
    this.#endIdle();
    for (const departure of this.#streaming) departure.happened();
    // The deadline of sockets, not the program's clock.
    AbortSignal.timeout(graceMs).addEventListener('abort', () => {
      for (const socket of this.#sockets.keys()) socket.destroy();
    });
    return this.#closed;
  }

  #endIdle(): void {
    const busy = new Set([...this.#responses].map(({ req }) => req.socket));
    for (const [socket, carriesRequests] of this.#sockets) {
      if (!carriesRequests || busy.has(socket) || this.#ending.has(socket)) continue;
      this.#ending.add(socket);
      socket.destroySoon();
    }
  }
}
