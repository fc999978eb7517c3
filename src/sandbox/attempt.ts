import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import type { HttpResponse, Send } from '../http.ts';
import type { Secret } from '../secret.ts';
import type { Scheme } from '../signing/scheme.ts';
import { sign } from '../signing/sign.ts';
import { USER_AGENT } from '../version.ts';
import { MAX_RETRY_AFTER_MS } from './assumptions.ts';
import type { FiredEvent } from './records.ts';

/** A receiver's answer is read up to here; more is a failed attempt. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_MESSAGE_CHARS = 500;
const GONE = 410;

/** How one attempt ended. */
export interface Outcome {
  readonly delivered: boolean;
  /** Null: no answer arrived. */
  readonly httpStatusCode: number | null;
  /** Null where it was delivered. */
  readonly errorMessage: string | null;
  /** How long the receiver asked to be left alone; 0 when it did not. */
  readonly retryAfterMs: number;
  /** The receiver wants no more, ever. */
  readonly gone: boolean;
  readonly durationMs: number;
}

export interface Sending {
  readonly clock: Clock;
  readonly send: Send;
  readonly scheme: Scheme;
  readonly timeoutMs: number;
}

export interface Target {
  readonly webhookUrl: string;
  readonly secrets: readonly Secret[];
}

/** Sends an event once, signed, and judges the answer. Throws only the signal's reason. */
export async function attempt(
  { clock, send, scheme, timeoutMs }: Sending,
  event: FiredEvent,
  target: Target,
  signal: AbortSignal,
): Promise<Outcome> {
  const startedMs = clock.now();
  const body = new TextEncoder().encode(event.body);
  try {
    const response = await send({
      method: 'POST',
      url: new URL(target.webhookUrl),
      headers: [
        ['content-type', 'application/json'],
        ['user-agent', `${USER_AGENT} (sandbox)`],
        ...sign(scheme, { id: event.id, timestampMs: startedMs, body }, target.secrets),
      ],
      body,
      timeoutMs,
      maxBodyBytes: MAX_ANSWER_BYTES,
      signal,
    });
    return judge(response, startedMs, clock.now());
  } catch (error) {
    signal.throwIfAborted();
    return unanswered(error, clock.now() - startedMs);
  }
}

function judge({ status, headers }: HttpResponse, startedMs: number, nowMs: number): Outcome {
  const delivered = status >= 200 && status < 300;
  return {
    delivered,
    httpStatusCode: status,
    errorMessage: delivered ? null : messageFor(status),
    retryAfterMs: delivered ? 0 : retryAfterMs(headers['retry-after'], nowMs),
    gone: status === GONE,
    durationMs: nowMs - startedMs,
  };
}

function messageFor(status: number): string {
  const isRedirect = status >= 300 && status < 400;
  return `Webhook endpoint returned HTTP ${status}${isRedirect ? ': redirects are not followed' : ''}`;
}

/** Seconds or a date, bounded; 0 for anything else. */
function retryAfterMs(value: string | undefined, nowMs: number): number {
  if (value === undefined) return 0;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

function unanswered(error: unknown, durationMs: number): Outcome {
  const message = error instanceof Failure ? error.message : 'The delivery failed inside the sandbox';
  return {
    delivered: false,
    httpStatusCode: null,
    errorMessage: message.slice(0, MAX_MESSAGE_CHARS),
    retryAfterMs: 0,
    gone: false,
    durationMs,
  };
}
