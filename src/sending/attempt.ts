import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { excerpt } from '../http/excerpt.ts';
import { NetworkFailure, type NetworkReason } from '../http/failure.ts';
import { isSuccess } from '../http/status.ts';
import type { HttpRequest, HttpResponse, Send } from '../http.ts';

/** A longer answer is cut off: nobody reads it to its end. */
const MAX_ANSWER_BYTES = 1024 * 1024;

const STOPPED = 'Stopped before there was an answer';

/** A delivery to make. */
export interface Outgoing extends Pick<HttpRequest, 'method' | 'url' | 'target' | 'headers'> {
  /** By which its outcome is told from others. */
  readonly id: string;
  /** The exact bytes. */
  readonly body: Uint8Array;
}

/** How one delivery ended. */
export interface Outcome {
  readonly id: string;
  readonly url: string;
  /** What the receiver answered; null when no whole answer came. */
  readonly status: number | null;
  readonly duration_ms: number;
  /** Why there is no answer, for people; null when there is one. */
  readonly error: string | null;
  /** How the network failed, where it did. */
  readonly reason: NetworkReason | null;
  /** The first lines of the answer as text, where its status is not 2xx. */
  readonly body: string | null;
}

export interface Sending {
  readonly send: Send;
  readonly clock: Clock;
  /** Of one delivery, answer included. */
  readonly timeoutMs: number;
}

/** Makes one delivery; whatever keeps it from its answer, an abort too, is its outcome. Throws Failure `usage`. */
export async function attempt(
  { send, clock, timeoutMs }: Sending,
  { id, ...request }: Outgoing,
  signal: AbortSignal,
): Promise<Outcome> {
  const startedMs = clock.now();
  const end = () => ({ id, url: request.url.href, duration_ms: Math.max(0, clock.now() - startedMs) });
  try {
    const bounds = { timeoutMs, maxBodyBytes: MAX_ANSWER_BYTES, cutsBody: true, signal };
    const response = await send({ ...request, ...bounds });
    return { ...end(), ...answered(response) };
  } catch (error) {
    if (signal.aborted) return { ...end(), ...unanswered(STOPPED, null) };
    if (!(error instanceof Failure) || error.kind === 'usage') throw error;
    const reason = error instanceof NetworkFailure ? error.reason : null;
    return { ...end(), ...unanswered(error.message, reason) };
  }
}

type Ending = Pick<Outcome, 'status' | 'error' | 'reason' | 'body'>;

function answered({ status, body }: HttpResponse): Ending {
  return { status, error: null, reason: null, body: isSuccess(status) ? null : excerpt(body) };
}

function unanswered(error: string, reason: NetworkReason | null): Ending {
  return { status: null, error, reason, body: null };
}
