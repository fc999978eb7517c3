import type { Api, LogPage } from '../api/client.ts';
import type { LogEntry } from '../api/wire.ts';
import { type LogFilter, matches } from './filter.ts';
import { PagesAhead } from './read/ahead.ts';
import { pagesToCome } from './read/demand.ts';
import { RememberedIds } from './read/remembered.ts';

export interface Reading {
  readonly filter: LogFilter;
  /** Entries to ask for at a time. */
  readonly pageSize: number;
  readonly signal: AbortSignal;
  /** Ends after so many entries that match; without a bound when absent. */
  readonly wanted?: number | undefined;
  /** Ends when so many entries were read, matching or not; without a bound when absent. */
  readonly mostRead?: number | undefined;
  /** Told when it ends for `mostRead` alone: the log, or its part since `filter.since`, goes on. */
  readonly onCut?: () => void;
  /** Told after each page how many entries were read so far. */
  readonly onPage?: (read: number) => void;
}

/**
 * The delivery log, newest first, each matching entry once. Coming pages are asked for while one is looked at, and
 * few are in memory at a time. It stops at the end, at a bound, or at a page that lies wholly before `filter.since`.
 */
export async function* readLog(api: Pick<Api, 'logPage'>, reading: Reading): AsyncGenerator<LogEntry> {
  for await (const entries of readLogPages(api, reading)) {
    for (const entry of entries) yield entry;
  }
}

/** The same, with the entries of one page together. */
export async function* readLogPages(
  api: Pick<Api, 'logPage'>,
  reading: Reading,
): AsyncGenerator<readonly LogEntry[]> {
  const state = new State(reading);
  const hasShifted = ({ entries: [first] }: LogPage): boolean =>
    first !== undefined && state.remembered.has(first.id);
  const { pageSize, signal } = reading;
  const pages = new PagesAhead(api, { pageSize, signal, hasShifted });
  try {
    for (;;) {
      const page = await pages.take();
      const found = state.look(page);
      reading.onPage?.(state.read);
      if (state.isCut(page)) reading.onCut?.();
      const isLast = page.next === null || state.isEnough(page);
      if (!isLast) await pages.goOn(state.pagesToCome(page));
      if (found.length > 0) yield found;
      if (isLast) return;
    }
  } finally {
    pages.close();
  }
}

/** What was read of a log so far, and what is still wanted. */
class State {
  readonly remembered = new RememberedIds();
  readonly #reading: Reading;
  readonly #takesAll: boolean;
  /** All entries of all pages. */
  read = 0;
  /** The same without those that were there before. */
  #seen = 0;
  #found = 0;
  #pages = 0;
  #newest = Number.NaN;
  /** Of the entries that were looked at. */
  #last: LogEntry | undefined;
  #leftOver = false;

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#takesAll = Object.values(reading.filter).every((wanted) => wanted === undefined);
  }

  /** The entries of a page that are new and match, as far as they are wanted. */
  look({ entries }: LogPage): readonly LogEntry[] {
    const { filter, mostRead = Number.POSITIVE_INFINITY } = this.#reading;
    const found: LogEntry[] = [];
    for (const entry of entries) {
      if (this.remembered.has(entry.id)) continue;
      if (this.#seen >= mostRead) {
        this.#leftOver = true;
        break;
      }
      this.#seen += 1;
      this.#last = entry;
      if (this.#takesAll || matches(entry, filter)) found.push(entry);
    }
    this.remembered.add(entries);
    this.read += entries.length;
    this.#pages += 1;
    if (this.#pages === 1) this.#newest = timeOf(entries[0]);
    const taken = found.slice(0, this.#wantedStill);
    this.#found += taken.length;
    return taken;
  }

  isEnough({ entries }: LogPage): boolean {
    const { since } = this.#reading.filter;
    if (this.#wantedStill <= 0 || this.#readableStill <= 0) return true;
    return since !== undefined && entries.length > 0 && entries.every((entry) => timeOf(entry) < since);
  }

  isCut({ next }: LogPage): boolean {
    if (this.#readableStill > 0 || (next === null && !this.#leftOver)) return false;
    const { since } = this.#reading.filter;
    return since === undefined || timeOf(this.#last) >= since;
  }

  pagesToCome({ entries }: LogPage): number {
    return pagesToCome({
      pages: this.#pages,
      found: this.#found,
      wanted: this.#wantedStill,
      readable: this.#readableStill,
      pageSize: this.#reading.pageSize,
      newest: this.#newest,
      oldest: timeOf(entries.at(-1)),
      since: this.#reading.filter.since,
    });
  }

  get #wantedStill(): number {
    return (this.#reading.wanted ?? Number.POSITIVE_INFINITY) - this.#found;
  }

  get #readableStill(): number {
    return (this.#reading.mostRead ?? Number.POSITIVE_INFINITY) - this.#seen;
  }
}

const timeOf = (entry: LogEntry | undefined): number =>
  entry === undefined ? Number.NaN : Date.parse(entry.created_at);
