/** How far a reading is, as far as the pages still to come can be told from it. */
export interface Progress {
  readonly pages: number;
  /** Entries that matched. */
  readonly found: number;
  /** Matching entries that are still wanted, and entries that may still be read. */
  readonly wanted: number;
  readonly readable: number;
  readonly pageSize: number;
  /** Milliseconds since the epoch; NaN where not known. */
  readonly newest: number;
  readonly oldest: number;
  readonly since: number | undefined;
}

/** Pages that will still be needed, going by those that were read: at least 1. No promise, so pages are not asked for in vain. */
export function pagesToCome(progress: Progress): number {
  const { pages, found, wanted, readable, pageSize } = progress;
  const forWanted = Math.ceil((wanted * pages) / Math.max(found, 1));
  const forReadable = Math.ceil(readable / pageSize);
  return Math.max(1, Math.min(forWanted, forReadable, pagesUntil(progress)));
}

/** Until the first instant wanted, at the pace of the log so far; one more page proves that it lies before. */
function pagesUntil({ pages, newest, oldest, since }: Progress): number {
  const pace = (newest - oldest) / pages;
  if (since === undefined || !(pace > 0)) return Number.POSITIVE_INFINITY;
  return Math.ceil((oldest - since) / pace) + 1;
}
