import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { systemClock } from '../../src/clock.ts';
import { Secret } from '../../src/secret.ts';
import type { ReceivedRequest } from '../../src/serve.ts';
import { PRESETS, type Scheme } from '../../src/signing/scheme.ts';
import { sign } from '../../src/signing/sign.ts';
import type { Candidate } from '../../src/signing/verify.ts';

export const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const SECRET = new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
export const OTHER = new Secret('whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
export const STANDARD = PRESETS['standard-webhooks'];
export const KNOWN: readonly Candidate[] = [{ webhookId: 'wh_1', age: 'current', secret: SECRET }];

/** Real sleeping, at a fixed time of day. */
export const clock = { ...systemClock, now: () => NOW };

export type Pairs = readonly (readonly [name: string, value: string])[];

export function signed(
  body: string | Uint8Array,
  id = 'msg_1',
  secret = SECRET,
  scheme: Scheme = STANDARD,
): Pairs {
  return sign(scheme, { id, timestampMs: NOW, body: Buffer.from(body) }, [secret]);
}

/** A request as a server hands it over. */
export function received(request: Partial<ReceivedRequest> = {}): ReceivedRequest {
  return {
    method: 'POST',
    target: '/',
    headers: [],
    body: new Uint8Array(),
    remoteAddress: '127.0.0.1',
    signal: new AbortController().signal,
    ...request,
  };
}

export interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Pairs;
  readonly body?: string | Uint8Array;
}

/** One request on a connection of its own; headers go out as given, repeats too. */
export async function send(url: string, { method = 'POST', path = '/', headers = [], body = '' }: Sent = {}) {
  const flat = [
    ...headers,
    ['host', new URL(url).host],
    ['content-length', String(Buffer.byteLength(body))],
  ].flat();
  const request = httpRequest(url, { method, path, headers: flat, agent: false });
  request.end(body);
  const [response] = await once(request, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
}
