import type { Api, LogPage } from '../../api/client.ts';
import type { Clock } from '../../clock.ts';
import { ApiFailure, Failure, type FailureKind } from '../../errors.ts';
import { PAGE_SIZE } from './bounds.ts';

/** The first pause after a failure; each further one is twice as long, up to the longest. */
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 30_000;
/** A wait that the API asks for is obeyed up to this. */
const LONGEST_ASKED_MS = 15 * 60_000;
/** Added to every pause at most, as a share of it: many tails do not ask all at once. */
const JITTER = 0.2;

/** Reading goes on after a pause; told when a call has failed for good. */
export interface Problem {
  readonly type: 'problem';
  readonly message: string;
  readonly retry_in_ms: number;
}

export interface PagerOptions {
  readonly api: Pick<Api, 'logPage'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Entries to ask for at a time; the most that is documented where absent. */
  readonly pageSize?: number | undefined;
}

/** The API knows the place no more that reading was at: an expired cursor, a page beyond the last. */
export class PlaceLost extends Error {
  override readonly name = 'PlaceLost';
}

/** What passes by itself; everything else ends the reading. */
const PASSING: ReadonlySet<FailureKind> = new Set(['rate_limited', 'api_unavailable', 'network', 'timeout']);
const LOST: ReadonlySet<FailureKind> = new Set(['rejected', 'not_found', 'usage']);

/** Pages of the delivery log, each asked for until it comes. */
export class Pager {
  readonly #options: PagerOptions;
  #setbacks = 0;
  #troubleSince: number | null = null;
  #requests = 0;

  constructor(options: PagerOptions) {
    this.#options = options;
  }

  /** Calls so far; the retries within a call are not counted. */
  get requests(): number {
    return this.#requests;
  }

  /**
   * The page at `after`; a problem for each failure meanwhile. Throws PlaceLost, a Failure that does not pass by
   * itself, or the reason of the signal.
   */
  async *read(after: string | null): AsyncGenerator<Problem, LogPage, undefined> {
    const { api, signal, pageSize = PAGE_SIZE } = this.#options;
    for (;;) {
      this.#requests += 1;
      try {
        const page = await api.logPage({ after, pageSize, signal });
        this.#setbacks = 0;
        return page;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Failure)) throw error;
        if (after !== null && LOST.has(error.kind)) throw new PlaceLost(error.message, { cause: error });
        if (!PASSING.has(error.kind)) throw error;
        yield* this.pause(error.message, askedMs(error));
      }
    }
  }

  /** Tells of a problem, and waits: the longer the more there were in a row. */
  async *pause(message: string, askedMs = 0): AsyncGenerator<Problem, void, undefined> {
    const { clock, signal } = this.#options;
    this.#troubleSince ??= clock.now();
    const backoffMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(this.#setbacks, 10));
    this.#setbacks += 1;
    const pauseMs = withJitter(Math.max(backoffMs, Math.min(askedMs, LONGEST_ASKED_MS)), clock);
    yield { type: 'problem', message, retry_in_ms: pauseMs };
    await clock.sleep(pauseMs, signal);
  }

  /** How long the trouble lasted that is over now; null where there was none since the last call. */
  recoveredAfterMs(): number | null {
    if (this.#troubleSince === null) return null;
    const gapMs = Math.max(0, this.#options.clock.now() - this.#troubleSince);
    this.#troubleSince = null;
    return gapMs;
  }
}

/** Never less than `ms`, so that bounds on the rate hold. */
export function withJitter(ms: number, clock: Clock): number {
  return Math.ceil(ms * (1 + JITTER * clock.random()));
}

/** What the API asked to wait, where the failure says so. */
function askedMs(failure: Failure): number {
  return failure instanceof ApiFailure ? (failure.retryAfterMs ?? 0) : 0;
}
