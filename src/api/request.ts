import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { NetworkFailure } from '../http/failure.ts';
import type { HttpRequest, HttpResponse, Send } from '../http.ts';
import { isLoopback } from '../loopback.ts';
import { isOneVisibleWord, type Secret } from '../secret.ts';
import { type ApiAnswer, FIRST_REDIRECT, mayBeCut, type Question, readAnswer } from './answer.ts';
import { redirection } from './problem.ts';
import { concluded, networkSetback, pauseMs, refusedSetback, type Setback } from './retry.ts';
import { fieldNames, redactBody, redactHeaders, type Trace, type TraceEvent } from './trace.ts';
import type { ApiVersion } from './wire.ts';

/** The largest answer that is read: the list of subscriptions is not paged. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const FIRST_ERROR = 400;

export interface ApiOptions {
  readonly send: Send;
  /** An origin; http only to loopback. */
  readonly baseUrl: URL;
  readonly version: ApiVersion;
  readonly key: Secret;
  readonly clock: Clock;
  /** Of one try. */
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly userAgent: string;
  readonly trace?: Trace | undefined;
}

/** One call of the API. */
export interface Call<T> {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/api/{version}/webhooks/`: its parts encoded, empty or ending in a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal | undefined;
  /** Told each time the API limits (429) and the call is about to wait. */
  readonly onLimited?: (() => void) | undefined;
  /** The answer carries a one-time secret: no part of it is shown or traced. */
  readonly carriesSecret?: boolean;
  /** The result, of a 2xx answer. Throws ApiFailure. */
  read(answer: ApiAnswer): T;
  /** The result after all, of an error answer that is none for this call; null otherwise. */
  accept?(answer: ApiAnswer, wasLostBefore: boolean): { readonly value: T } | null;
}

export type Request = <T>(call: Call<T>) => Promise<T>;

type Outcome<T> = { readonly value: T } | { readonly setback: Setback };

/**
 * The one way to the API: builds the request, sends it, repeats it where that is safe, and reads the answer.
 * GET and DELETE may be repeated, PATCH as it sets absolute values, POST with an Idempotency-Key alone.
 * Throws Failure, or the signal's reason.
 */
export function createRequest(options: ApiOptions): Request {
  assertKeyMayGoTo(options);
  return async <T>(call: Call<T>): Promise<T> => {
    const attempted = { ...options, call, request: buildRequest(options, call) };
    const isRepeatable = call.method !== 'POST' || call.idempotencyKey !== undefined;
    let wasLost = false;
    for (let attempt = 1; ; attempt += 1) {
      const outcome: Outcome<T> = await tryOnce(attempted, attempt, wasLost);
      if ('value' in outcome) return outcome.value;
      const setback: Setback = outcome.setback;
      wasLost ||= call.method !== 'GET' && setback.failure.mayHaveHappened;
      const pause =
        attempt > options.maxRetries ? null : pauseMs(setback, attempt, isRepeatable, options.clock);
      if (pause === null) throw concluded(setback, attempt, wasLost);
      noteSetback(attempted, attempt + 1, setback, pause);
      await options.clock.sleep(pause, call.signal);
    }
  };
}

function noteSetback<T>(attempted: Attempted<T>, attempt: number, { failure }: Setback, pause: number): void {
  note(attempted, attempt, { type: 'retry', delay_ms: pause, message: failure.message });
  if (failure.kind === 'rate_limited') attempted.call.onLimited?.();
}

interface Attempted<T> extends ApiOptions {
  readonly call: Call<T>;
  readonly request: HttpRequest;
}

async function tryOnce<T>(attempted: Attempted<T>, attempt: number, wasLost: boolean): Promise<Outcome<T>> {
  const { call, request, key, clock } = attempted;
  try {
    const response = await exchange(attempted, attempt);
    const question: Question = {
      method: call.method,
      url: request.url,
      key,
      carriesSecret: call.carriesSecret === true,
    };
    const answer = readAnswer(response, question);
    if (answer.status < FIRST_REDIRECT) return readGood(call, answer);
    if (answer.status < FIRST_ERROR) return { setback: final(redirection(answer)) };
    return call.accept?.(answer, wasLost) ?? { setback: refusedSetback(answer, clock) };
  } catch (error) {
    if (error instanceof NetworkFailure) return { setback: networkSetback(error) };
    if (error instanceof Failure && error !== call.signal?.reason) return { setback: final(error) };
    throw error;
  }
}

function readGood<T>(call: Call<T>, answer: ApiAnswer): Outcome<T> {
  try {
    return { value: call.read(answer) };
  } catch (error) {
    if (!(error instanceof Failure) || !mayBeCut(answer)) throw error;
    return { setback: { failure: error, again: 'if_repeatable', retryAfterMs: null } };
  }
}

const final = (failure: Failure): Setback => ({ failure, again: 'never', retryAfterMs: null });

async function exchange<T>(attempted: Attempted<T>, attempt: number): Promise<HttpResponse> {
  const { request, clock, send, trace } = attempted;
  if (!trace) return send(request);
  const startedAt = clock.now();
  note(attempted, attempt, describeRequest(attempted));
  try {
    const response = await send(request);
    note(attempted, attempt, {
      ...describeResponse(attempted, response),
      duration_ms: clock.now() - startedAt,
    });
    return response;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    note(attempted, attempt, { type: 'failure', message, duration_ms: clock.now() - startedAt });
    throw error;
  }
}

const describeRequest = <T>({ request: { headers, body }, key }: Attempted<T>) => ({
  type: 'request' as const,
  headers: redactHeaders(headers, key),
  body: redactBody(body, key),
});

const describeResponse = <T>({ call, key }: Attempted<T>, { status, headers, body }: HttpResponse) => ({
  type: 'response' as const,
  status,
  headers: redactHeaders(Object.entries(headers), key),
  body: call.carriesSecret && status < FIRST_REDIRECT ? fieldNames(body) : redactBody(body, key),
});

/** The part of an event that its call does not say already. */
type Noted = TraceEvent extends infer E
  ? E extends TraceEvent
    ? Omit<E, 'attempt' | 'method' | 'url'>
    : never
  : never;

function note<T>({ trace, call, request }: Attempted<T>, attempt: number, event: Noted): void {
  trace?.({ ...event, attempt, method: call.method, url: request.url.href });
}

function buildRequest<T>(options: ApiOptions, call: Call<T>): HttpRequest {
  const { baseUrl, version, key, userAgent, timeoutMs } = options;
  const url = new URL(`/api/${version}/webhooks/${call.path}`, baseUrl.origin);
  for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.append(name, value);
  const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
  const idempotency =
    call.idempotencyKey === undefined ? [] : [['idempotency-key', call.idempotencyKey] as const];
  return {
    method: call.method,
    url,
    headers: [
      ['user-agent', userAgent],
      ['accept', 'application/json'],
      ['authorization', `Bearer ${key.reveal()}`],
      ...(body ? [['content-type', 'application/json'] as const] : []),
      ...idempotency,
    ],
    ...(body && { body }),
    timeoutMs,
    maxBodyBytes: MAX_ANSWER_BYTES,
    signal: call.signal,
  };
}

/** The key goes to https, or to this machine; nowhere else, whatever the settings were checked for. */
function assertKeyMayGoTo({ baseUrl, key }: ApiOptions): void {
  const isSafe =
    baseUrl.protocol === 'https:' || (baseUrl.protocol === 'http:' && isLoopback(baseUrl.hostname));
  if (!isSafe || baseUrl.username !== '' || baseUrl.password !== '') {
    throw new Failure('usage', `The API key is not sent to ${baseUrl.protocol}//${baseUrl.host}`, {
      hint: 'Give a base URL with https and without credentials; http is for loopback alone.',
    });
  }
  if (!isOneVisibleWord(key.reveal())) {
    throw new Failure('not_logged_in', 'The API key has characters that no key has', {
      hint: 'Store it again with `kycgenie login`; look for spaces and line breaks around it.',
    });
  }
}
