import type { LogEntry } from '../api/wire.ts';
import { LATE_MS, MAX_PASS_PAGES, PAGE_PACE_MS } from './follow/bounds.ts';
import { isOpen } from './follow/memory.ts';
import { Pager, type PagerOptions, PlaceLost, withJitter } from './follow/pager.ts';
import { isBefore } from './follow/pass.ts';

const DEFAULT_INTERVAL_MS = 1_000;

export interface WatchOptions extends PagerOptions {
  /** Between two passes at least; default 1 s. */
  readonly intervalMs?: number | undefined;
  /** Told when a call failed and is repeated after a pause. */
  readonly onProblem?: ((message: string, retryInMs: number) => void) | undefined;
}

export type Watched = Pick<LogEntry, 'id' | 'status' | 'attempt_number' | 'created_at'>;

/** Many entries on their way to an outcome, looked after by one reader of the log. */
export interface Watch {
  /** Begins to look for the outcome that follows the state the entry is in here. */
  add(entry: Watched): void;
  /**
   * Each entry that was added, once it is delivered or failed after the state it was added with. Ends after
   * `close`, after the signal, or when all are settled and `finish` was called. Throws a Failure that does not
   * pass by itself. For one reader.
   */
  outcomes(): AsyncGenerator<LogEntry, void, undefined>;
  /** No more will be added. */
  finish(): void;
  /** Ends `outcomes` whatever is open. */
  close(): void;
}

/**
 * One pass over the pages serves all watched entries: it goes from the newest to the last one that is open, then
 * rests for the interval, or for PAGE_PACE_MS a page where that is longer: at most 120 requests a minute. An entry
 * that is not listed any more never settles: whoever waits sets a limit.
 */
export function watch(options: WatchOptions): Watch {
  return new SharedWatch(options);
}

interface Wanted {
  readonly before: Watched;
  readonly at: number;
  /** It was seen on its way: an outcome that looks as before is a new one. */
  moved: boolean;
}

class SharedWatch implements Watch {
  readonly #options: WatchOptions;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #pager: Pager;
  readonly #wanted = new Map<string, Wanted>();
  #finished = false;
  #wake: () => void = () => undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#pager = new Pager({ ...options, signal: this.#signal });
    this.#signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  add(entry: Watched): void {
    const { id, status, attempt_number, created_at } = entry;
    const before = { id, status, attempt_number, created_at };
    this.#wanted.set(id, { before, at: Date.parse(created_at), moved: isOpen(status) });
    this.#wake();
  }

  finish(): void {
    this.#finished = true;
    this.#wake();
  }

  close(): void {
    this.#stop.abort();
  }

  async *outcomes(): AsyncGenerator<LogEntry, void, undefined> {
    const { clock, intervalMs = DEFAULT_INTERVAL_MS } = this.#options;
    try {
      while (await this.#hasWork()) {
        const requests = this.#pager.requests;
        yield* this.#pass();
        const pages = this.#pager.requests - requests;
        if (this.#wanted.size === 0) continue;
        await clock.sleep(withJitter(Math.max(intervalMs, pages * PAGE_PACE_MS), clock), this.#signal);
      }
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    }
  }

  /** False when there is nothing left to wait for. */
  async #hasWork(): Promise<boolean> {
    for (;;) {
      if (this.#signal.aborted) return false;
      if (this.#wanted.size > 0) return true;
      if (this.#finished) return false;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async *#pass(): AsyncGenerator<LogEntry, void, undefined> {
    const unseen = new Set(this.#wanted.keys());
    const oldest = this.#oldest() - LATE_MS;
    let after: string | null = null;
    for (let pages = 0; pages < MAX_PASS_PAGES; pages += 1) {
      const page = await this.#page(after);
      if (page === null) return;
      for (const entry of page.entries) {
        unseen.delete(entry.id);
        if (this.#isOutcome(entry)) yield entry;
      }
      after = page.next;
      if (after === null || unseen.size === 0 || isBefore(page.entries, oldest)) return;
    }
  }

  /** Null where the place was lost: the next pass starts anew. */
  async #page(after: string | null) {
    const reading = this.#pager.read(after);
    try {
      for (;;) {
        const step = await reading.next();
        if (step.done) return step.value;
        this.#options.onProblem?.(step.value.message, step.value.retry_in_ms);
      }
    } catch (error) {
      if (error instanceof PlaceLost) return null;
      throw error;
    }
  }

  #oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { at } of this.#wanted.values()) oldest = Math.min(oldest, at);
    return oldest;
  }

  #isOutcome(entry: LogEntry): boolean {
    const wanted = this.#wanted.get(entry.id);
    if (!wanted) return false;
    const { before } = wanted;
    if (entry.status !== before.status || entry.attempt_number !== before.attempt_number) wanted.moved = true;
    if (!wanted.moved || isOpen(entry.status)) return false;
    this.#wanted.delete(entry.id);
    return true;
  }
}
