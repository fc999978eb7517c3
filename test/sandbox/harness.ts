import { Failure } from '../../src/errors.ts';
import type { HttpRequest, HttpResponse, Send } from '../../src/http.ts';
import type { SandboxNotice } from '../../src/sandbox/notices.ts';
import { createSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts';
import { Secret } from '../../src/secret.ts';
import type { Handler } from '../../src/serve.ts';
import { PRESETS } from '../../src/signing/scheme.ts';
import { FakeClock } from './fake-clock.ts';

// biome-ignore lint/suspicious/noExplicitAny: what a test reads out of JSON
export type Json = any;

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly json: Json;
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Reply>;

type Respond = (request: HttpRequest) => Partial<HttpResponse> | Promise<Partial<HttpResponse>>;

export interface Bench {
  readonly sandbox: Sandbox;
  readonly clock: FakeClock;
  readonly notices: SandboxNotice[];
  /** Deliveries that were sent, oldest first. */
  readonly sent: HttpRequest[];
  readonly key: string;
  call: Call;
  /** What receivers answer from now on; 200 at first. */
  respond(respond: Respond): void;
  create(fields?: Readonly<Record<string, unknown>>): Promise<Json>;
  fire(eventType: string, data?: unknown): Promise<Json>;
  /** The newest log entries. */
  logs(): Promise<Json[]>;
  /** Passes time and waits for the deliveries that come due by it. */
  pass(ms: number): Promise<void>;
}

export const KEY = `kycg_${'0123456789abcdef'.repeat(2)}`;

export async function startBench(
  options: Partial<SandboxOptions> = {},
  clock = new FakeClock(),
): Promise<Bench> {
  const sent: HttpRequest[] = [];
  const notices: SandboxNotice[] = [];
  let respond: Respond = () => ({});
  const send: Send = async (request) => {
    sent.push(request);
    const response = await respond(request);
    return { status: 200, headers: {}, body: new Uint8Array(), ...response };
  };
  const sandbox = await createSandbox({
    ...{ clock, send, scheme: PRESETS['standard-webhooks'], apiKey: new Secret(KEY) },
    onNotice: (notice) => notices.push(notice),
    ...options,
  });
  const key = sandbox.apiKey.reveal();
  const call = callerOf(sandbox.handler, key);
  const ok = async (method: string, path: string, body?: unknown): Promise<Json> => {
    const reply = await call(method, path, body);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
    return reply.json;
  };
  return {
    ...{ sandbox, clock, notices, sent, key, call },
    respond: (next) => {
      respond = next;
    },
    create: (fields) => ok('POST', '/api/v2/webhooks/', { ...SUBSCRIPTION, ...fields }),
    async fire(eventType, data) {
      const fired = await ok(
        'POST',
        '/sandbox/events',
        data === undefined ? { event_type: eventType } : { event_type: eventType, data },
      );
      await sandbox.idle();
      return fired;
    },
    logs: async () => (await ok('GET', '/api/v2/webhooks/logs/?page_size=100')).results,
    async pass(ms) {
      clock.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
      await sandbox.idle();
    },
  };
}

export const SUBSCRIPTION = {
  event_type: 'screening.completed',
  webhook_url: 'https://receiver.example/hook',
};

export function callerOf(handler: Handler, key: string): Call {
  return async (method, path, body, headers = {}) => {
    const bytes =
      body instanceof Uint8Array ? body : Buffer.from(body === undefined ? '' : JSON.stringify(body));
    const answer = await handler({
      method,
      target: path,
      headers: Object.entries({ Authorization: `Bearer ${key}`, ...headers }),
      body: bytes,
      remoteAddress: '127.0.0.1',
      signal: new AbortController().signal,
    });
    const text = Buffer.from(answer.body ?? '').toString('utf8');
    return {
      status: answer.status,
      headers: Object.fromEntries((answer.headers ?? []).map(([name, value]) => [name.toLowerCase(), value])),
      text,
      json: parsed(text),
    };
  };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const unreachable = (): never => {
  throw new Failure('network', 'receiver.example refused the connection');
};

/** A header of a delivery. */
export function header(request: HttpRequest | undefined, name: string): string {
  return request?.headers.find(([candidate]) => candidate.toLowerCase() === name)?.[1] ?? '';
}

export function bodyOf(request: HttpRequest | undefined): Json {
  return JSON.parse(Buffer.from(request?.body ?? []).toString('utf8'));
}
