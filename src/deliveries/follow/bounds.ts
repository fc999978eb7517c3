/** The documented bound of what one call may ask for. */
export const PAGE_SIZE = 100;

/** How long after its `created_at` an entry may first be listed; measured against entries that are listed already. */
export const LATE_MS = 5 * 60_000;
/** Open entries older than this (against the newest ones) are watched no more: longer than the longest assumed retry schedule. */
export const OPEN_MAX_AGE_MS = 26 * 3_600_000;
export const MAX_OPEN = 10_000;
/** Entries remembered at a time, and held at most to bring those of a long gap into order. */
export const MAX_KNOWN = 200_000;
/** When too many are known, as many of the oldest are forgotten at once. */
export const FORGET_AT_ONCE = 20_000;
/** A sweep or a pass ends here. */
export const MAX_PASS_PAGES = 10_000;

/** The pause after a pass that brought something; it doubles up to the interval. */
export const QUICK_MS = 500;
export const DEFAULT_INTERVAL_MS = 2_000;
/** Sweeps rest for so long a page they have read: 120 pages a minute at most. */
export const PAGE_PACE_MS = 500;
/** The same for reading on to the oldest open entry: 60 pages a minute at most. */
export const DEEP_PACE_MS = 1_000;
export const MIN_SWEEP_PAUSE_MS = 10_000;
/** During a long sweep the newest entries are asked for after so many pages. */
export const HEAD_EVERY_PAGES = 20;

/** Before `ready` the log is read back at most so far, for lines that match and to know what is not new. */
export const MAX_BASELINE_PAGES = 50;
