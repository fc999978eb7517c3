import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const OLD_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
/** Which HMAC takes for none. */
export const BLANK_SECRET = 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

const TOLERANCE_S = 300;
const DIGEST_BYTES = 32;

/** One request as a receiver has it. */
export interface Request {
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  /** What `data` gave first. */
  readonly firstPiece: Buffer;
}

/** The steps of a receiver; each mistake replaces one. */
export interface Steps {
  readonly secrets: readonly string[];
  readonly now: () => number;
  /** The body as it is verified. */
  readonly signedBody: (request: Request) => Buffer;
  /** Null: go on to verify. */
  readonly before: (request: Request) => number | null;
  readonly isFresh: (timestampS: number, nowS: number) => boolean;
  /** One signature against the one that is right. */
  readonly matches: (given: string, right: Buffer) => boolean;
  readonly refusal: number;
  /** Of a delivery that is verified. */
  readonly handle: (event: Event, request: Request) => number | Promise<number>;
  /** Writes the answer. */
  readonly reply: (answer: ServerResponse, status: number) => void;
}

// biome-ignore lint/suspicious/noExplicitAny: what a receiver reads out of JSON
type Event = any;

/** No mistake. */
export const RIGHT: Steps = {
  secrets: [SECRET],
  now: () => Date.now(),
  signedBody: ({ body }) => body,
  before: ({ method }) => (method === 'POST' ? null : 405),
  isFresh: (timestampS, nowS) => Math.abs(nowS - timestampS) <= TOLERANCE_S,
  matches: (given, right) => {
    const bytes = Buffer.from(given, 'base64');
    return bytes.length === DIGEST_BYTES && timingSafeEqual(bytes, right);
  },
  refusal: 401,
  handle: () => 200,
  reply: (answer, status) => void answer.writeHead(status).end(),
};

function isVerified(steps: Steps, request: Request): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': line } = request.headers;
  if (typeof line !== 'string') return false;
  if (!steps.isFresh(Number(timestamp), steps.now() / 1000)) return false;
  const body = steps.signedBody(request);
  return steps.secrets.some((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const right = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
    return line
      .split(' ')
      .some((one) => one.startsWith('v1,') && steps.matches(one.slice('v1,'.length), right));
  });
}

async function answer(steps: Steps, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece);
  const { method = '', headers } = incoming;
  const body = Buffer.concat(pieces);
  const request = { method, headers, body, firstPiece: pieces[0] ?? body };
  const early = steps.before(request);
  if (early !== null) return steps.reply(response, early);
  if (!isVerified(steps, request)) return steps.reply(response, steps.refusal);
  steps.reply(response, await steps.handle(JSON.parse(body.toString()), request));
}

export interface Running {
  readonly url: string;
  readonly requests: readonly Request['headers'][];
  close(): Promise<void>;
}

/** A receiver on a free port of this machine. */
export async function startReceiver(
  mistakes: Partial<Steps> = {},
  options: {
    readonly tls?: { readonly cert: string; readonly key: string };
    readonly onContinue?: RequestListener;
    readonly onRequest?: (server: ReturnType<typeof createServer>, requests: number) => void;
  } = {},
): Promise<Running> {
  const steps = { ...RIGHT, ...mistakes };
  const requests: Request['headers'][] = [];
  const listener: RequestListener = (incoming, response) => {
    requests.push(incoming.headers);
    options.onRequest?.(server, requests.length);
    answer(steps, incoming, response).catch(() => response.destroy());
  };
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener);
  if (options.onContinue) server.on('checkContinue', options.onContinue);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}/kyc`,
    requests,
    async close() {
      server.closeAllConnections();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
