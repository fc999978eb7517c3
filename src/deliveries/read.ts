import type { Api } from '../api/client.ts';
import type { LogEntry } from '../api/wire.ts';
import { type LogFilter, matches } from './filter.ts';

/** How many pages back an entry is recognised that slid onto the next page while newer ones arrived. */
const REMEMBERED_PAGES = 4;

export interface Reading {
  readonly filter: LogFilter;
  /** Entries to ask for at a time. */
  readonly pageSize: number;
  readonly signal: AbortSignal;
  /** Told after each page how many entries were read so far. */
  readonly onPage?: (read: number) => void;
}

/**
 * The delivery log, newest first, each matching entry once, a page in memory at a time. It stops at the end, or at
 * a page that lies wholly before `filter.since`.
 */
export async function* readLog(
  api: Pick<Api, 'logPage'>,
  { filter, pageSize, signal, onPage }: Reading,
): AsyncGenerator<LogEntry> {
  const recent: ReadonlySet<string>[] = [];
  let after: string | null = null;
  let read = 0;
  do {
    const page = await api.logPage({ after, pageSize, signal });
    read += page.entries.length;
    onPage?.(read);
    for (const entry of page.entries) {
      if (!recent.some((ids) => ids.has(entry.id)) && matches(entry, filter)) yield entry;
    }
    recent.push(new Set(page.entries.map(({ id }) => id)));
    if (recent.length > REMEMBERED_PAGES) recent.shift();
    after = isBefore(page.entries, filter.since) ? null : page.next;
  } while (after !== null);
}

const isBefore = (entries: readonly LogEntry[], since: number | undefined): boolean =>
  since !== undefined &&
  entries.length > 0 &&
  entries.every(({ created_at }) => Date.parse(created_at) < since);
