import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What goes wrong with one connection to the proxy. */
export interface Break {
  /** In place of `200 Connection established`; what is not HTTP, too. */
  readonly answer?: string;
  /** Ends after so many bytes to the client, its own answer included. */
  readonly cutAfter?: number;
  /** Never answers. */
  readonly hangs?: boolean;
}

export interface BreakingProxy {
  readonly url: string;
  /** Connections so far. */
  readonly connections: number;
  close(): Promise<void>;
}

const ESTABLISHED = 'HTTP/1.1 200 Connection established\r\n\r\n';

/** A proxy for CONNECT whose connections break as they are told, the first one first; those after do not. */
export async function startBreakingProxy(breaks: Break[]): Promise<BreakingProxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    serve(keep(client), breaks.shift() ?? {}, keep);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function serve(client: Socket, how: Break, keep: (socket: Socket) => Socket): void {
  const { answer = ESTABLISHED, cutAfter = Number.POSITIVE_INFINITY, hangs = false } = how;
  let left = cutAfter;
  const give = (bytes: Buffer): void => {
    if (left <= 0) return;
    const part = bytes.subarray(0, left);
    left -= bytes.length;
    if (left <= 0) client.end(part);
    else client.write(part);
  };
  client.once('data', (head: Buffer) => {
    if (hangs) return;
    if (left <= 0) client.end();
    give(Buffer.from(answer));
    if (answer !== ESTABLISHED) {
      client.end();
      return;
    }
    // Every name leads to loopback.
    const port = Number(/^CONNECT [^ ]*:(\d+) /.exec(head.toString())?.[1]);
    const onward = keep(connect(port, '127.0.0.1'));
    client.on('data', (bytes: Buffer) => onward.write(bytes)).on('close', () => onward.destroy());
    onward.on('data', give).on('close', () => client.destroy());
  });
}
