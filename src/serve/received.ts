import type { IncomingMessage } from 'node:http';
import type { ReceivedRequest } from '../serve.ts';
import type { Departure } from './departure.ts';

/** A request with its whole body, for a handler. */
export function received(request: IncomingMessage, body: Uint8Array, departure: Departure): ReceivedRequest {
  const { rawHeaders } = request;
  const headers: (readonly [string, string])[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return {
    method: request.method ?? 'GET',
    target: request.url ?? '/',
    headers,
    body,
    remoteAddress: request.socket.remoteAddress ?? '',
    get signal() {
      return departure.signal;
    },
  };
}
