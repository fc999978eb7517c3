import { isSuccess } from '../http/status.ts';
import type { Outcome } from './attempt.ts';
import { Latencies, type LatencySummary } from './latencies.ts';

/** Different errors that are told apart; what comes later counts as one. */
const MAX_ERRORS = 20;
const OTHER_ERRORS = 'other errors';

/** What many deliveries came to, as JSON has it. */
export interface TallySummary {
  readonly sent: number;
  /** Answered 2xx. */
  readonly succeeded: number;
  readonly failed: number;
  readonly duration_ms: number;
  readonly rate_per_second: number;
  /** Of the deliveries that were answered. */
  readonly latency_ms: LatencySummary;
  /** How often each status came, by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** How often each error came, by message. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Counts outcomes in flat memory. */
export class Tally {
  readonly #latencies = new Latencies();
  readonly #statuses = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  #sent = 0;
  #succeeded = 0;
  #firstFailure: Outcome | null = null;

  add(outcome: Outcome): void {
    const { status, error, duration_ms: durationMs } = outcome;
    this.#sent++;
    if (isSuccess(outcome.status)) this.#succeeded++;
    else this.#firstFailure ??= outcome;
    if (status !== null) {
      count(this.#statuses, String(status));
      this.#latencies.add(durationMs);
    }
    if (error !== null) {
      const isKnown = this.#errors.has(error) || this.#errors.size < MAX_ERRORS;
      count(this.#errors, isKnown ? error : OTHER_ERRORS);
    }
  }

  /** The first outcome that is no success. */
  get firstFailure(): Outcome | null {
    return this.#firstFailure;
  }

  /** @param elapsedMs from the start of the first delivery to the end of the last one */
  summary(elapsedMs: number): TallySummary {
    const seconds = Math.max(1, elapsedMs) / 1000;
    return {
      sent: this.#sent,
      succeeded: this.#succeeded,
      failed: this.#sent - this.#succeeded,
      duration_ms: elapsedMs,
      rate_per_second: Math.round((this.#sent / seconds) * 10) / 10,
      latency_ms: this.#latencies.summary(),
      statuses: Object.fromEntries(this.#statuses),
      errors: Object.fromEntries(this.#errors),
    };
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
