import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';

/** A request as it arrived. */
export interface Arrival {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** Counts connections from 1: equal numbers shared one. */
  readonly connection: number;
  /** Resolves when the exchange is over for the server, by answer or by loss of the client. */
  readonly over: Promise<void>;
}

/** What the server does with one request. */
export type Behaviour = (response: ServerResponse, arrival: Arrival) => void;

type Headers = Readonly<Record<string, string | readonly string[]>>;

export const answer =
  (status: number, body: string | Buffer = '', headers: Headers = {}): Behaviour =>
  (response) => {
    response.writeHead(status, mutable({ 'content-length': String(Buffer.byteLength(body)), ...headers }));
    response.end(body);
  };

export const json = (status: number, value: unknown, headers: Headers = {}): Behaviour =>
  answer(status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });

export const hang: Behaviour = () => undefined;

export const hangInBody: Behaviour = (response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('the first part');
};

export const reset: Behaviour = (response) => {
  const { socket } = response;
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
};

/** Ends the connection before the promised length. */
export const cut =
  (status = 200, part = '{"results": [', headers: Headers = {}): Behaviour =>
  (response) => {
    response.writeHead(status, mutable({ 'content-length': String(part.length + 100), ...headers }));
    response.write(part, () => response.socket?.end());
  };

/** Ends the connection in the middle of a chunked body. */
export const cutChunks: Behaviour = (response) => {
  response.writeHead(200, {});
  response.write('{"results": [', () => response.socket?.end());
};

/** Writes these bytes in place of an answer, and ends the connection. */
export const raw =
  (text: string): Behaviour =>
  (response) => {
    response.socket?.end(text);
  };

/** A real server that misbehaves as told: the behaviours in their order, then `otherwise` for ever. */
export interface FaultyServer {
  readonly url: URL;
  readonly arrivals: readonly Arrival[];
  next(...behaviours: readonly Behaviour[]): void;
  otherwise(behaviour: Behaviour): void;
  /** The request with this number (from 0), once it has arrived whole. */
  arrival(index: number): Promise<Arrival>;
  close(): Promise<void>;
}

export async function startFaultyServer(tls?: {
  readonly cert: string;
  readonly key: string;
}): Promise<FaultyServer> {
  const server = tls ? new SecureServer(tls) : createServer();
  const state = new State(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${tls ? 'https' : 'http'}://127.0.0.1:${port}`),
    arrivals: state.arrivals,
    next: (...behaviours) => state.queue.push(...behaviours),
    otherwise: (behaviour) => {
      state.fallback = behaviour;
    },
    arrival: (index) => state.arrival(index),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class State {
  readonly arrivals: Arrival[] = [];
  readonly queue: Behaviour[] = [];
  fallback: Behaviour = answer(500, 'the test told this server nothing');
  readonly #connections = new WeakMap<object, number>();
  readonly #waiting: (() => void)[] = [];
  #opened = 0;

  constructor(server: Server) {
    server.on(server instanceof SecureServer ? 'secureConnection' : 'connection', (socket: object) => {
      this.#opened += 1;
      this.#connections.set(socket, this.#opened);
    });
    server.on(
      'request',
      (request: IncomingMessage, response: ServerResponse) => void this.#take(request, response),
    );
  }

  async arrival(index: number): Promise<Arrival> {
    for (;;) {
      const arrival = this.arrivals[index];
      if (arrival) return arrival;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const over = new Promise<void>((resolve) => response.once('close', resolve));
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return;
    }
    const arrival = {
      ...read(request, chunks),
      connection: this.#connections.get(request.socket) ?? 0,
      over,
    };
    this.arrivals.push(arrival);
    for (const wake of this.#waiting.splice(0)) wake();
    (this.queue.shift() ?? this.fallback)(response, arrival);
  }
}

const read = (request: IncomingMessage, chunks: readonly Buffer[]) => ({
  method: request.method ?? '',
  target: request.url ?? '',
  headers: request.rawHeaders.flatMap((name, index, flat) =>
    index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : [],
  ),
  body: Buffer.concat(chunks),
});

const mutable = (headers: Headers): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
