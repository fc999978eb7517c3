import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { FULL, SHORT } from '../support/full.ts';

/** How the end of a body is told: by its length, by a last chunk, or by the end of the connection alone. */
export type Framing = 'length' | 'chunks' | 'close';

export interface Asked {
  readonly method: string;
  readonly target: string;
  readonly idempotencyKey: string | null;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly framing: Framing;
  /** So many bytes of the answer, its head included, are sent; all where it is absent. */
  readonly cutAfter?: number | undefined;
  /** A cut connection is reset in place of being ended. */
  readonly resets?: boolean | undefined;
}

/** The bytes of an answer, as short as a real one can be. */
export function bytesOf({ status, body, framing }: Pick<Answer, 'status' | 'body' | 'framing'>): Buffer {
  const text = JSON.stringify(body);
  const middle = text.length >> 1;
  const chunk = (part: string): string => `${part.length.toString(16)}\r\n${part}\r\n`;
  const framed = {
    length: `Content-Length: ${text.length}\r\n\r\n${text}`,
    chunks: `Transfer-Encoding: chunked\r\n\r\n${chunk(text.slice(0, middle))}${chunk(text.slice(middle))}0\r\n\r\n`,
    close: `Connection: close\r\n\r\n${text}`,
  }[framing];
  return Buffer.from(`HTTP/1.1 ${status} OK\r\n${framed}`);
}

export interface CuttingServer {
  readonly url: string;
  close(): Promise<void>;
}

/** A server that stops in the middle of its answers. */
export async function startCuttingServer(answerTo: (asked: Asked) => Answer): Promise<CuttingServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    readRequests(socket, (asked) => give(socket, answerTo(asked)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function readRequests(socket: Socket, onRequest: (asked: Asked) => void): void {
  let text = '';
  socket.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = text.slice(0, end);
    const length = Number(/^content-length: *(\d+)$/im.exec(head)?.[1] ?? 0);
    const body = text.slice(end + 4);
    if (body.length < length) return;
    text = '';
    const [method = '', target = ''] = head.split(' ');
    onRequest({
      ...{ method, target, body },
      idempotencyKey: /^idempotency-key: *(.+)$/im.exec(head)?.[1] ?? null,
    });
  });
}

function give(socket: Socket, answer: Answer): void {
  const bytes = bytesOf(answer);
  const { cutAfter = bytes.length, resets = false } = answer;
  const isWhole = cutAfter >= bytes.length;
  if (isWhole && answer.framing !== 'close') socket.write(bytes);
  else if (isWhole || !resets) socket.end(bytes.subarray(0, cutAfter));
  else if (cutAfter === 0) socket.resetAndDestroy();
  else socket.write(bytes.subarray(0, cutAfter), () => socket.resetAndDestroy());
}

const STEP_BYTES = SHORT ? 7 : 1;

/** Every offset, by an end of the connection or a reset in turn; by both where time does not matter. */
export function cutsOf(
  length: number,
  more = 0,
): readonly { readonly after: number; readonly resets: boolean }[] {
  const count = Math.ceil((length + 1) / STEP_BYTES);
  return Array.from({ length: count }, (_none, index) => index * STEP_BYTES).flatMap((after) => {
    const isOdd = (after + more) % 2 === 1;
    return FULL
      ? [
          { after, resets: false },
          { after, resets: true },
        ]
      : [{ after, resets: isOdd }];
  });
}
