import type { LogEntry } from '../api/wire.ts';
import { Failure } from '../errors.ts';
import { Asking, type AskingOptions, type RetryOutcome } from './retry/asking.ts';
import { findAgain, isTellable, type RetryEntry, verdictOf } from './retry/evidence.ts';
import { pooled } from './retry/pool.ts';

export type { RetryJournal, RetryOutcome, RetryResult } from './retry/asking.ts';
export type { RetryEntry } from './retry/evidence.ts';

/** How often one entry is asked for while the log shows each time that it was not carried out. */
const MAX_ROUNDS = 4;
/** The API may still be at work on what nobody waits for any more: the log is looked at so much later. */
const LOOK_AFTER_MS = 2_000;

export interface RetryAllOptions extends AskingOptions {
  readonly entries: Iterable<RetryEntry> | AsyncIterable<RetryEntry>;
  /** Requests at once. */
  readonly concurrency: number;
}

/** An entry whose answer was lost, and how. */
interface Doubt {
  readonly entry: RetryEntry;
  readonly error: Failure;
}

/**
 * Has each entry delivered again, and gives one outcome for each. The call is not idempotent: where the answer was
 * lost, the log tells whether it was carried out, and only what was not is asked for again; what the log cannot
 * tell stays `unknown`. A run that stops, by its signal or because the API keeps failing, gives the rest as
 * `skipped`. Throws what the journal throws.
 */
export async function* retryAll(options: RetryAllOptions): AsyncGenerator<RetryOutcome, void, undefined> {
  const run = new Run(options);
  try {
    yield* run.outcomes();
  } finally {
    // Also when the reader has left.
    run.end();
  }
}

class Run {
  readonly #options: RetryAllOptions;
  readonly #asking: Asking;
  #doubts: Doubt[] = [];

  constructor(options: RetryAllOptions) {
    this.#options = options;
    this.#asking = new Asking(options);
  }

  end(): void {
    this.#asking.end();
  }

  async *outcomes(): AsyncGenerator<RetryOutcome, void, undefined> {
    let entries = this.#options.entries;
    for (let round = 1; ; round += 1) {
      yield* this.#askAll(entries);
      const doubts = this.#doubts;
      this.#doubts = [];
      if (doubts.length === 0) return;
      const again: RetryEntry[] = [];
      for await (const step of this.#settle(doubts, round >= MAX_ROUNDS)) {
        if ('again' in step) again.push(step.again);
        else yield step;
      }
      entries = again;
    }
  }

  async *#askAll(entries: RetryAllOptions['entries']): AsyncGenerator<RetryOutcome, void, undefined> {
    const pool = pooled({
      items: entries,
      atOnce: this.#options.concurrency,
      work: async (entry) => (entry.wasBegun ? { doubt: entry, error: CUT_SHORT } : this.#asking.ask(entry)),
      onLeft: () => this.end(),
    });
    for await (const asked of pool) {
      if ('settled' in asked) yield asked.settled;
      else this.#doubts.push({ entry: asked.doubt, error: asked.error });
    }
  }

  /** The entries in doubt as the log has them now, or why that cannot be had. */
  async #look(doubts: readonly Doubt[]): Promise<ReadonlyMap<string, LogEntry> | Failure> {
    const { api, clock, signal } = this.#options;
    const entries = doubts.map(({ entry }) => entry);
    try {
      signal.throwIfAborted();
      if (entries.some(isTellable)) await clock.sleep(LOOK_AFTER_MS, signal);
      return await findAgain(api, entries, signal);
    } catch (error) {
      if (signal.aborted) return this.#asking.stopped ?? CUT_SHORT;
      if (error instanceof Failure) return error;
      throw error;
    }
  }

  async *#settle(
    doubts: readonly Doubt[],
    isLast: boolean,
  ): AsyncGenerator<RetryOutcome | { readonly again: RetryEntry }, void, undefined> {
    const { journal } = this.#options;
    const seen = await this.#look(doubts);
    for (const { entry, error } of doubts) {
      const { id } = entry;
      const verdict = seen instanceof Failure ? seen : verdictOf(entry, seen.get(id));
      if (verdict === 'not_happened') {
        await journal.back(id);
        if (isLast) yield { id, outcome: 'failed', error };
        else yield { again: { ...entry, wasBegun: false } };
      } else if (verdict instanceof Failure) {
        // It stays begun in the journal: another run may look again.
        yield { id, outcome: 'unknown', error: untold(error, verdict) };
      } else {
        const outcome: RetryOutcome =
          verdict === 'happened'
            ? { id, outcome: 'requested', error: null }
            : { id, outcome: 'unknown', error: untold(error) };
        await journal.done(outcome);
        yield outcome;
      }
    }
  }
}

const CUT_SHORT = new Failure('condition_not_met', 'An earlier run ended before the answer came', {
  mayHaveHappened: true,
});

/** @param obstacle why the log could not be looked at */
function untold({ kind, message, cause }: Failure, obstacle?: Failure): Failure {
  const why = obstacle === undefined || obstacle.message === message ? '' : ` (${obstacle.message})`;
  return new Failure(kind, `${message}; whether it is delivered again cannot be told${why}`, {
    hint: 'Look at it with kycgenie logs get before you ask again.',
    cause,
    mayHaveHappened: true,
  });
}
