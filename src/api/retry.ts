import type { Clock } from '../clock.ts';
import { ApiFailure, type Failure } from '../errors.ts';
import { NetworkFailure, type NetworkReason } from '../http/failure.ts';
import type { ApiAnswer } from './answer.ts';
import { refusal } from './problem.ts';

/** The first pause is at most this, each further one at most twice the one before. */
const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 8_000;
/** An API that asks for a longer wait ends the call: nobody sits before a silent prompt for minutes. */
const MAX_RETRY_AFTER_MS = 60_000;

/**
 * One try that failed. `always`: the request was not accepted, so any call may repeat it. `if_repeatable`: it may
 * have been carried out, so only a call may that does the same when done twice.
 */
export interface Setback {
  readonly failure: Failure;
  readonly again: 'always' | 'if_repeatable' | 'never';
  /** What the API asked us to wait. */
  readonly retryAfterMs: number | null;
}

/** Losses on the way that the next try may escape. A refused connection or an unknown name fails at once. */
const PASSING: ReadonlySet<NetworkReason> = new Set(['reset', 'cut', 'timeout']);

const AGAIN: Readonly<Record<number, Setback['again']>> = {
  429: 'always',
  502: 'if_repeatable',
  503: 'if_repeatable',
  504: 'if_repeatable',
};

export const networkSetback = (failure: NetworkFailure): Setback => ({
  failure,
  again: PASSING.has(failure.reason) ? 'if_repeatable' : 'never',
  retryAfterMs: null,
});

export const refusedSetback = (answer: ApiAnswer, clock: Clock): Setback => ({
  failure: refusal(answer),
  again: AGAIN[answer.status] ?? 'never',
  retryAfterMs: retryAfterMs(answer.headers, clock),
});

/** How long to pause before the next try, which is number `attempt` + 1; null when there is to be none. */
export function pauseMs(
  setback: Setback,
  attempt: number,
  isRepeatable: boolean,
  clock: Clock,
): number | null {
  const { again, retryAfterMs: asked } = setback;
  if (again === 'never' || (again === 'if_repeatable' && !isRepeatable)) return null;
  if (asked !== null && asked > MAX_RETRY_AFTER_MS) return null;
  const jittered = clock.random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (attempt - 1));
  return Math.ceil(Math.max(jittered, asked ?? 0));
}

/** The failure that ends a call: says how often it was tried and how long the API asks to wait. */
export function concluded(setback: Setback, attempts: number, mayHaveHappened: boolean): Failure {
  const { failure, retryAfterMs: asked } = setback;
  const message = [
    failure.message,
    ...(attempts > 1 ? [`tried ${attempts} times`] : []),
    ...(asked === null || setback.again === 'never'
      ? []
      : [`the API asks to wait ${Math.ceil(asked / 1000)} s`]),
  ].join('; ');
  const options = { hint: failure.hint, cause: failure.cause, mayHaveHappened };
  if (failure instanceof ApiFailure) {
    return new ApiFailure(failure.kind, message, failure.problem, { ...options, retryAfterMs: asked });
  }
  if (failure instanceof NetworkFailure) return new NetworkFailure(failure.reason, message, options);
  return failure;
}

/** Retry-After as seconds or as a date, which counts from the answer's own Date where there is one. */
function retryAfterMs(headers: Readonly<Record<string, string>>, clock: Clock): number | null {
  const value = headers['retry-after']?.trim() ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const until = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(until)) return null;
  const sent = Date.parse(headers['date'] ?? '');
  return Math.max(0, until - (Number.isNaN(sent) ? clock.now() : sent));
}
