import type { ClientRequest, IncomingMessage } from 'node:http';
// For the deadlines of sockets, not the program's clock.
import { clearTimeout, setTimeout } from 'node:timers';
import {
  type HttpRequest,
  type HttpResponse,
  loadNode,
  type NodeClient,
  noteConnection,
  readIncoming,
} from '../http.ts';
import { bareHost } from './address.ts';
import { type Exchange, exchange } from './exchange.ts';
import { wireHeaders } from './headers.ts';
import { wireTarget } from './target.ts';

/** How long a body is held back for `100 Continue`; senders may go on without it (RFC 9110, 10.1.1). */
const CONTINUE_WAIT_MS = 1_000;

export interface ConnectionRequest extends HttpRequest {
  readonly body: Uint8Array;
  /** Sends the body in these pieces, as they come, in place of all at once; together they are `body`. */
  readonly pieces?: AsyncIterable<Uint8Array> | undefined;
  /** Asks by `Expect: 100-continue` whether the body is wanted before it is sent. */
  readonly asksFirst?: boolean | undefined;
}

export interface ConnectionAnswer extends HttpResponse {
  /** The connection had carried a request before. */
  readonly isReused: boolean;
  /** The answer says that the connection ends with it, or within a second. */
  readonly saysClose: boolean;
  /** What came for the question of `asksFirst`: that, the answer itself, or nothing in time. */
  readonly before: 'continue' | 'answer' | 'nothing';
}

/** One connection that is kept between requests for as long as the server does; then a new one takes its place. */
export interface Connection {
  /** As `Send`; requests one after the other. */
  send(request: ConnectionRequest): Promise<ConnectionAnswer>;
  close(): void;
}

/** Never through a proxy. The URL's protocol decides about TLS. */
export async function openConnection(
  { protocol }: URL,
  trust: { readonly insecure?: boolean | undefined },
): Promise<Connection> {
  const client = await loadNode(protocol, trust);
  client.agent.maxSockets = 1;
  return {
    send: (request) => sendOn(client, request),
    close: () => client.agent.destroy(),
  };
}

interface Seen {
  isReused: boolean;
  saysClose: boolean;
  before: ConnectionAnswer['before'];
}

async function sendOn(client: NodeClient, wanted: ConnectionRequest): Promise<ConnectionAnswer> {
  const seen: Seen = { isReused: false, saysClose: false, before: 'nothing' };
  const answer = await exchange(wanted, null, (running) => {
    const outgoing = start(client, wanted);
    outgoing.on('socket', (socket) => noteConnection(socket, wanted.url, running));
    outgoing.on('continue', () => {
      seen.before = 'continue';
    });
    outgoing.on('response', (incoming) => {
      if (seen.before === 'nothing' && !outgoing.writableEnded) seen.before = 'answer';
      seen.isReused = outgoing.reusedSocket;
      seen.saysClose = endsWithIt(incoming);
      readIncoming(incoming, running);
    });
    outgoing.on('error', (error) => running.failed(error));
    outgoing.on('close', () => running.failed(null));
    writeBody(outgoing, wanted, running);
    return () => outgoing.destroy();
  });
  return { ...answer, ...seen };
}

function start({ request, agent }: NodeClient, wanted: ConnectionRequest): ClientRequest {
  const { url, method, asksFirst } = wanted;
  const headers = [...wireHeaders(wanted), ...(asksFirst ? [['expect', '100-continue'] as const] : [])];
  return request({
    agent,
    method,
    host: bareHost(url.hostname),
    port: url.port,
    path: wireTarget(wanted),
    headers: headers.flat(),
  });
}

function endsWithIt({ httpVersion, headers }: IncomingMessage): boolean {
  const said = headers.connection?.toLowerCase() ?? '';
  if (said.includes('close') || (httpVersion === '1.0' && !said.includes('keep-alive'))) return true;
  // So short an offer is not taken: Node's client leaves a connection a second before its server does.
  return /\btimeout=[01]\b/i.test(String(headers['keep-alive'] ?? ''));
}

function writeBody(
  outgoing: ClientRequest,
  { body, pieces, asksFirst }: ConnectionRequest,
  running: Exchange,
): void {
  if (pieces !== undefined) {
    writePieces(outgoing, pieces).catch((error: unknown) => {
      running.failed(error);
      outgoing.destroy();
    });
    return;
  }
  if (!asksFirst) {
    outgoing.end(body);
    return;
  }
  const goOn = (): void => {
    clearTimeout(patience);
    if (!outgoing.destroyed && !outgoing.writableEnded) outgoing.end(body);
  };
  const patience = setTimeout(goOn, CONTINUE_WAIT_MS);
  outgoing.on('continue', goOn);
  // The body is not wanted any more; the connection cannot be used without it.
  outgoing.on('response', (incoming) => {
    clearTimeout(patience);
    if (!outgoing.writableEnded) incoming.on('end', () => outgoing.destroy());
  });
  outgoing.on('close', () => clearTimeout(patience));
  outgoing.flushHeaders();
}

async function writePieces(outgoing: ClientRequest, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    if (outgoing.destroyed) return;
    outgoing.write(piece);
  }
  outgoing.end();
}
