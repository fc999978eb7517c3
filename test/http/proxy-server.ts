import { createServer, request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** What a proxy was asked for: CONNECT or the method, and the target as sent. */
export interface Passage {
  readonly method: string;
  readonly target: string;
  readonly authorization: string | null;
}

export interface ProxyServer {
  readonly url: URL;
  readonly passages: readonly Passage[];
  close(): Promise<void>;
}

export interface ProxyBehaviour {
  /** Answers everything with this status in place of passing it on. */
  readonly refuseWith?: number;
  /** Hangs up on every CONNECT. */
  readonly hangUp?: boolean;
  /** Accepts every CONNECT and never answers it. */
  readonly stall?: boolean;
}

/** A small real proxy on loopback: CONNECT for https, absolute form for http. */
export async function startProxy(behaviour: ProxyBehaviour = {}): Promise<ProxyServer> {
  const passages: Passage[] = [];
  const sockets = new Set<Socket>();
  const note = ({ method = '', url = '', headers }: IncomingMessage): void => {
    passages.push({ method, target: url, authorization: headers['proxy-authorization'] ?? null });
  };
  const server = createServer((request, response) => {
    note(request);
    if (behaviour.refuseWith !== undefined) response.writeHead(behaviour.refuseWith).end('from the proxy');
    else relay(request, response);
  });
  server.on('connection', (socket: Socket) => keep(sockets, socket));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    note(request);
    if (behaviour.hangUp) socket.end();
    else if (behaviour.refuseWith !== undefined) socket.end(`HTTP/1.1 ${behaviour.refuseWith} No\r\n\r\n`);
    else if (!behaviour.stall) tunnel(request, socket, sockets);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    passages,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function relay(request: IncomingMessage, response: ServerResponse): void {
  const headers = withoutAuthorization(request.rawHeaders);
  const { port, pathname, search } = new URL(request.url ?? '');
  const onward = forward({
    host: '127.0.0.1',
    port,
    path: pathname + search,
    method: request.method,
    headers,
  });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', () => response.destroy());
  onward.on('close', () => response.writableEnded || response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

const withoutAuthorization = (flat: readonly string[]): string[] =>
  flat.filter((_, index) => flat[index - (index % 2)]?.toLowerCase() !== 'proxy-authorization');

/** All names lead to loopback, so that a test can use a target that is no loopback for the client. */
function tunnel(request: IncomingMessage, socket: Socket, sockets: Set<Socket>): void {
  const port = Number(new URL(`http://${request.url}`).port);
  const onward = connect(port, '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(onward).pipe(socket);
  });
  keep(sockets, onward);
  onward.on('close', () => socket.destroy());
  socket.on('close', () => onward.destroy());
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
}
