import { setMaxListeners } from 'node:events';
import type { Api } from '../../api/client.ts';
import type { Clock } from '../../clock.ts';
import { ApiFailure, Failure, type FailureKind } from '../../errors.ts';
import type { RetryEntry } from './evidence.ts';
import { Pacer } from './pacer.ts';

/** How often one entry is asked for again while the API limits it and takes others. */
const MAX_LIMITED = 10;
/** After so many entries in a row that the API could not take, nothing more is asked of it. */
const MAX_FAILURES_IN_A_ROW = 50;
/** How long requests under way may take once it is time to stop; leaves time for a summary within five seconds. */
const DRAIN_GRACE_MS = 3_000;

export type RetryResult = 'requested' | 'failed' | 'unknown' | 'skipped';

/**
 * What became of one entry: `requested`, the API took it; `failed`, it did not, and it is not delivered again;
 * `unknown`, no answer came and the log does not tell; `skipped`, it was not its turn before the end.
 */
export interface RetryOutcome {
  readonly id: string;
  readonly outcome: RetryResult;
  /** Null for `requested` alone. */
  readonly error: Failure | null;
}

/** Where each step is written down before the next: on disk on return. Throws where that fails. */
export interface RetryJournal {
  /** The request is about to be sent. */
  begin(id: string): Promise<void>;
  /** It is certain, or for ever uncertain, what became of it: never to be asked for again by this run. */
  done(outcome: RetryOutcome): Promise<void>;
  /** It was certainly not carried out: as if it had not begun. */
  back(id: string): Promise<void>;
}

export interface AskingOptions {
  readonly api: Pick<Api, 'retryDelivery' | 'logPage'>;
  readonly ratePerSecond: number | null;
  readonly clock: Clock;
  /** Begins nothing more; what is under way has DRAIN_GRACE_MS to end. */
  readonly signal: AbortSignal;
  readonly journal: RetryJournal;
  /** Told when all requests pause for so long because the API limits them. */
  readonly onPause?: ((pauseMs: number) => void) | undefined;
}

/** Settled, or in doubt: the answer was lost, and the request may have been carried out. */
export type Asked =
  | { readonly settled: RetryOutcome }
  | { readonly doubt: RetryEntry; readonly error: Failure };

/** The API could not be reached or would not have anybody: it may have this entry another time. */
const PASSING: ReadonlySet<FailureKind> = new Set(['network', 'timeout', 'api_unavailable', 'not_logged_in']);

/** Asks the API for one entry at a time per worker; all share the pace and the reasons to stop. */
export class Asking {
  readonly #options: AskingOptions;
  readonly #pacer: Pacer;
  readonly #stop = new AbortController();
  #failuresInARow = 0;
  #closed: Failure | null = null;

  constructor(options: AskingOptions) {
    this.#options = options;
    this.#pacer = new Pacer(options.clock, options.ratePerSecond);
    // Every request under way listens to it.
    setMaxListeners(0, this.#stop.signal);
    if (options.signal.aborted) this.#drain();
    else options.signal.addEventListener('abort', this.#drain, { once: true });
  }

  /** Stops what is under way, too. */
  get stopSignal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Why nothing more is asked; null while it goes on. */
  get stopped(): Failure | null {
    const { signal } = this.#options;
    return signal.aborted ? asFailure(signal.reason) : this.#closed;
  }

  end(): void {
    this.#options.signal.removeEventListener('abort', this.#drain);
    this.#stop.abort(new Failure('interrupted', 'Stopped'));
  }

  async ask(entry: RetryEntry): Promise<Asked> {
    const { journal } = this.#options;
    for (let limited = 1; ; limited += 1) {
      const startedMs = await this.#turn();
      if (startedMs === null) return settle(entry, 'skipped', this.stopped);
      await journal.begin(entry.id);
      const error = await this.#request(entry);
      if (error === null) return this.#succeeded(entry);
      if (error.kind !== 'rate_limited' || error.mayHaveHappened) return this.#failed(entry, error);
      await journal.back(entry.id);
      this.#limited(startedMs, error);
      if (limited >= MAX_LIMITED || this.#closed) return settle(entry, 'failed', error);
    }
  }

  #limited(startedMs: number, error: Failure): void {
    const askedMs = error instanceof ApiFailure ? error.retryAfterMs : null;
    const pauseMs = this.#pacer.limited(startedMs, askedMs);
    if (this.#pacer.isExhausted) this.#close(error);
    else if (pauseMs > 0) this.#options.onPause?.(pauseMs);
  }

  /** The time of the turn; null where there is none any more. */
  async #turn(): Promise<number | null> {
    const { signal } = this.#options;
    if (this.stopped) return null;
    try {
      const now = await this.#pacer.turn(signal);
      return this.stopped ? null : now;
    } catch (error) {
      if (signal.aborted) return null;
      throw error;
    }
  }

  async #request({ id }: RetryEntry): Promise<Failure | null> {
    const { signal } = this.#stop;
    try {
      await this.#options.api.retryDelivery(id, { signal });
      return null;
    } catch (error) {
      if (signal.aborted) return lostAtTheEnd(this.stopped ?? asFailure(signal.reason));
      if (error instanceof Failure) return error;
      throw error;
    }
  }

  async #succeeded({ id }: RetryEntry): Promise<Asked> {
    this.#failuresInARow = 0;
    this.#pacer.succeeded();
    const settled: RetryOutcome = { id, outcome: 'requested', error: null };
    await this.#options.journal.done(settled);
    return { settled };
  }

  async #failed(entry: RetryEntry, error: Failure): Promise<Asked> {
    const isPassing = error.mayHaveHappened || PASSING.has(error.kind);
    this.#failuresInARow = isPassing ? this.#failuresInARow + 1 : 0;
    if (this.#failuresInARow >= MAX_FAILURES_IN_A_ROW) this.#close(error);
    if (error.mayHaveHappened) return { doubt: entry, error };
    const asked = settle(entry, 'failed', error);
    await (isPassing ? this.#options.journal.back(entry.id) : this.#options.journal.done(asked.settled));
    return asked;
  }

  #close(error: Failure): void {
    this.#closed ??= new Failure(error.kind, `Not tried, as the API kept failing: ${error.message}`, {
      hint: error.hint,
      cause: error,
    });
  }

  readonly #drain = (): void => {
    const { clock, signal } = this.#options;
    // Ends with the run, if that is sooner.
    clock.sleep(DRAIN_GRACE_MS, this.#stop.signal).then(
      () => this.#stop.abort(signal.reason),
      () => undefined,
    );
  };
}

const settle = (
  { id }: RetryEntry,
  outcome: RetryResult,
  error: Failure | null,
): { readonly settled: RetryOutcome } => ({ settled: { id, outcome, error } });

const lostAtTheEnd = ({ kind, message }: Failure): Failure =>
  new Failure(kind, `${message} before the answer came`, { mayHaveHappened: true });

function asFailure(reason: unknown): Failure {
  return reason instanceof Failure ? reason : new Failure('interrupted', 'Interrupted', { cause: reason });
}
