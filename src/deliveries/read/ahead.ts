import type { Api, LogPage } from '../../api/client.ts';
import { Failure } from '../../errors.ts';

/** Numbered pages on their way or waiting to be taken, at most. */
export const MAX_AHEAD_PAGES = 8;
/** Taken without being limited, after which one more page may be on its way again. */
const RECOVERY_PAGES = 50;

interface Asked {
  /** What the page was asked for by; null is the first one. */
  readonly after: string | null;
  /** How many pages had been taken when it was asked for. */
  readonly takenBefore: number;
  /** Never rejects. */
  readonly outcome: Promise<{ readonly page: LogPage } | { readonly error: unknown }>;
}

interface Source {
  readonly pageSize: number;
  readonly signal: AbortSignal;
  /** Whether this page begins with what an earlier one had: newer entries have pushed the log on. */
  readonly hasShifted: (page: LogPage) => boolean;
}

/**
 * The pages of a log in their order, asked for before they are taken: the next one where pages go by cursor, several
 * at a time where they are numbered and their total is known.
 *
 * Entries that arrive push others to higher numbers, so a page may be used only if the API read it after the one
 * before it: else entries between the two would be missed. That is certain where it was asked for after the one
 * before had arrived, and where its total is higher. A total that is lower, or the same although the log shifted (a
 * log of bounded length), shows that it may not be: then everything ahead is dropped and asked for again.
 */
export class PagesAhead {
  readonly #api: Pick<Api, 'logPage'>;
  readonly #source: Source;
  #asked: Asked[] = [];
  #dropping = new AbortController();
  /** Ends what is on its way: by the reader's signal, or because it is dropped. */
  #ending: AbortSignal;
  #taken = 0;
  #previous: LogPage | null = null;
  /** Pages that may be ahead now; one more after each page that went well. */
  #width = 1;
  /** How wide that may become; one fewer each time the API limits. */
  #widest = MAX_AHEAD_PAGES;
  #takenUnlimited = 0;

  constructor(api: Pick<Api, 'logPage'>, source: Source) {
    this.#api = api;
    this.#source = source;
    this.#ending = AbortSignal.any([source.signal, this.#dropping.signal]);
    this.#ask(null);
  }

  /** The page after the one taken last. Throws what asking for it threw. */
  async take(): Promise<LogPage> {
    for (;;) {
      // What has arrived already is not given to a reader that has to stop.
      this.#source.signal.throwIfAborted();
      const asked = this.#asked.shift();
      if (!asked) throw new Failure('internal', 'No page of the log was asked for');
      const outcome = await asked.outcome;
      const isAhead = asked.takenBefore < this.#taken;
      if ('error' in outcome) {
        const wasAlone = !isAhead && this.#asked.length === 0;
        if (wasAlone || !isLimited(outcome.error)) throw outcome.error;
        this.#widest = 1;
      } else if (!this.#hasMovedUnseen(outcome.page)) {
        return this.#accept(outcome.page);
      }
      // What is ahead may have been read before this page, and this one before the last if it was ahead itself.
      this.#drop();
      if ('page' in outcome && !isAhead) return this.#accept(outcome.page);
      this.#ask(asked.after);
    }
  }

  /**
   * Asks for what follows the page taken last, at most so many pages of it. Resolves when that is on its way: Node
   * sends nothing before the work of the moment is done, and looking at a page is such work.
   */
  async goOn(mostPages: number): Promise<void> {
    this.#askFor(mostPages);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #askFor(mostPages: number): void {
    const page = this.#previous;
    if (page === null || page.next === null) return;
    const next = Number(page.next);
    const isNumbered = page.total !== null && page.entries.length > 0 && Number.isSafeInteger(next);
    if (!isNumbered) {
      if (this.#asked.length === 0) this.#ask(page.next);
      return;
    }
    const last = Math.max(next, Math.ceil((page.total ?? 0) / page.entries.length));
    const end = Math.min(last + 1, next + Math.max(1, Math.min(this.#width, mostPages)));
    for (let number = next + this.#asked.length; number < end; number += 1) this.#ask(String(number));
  }

  /** Lets go of all that is on its way. */
  close(): void {
    this.#dropping.abort(new Failure('internal', 'This page of the log is not needed any more'));
    this.#asked = [];
  }

  #ask(after: string | null): void {
    const asking = this.#api.logPage({
      after,
      pageSize: this.#source.pageSize,
      signal: this.#ending,
      onLimited: () => this.#limited(),
    });
    const outcome = asking.then(
      (page) => ({ page }),
      (error: unknown) => ({ error }),
    );
    this.#asked.push({ after, takenBefore: this.#taken, outcome });
  }

  /** Whether the log moved on since the page before, or before that, in a way that the total does not tell. */
  #hasMovedUnseen(page: LogPage): boolean {
    const before = this.#previous?.total ?? 0;
    const total = page.total ?? 0;
    return total < before || (total === before && this.#source.hasShifted(page));
  }

  #accept(page: LogPage): LogPage {
    this.#previous = page;
    this.#taken += 1;
    this.#takenUnlimited += 1;
    if (this.#takenUnlimited % RECOVERY_PAGES === 0) {
      this.#widest = Math.min(MAX_AHEAD_PAGES, this.#widest + 1);
    }
    this.#width = Math.min(this.#widest, this.#width + 1);
    return page;
  }

  #drop(): void {
    this.close();
    this.#dropping = new AbortController();
    this.#ending = AbortSignal.any([this.#source.signal, this.#dropping.signal]);
    this.#width = Math.max(1, Math.floor(this.#width / 2));
  }

  #limited(): void {
    this.#takenUnlimited = 0;
    this.#widest = Math.max(1, this.#widest - 1);
    this.#width = Math.min(this.#width, this.#widest);
  }
}

const isLimited = (error: unknown): boolean => error instanceof Failure && error.kind === 'rate_limited';
