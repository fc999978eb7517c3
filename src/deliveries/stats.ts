import type { LogEntry } from '../api/wire.ts';
import { count, type Grouping, type GroupStats, Groups, noCounts, rateOf } from './stats/groups.ts';

/** Kinds of error told apart; the rest is counted together. */
const MAX_ERRORS = 500;
/** Of an error message: the beginning tells kinds apart. */
const MAX_ERROR_CHARS = 200;
/** Kinds of error that are told, the most frequent first. */
const TOLD_ERRORS = 5;
/** Words for a status told apart beyond the documented ones. */
const MAX_STATUSES = 16;
const DOCUMENTED = ['delivered', 'failed', 'retrying', 'pending'] as const;

export interface ErrorStats {
  readonly http_status_code: number | null;
  /** Null where the log has none; cut to MAX_ERROR_CHARS. */
  readonly message: string | null;
  readonly entries: number;
}

/** What a part of the delivery log adds up to. Times are ISO 8601 UTC, rates from 0 to 1, null where nothing is known. */
export interface LogStats {
  readonly entries: number;
  readonly by_status: Readonly<Record<string, number>>;
  /** Delivered among those that are delivered or failed. */
  readonly success_rate: number | null;
  readonly attempts: { readonly average: number | null; readonly max: number | null };
  /** Of the entries that ended failed, by when they were created. */
  readonly first_failure: string | null;
  readonly last_failure: string | null;
  /** How many wait for a retry, and when the first of them is due. */
  readonly waiting: number;
  readonly next_retry_at: string | null;
  /** The most frequent errors of entries that failed or are being retried. */
  readonly errors: readonly ErrorStats[];
  /** Failing entries whose error is not among `errors`. */
  readonly other_errors: number;
  readonly groups: readonly GroupStats[];
  /** What the groups beyond the bound add up to. */
  readonly other_groups: GroupStats | null;
}

/** Sums up log entries as they are read: its memory does not grow with their number. */
export class StatsTally {
  readonly #groups: Groups;
  readonly #all = noCounts();
  readonly #statuses = new Map<string, number>(DOCUMENTED.map((status) => [status, 0]));
  readonly #errors = new Map<string, { readonly stats: Omit<ErrorStats, 'entries'>; entries: number }>();
  readonly #attempts = { entries: 0, sum: 0, max: 0 };
  readonly #failures = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
  #failing = 0;
  #waiting = 0;
  #nextRetry = Number.POSITIVE_INFINITY;

  constructor(grouping: Grouping) {
    this.#groups = new Groups(grouping);
  }

  add(entry: LogEntry): void {
    const { status, attempt_number: attempt, created_at } = entry;
    count(this.#all, status);
    this.#groups.add(entry);
    this.#addStatus(status);
    if (attempt !== null) {
      this.#attempts.entries += 1;
      this.#attempts.sum += attempt;
      this.#attempts.max = Math.max(this.#attempts.max, attempt);
    }
    if (status === 'failed') {
      const at = Date.parse(created_at);
      this.#failures.first = Math.min(this.#failures.first, at);
      this.#failures.last = Math.max(this.#failures.last, at);
    }
    if (status === 'failed' || status === 'retrying') this.#addError(entry);
    this.#addWaiting(entry);
  }

  summary(): LogStats {
    const { entries, sum, max } = this.#attempts;
    const errors = this.#topErrors();
    const told = errors.reduce((total, error) => total + error.entries, 0);
    return {
      entries: this.#all.entries,
      by_status: Object.fromEntries(this.#statuses),
      success_rate: rateOf(this.#all),
      attempts: { average: entries === 0 ? null : sum / entries, max: entries === 0 ? null : max },
      first_failure: isoOrNull(this.#failures.first),
      last_failure: isoOrNull(this.#failures.last),
      waiting: this.#waiting,
      next_retry_at: isoOrNull(this.#nextRetry),
      errors,
      other_errors: this.#failing - told,
      groups: this.#groups.sorted(),
      other_groups: this.#groups.other(),
    };
  }

  #addStatus(status: string): void {
    const isTold = this.#statuses.has(status) || this.#statuses.size < MAX_STATUSES;
    const word = isTold ? status : 'other';
    this.#statuses.set(word, (this.#statuses.get(word) ?? 0) + 1);
  }

  #addWaiting({ status, next_retry_at }: LogEntry): void {
    const waits = status === 'retrying' || (next_retry_at !== null && status !== 'delivered');
    if (!waits) return;
    this.#waiting += 1;
    if (next_retry_at !== null) this.#nextRetry = Math.min(this.#nextRetry, Date.parse(next_retry_at));
  }

  #addError({ http_status_code, error_message }: LogEntry): void {
    this.#failing += 1;
    const message = error_message === null ? null : error_message.slice(0, MAX_ERROR_CHARS);
    const key = JSON.stringify([http_status_code, message]);
    const known = this.#errors.get(key);
    if (known) known.entries += 1;
    else if (this.#errors.size < MAX_ERRORS)
      this.#errors.set(key, { stats: { http_status_code, message }, entries: 1 });
  }

  #topErrors(): readonly ErrorStats[] {
    return [...this.#errors.values()]
      .sort((a, b) => b.entries - a.entries)
      .slice(0, TOLD_ERRORS)
      .map(({ stats, entries }) => ({ ...stats, entries }));
  }
}

const isoOrNull = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);
