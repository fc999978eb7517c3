import type { LogEntry } from '../../api/wire.ts';

/** Groups told apart; the entries of further ones are counted together. */
const MAX_GROUPS = 1_000;
const HOUR_MS = 3_600_000;

export type Grouping = 'event' | 'url' | 'code' | 'hour';

/** Entries of one key: an event type, a URL, a status code or `none`, or the hour in which they were created. */
export interface GroupStats {
  readonly key: string;
  readonly entries: number;
  readonly delivered: number;
  readonly failed: number;
  /** Neither delivered nor failed: still under way. */
  readonly open: number;
  /** Delivered among those that are delivered or failed; null where none is. */
  readonly success_rate: number | null;
}

interface Counts {
  entries: number;
  delivered: number;
  failed: number;
}

export const noCounts = (): Counts => ({ entries: 0, delivered: 0, failed: 0 });

export function count(counts: Counts, status: string): void {
  counts.entries += 1;
  if (status === 'delivered') counts.delivered += 1;
  if (status === 'failed') counts.failed += 1;
}

export function rateOf({ delivered, failed }: Counts): number | null {
  return delivered + failed === 0 ? null : delivered / (delivered + failed);
}

/** Counts by key, for at most MAX_GROUPS keys: those that are met first, so the newest of a log. */
export class Groups {
  readonly #grouping: Grouping;
  readonly #byKey = new Map<string, Counts>();
  readonly #other = noCounts();

  constructor(grouping: Grouping) {
    this.#grouping = grouping;
  }

  add(entry: LogEntry): void {
    count(this.#countsOf(keyOf(entry, this.#grouping)), entry.status);
  }

  /** The most failures first, then the most entries; hours in their order, those without entries too. */
  sorted(): readonly GroupStats[] {
    if (this.#grouping === 'hour') return this.#hours();
    return Array.from(this.#byKey, ([key, counts]) => toStats(key, counts)).sort(
      (a, b) => b.failed - a.failed || b.entries - a.entries || (a.key < b.key ? -1 : 1),
    );
  }

  /** What the keys beyond the bound have together; null when there are none. */
  other(): GroupStats | null {
    return this.#other.entries === 0 ? null : toStats('other', this.#other);
  }

  #countsOf(key: string): Counts {
    const known = this.#byKey.get(key);
    if (known) return known;
    if (this.#byKey.size >= MAX_GROUPS) return this.#other;
    const counts = noCounts();
    this.#byKey.set(key, counts);
    return counts;
  }

  #hours(): readonly GroupStats[] {
    const known = [...this.#byKey.keys()].map((key) => Date.parse(key));
    const last = Math.max(...known);
    const hours = Math.round((last - Math.min(...known)) / HOUR_MS) + 1;
    const keys =
      hours <= MAX_GROUPS
        ? Array.from({ length: Math.max(0, hours) }, (_none, index) =>
            hourOf(last - (hours - 1 - index) * HOUR_MS),
          )
        : [...this.#byKey.keys()].sort();
    return keys.map((key) => toStats(key, this.#byKey.get(key) ?? noCounts()));
  }
}

function toStats(key: string, counts: Counts): GroupStats {
  const { entries, delivered, failed } = counts;
  return {
    key,
    entries,
    delivered,
    failed,
    open: entries - delivered - failed,
    success_rate: rateOf(counts),
  };
}

function keyOf(entry: LogEntry, grouping: Grouping): string {
  switch (grouping) {
    case 'event':
      return entry.event_type;
    case 'url':
      return entry.webhook_url;
    case 'code':
      return entry.http_status_code === null ? 'none' : String(entry.http_status_code);
    case 'hour':
      return hourOf(Date.parse(entry.created_at));
  }
}

/** The beginning of the hour in UTC, as `2026-01-19T10:00:00Z`. */
function hourOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 'yyyy-mm-ddThh'.length)}:00:00Z`;
}
