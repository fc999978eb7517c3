import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../serve.ts';

/** How long and how much of a refused body is still read, so that its sender gets to see the answer. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 16 * 1024 * 1024;

/** The answers a server gives without asking its handler. */
export const REASONS = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;
export type OwnStatus = keyof typeof REASONS;

/** What a server says by itself. */
export function ownAnswer(status: OwnStatus) {
  return {
    status,
    headers: [['content-type', 'application/json']] as const,
    body: JSON.stringify({ error: REASONS[status] }),
  };
}

/** How a broken request is refused; undefined where the other side does not speak, or no longer listens. */
export function statusOf(code: string | undefined): OwnStatus | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  return code?.startsWith('HPE_') ? 400 : undefined;
}

/**
 * Answers at once but goes on reading for a while: a socket closed with unread bytes is reset, and the sender
 * would see a broken connection instead of the answer.
 */
export function linger(request: IncomingMessage, response: ServerResponse, status: OwnStatus): void {
  const answer = ownAnswer(status);
  response.writeHead(status, headersOf(answer, true));
  response.write(answer.body);
  const finish = (): void => void response.end();
  let left = LINGER_BYTES;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) finish();
  });
  request.once('end', finish);
  // The deadline of a socket, not the program's clock.
  AbortSignal.timeout(LINGER_MS).addEventListener('abort', finish);
}

/** Flat, as `writeHead` takes them: order and repeats stay. */
export function headersOf({ status, headers = [], body = '', chunks }: Answer, closing: boolean): string[] {
  const flat = headers.flat();
  const given = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
  const actual = String(Buffer.byteLength(body));
  const hasLength = status !== 204 && status !== 304 && chunks === undefined;
  if (hasLength && !given.has('content-length')) flat.push('content-length', actual);
  // An answer shorter than it says is over only when its connection is.
  const cut = chunks === undefined && (given.get('content-length') ?? actual) !== actual;
  if ((closing || cut) && !given.has('connection')) flat.push('connection', 'close');
  return flat;
}
