import type { LogEntry } from '../../api/wire.ts';
import { type ExitCode, type FailureReport, reportFailure, worstExitCode } from '../../cli/failure.ts';
import type { PlannedRetry } from '../../config/retries.ts';
import type { RetryResult } from '../../deliveries/retry.ts';
import { Failure } from '../../errors.ts';

/**
 * `requested`: the API took it; `not_requested`: it did not; `unknown`: no answer came, and the log does not tell;
 * `skipped`: not tried before the end. With --wait also what came of it: `delivered`, `failed`, or `unsettled`.
 */
export type RetriedOutcome =
  | 'requested'
  | 'delivered'
  | 'failed'
  | 'unsettled'
  | 'unknown'
  | 'not_requested'
  | 'skipped';

/** In the order of a summary. */
export const OUTCOMES: readonly RetriedOutcome[] = [
  ...(['delivered', 'requested', 'failed', 'unsettled', 'unknown', 'not_requested', 'skipped'] as const),
];

export interface Retried {
  readonly id: string;
  /** Null, like the URL, where the entry was not found in the log. */
  readonly event_type: string | null;
  readonly webhook_url: string | null;
  readonly outcome: RetriedOutcome;
  /** What the receiver answered to the new attempt; null without --wait. */
  readonly http_status_code: number | null;
  /** Of the new attempt after --wait, else of the last one before. */
  readonly attempt_number: number | null;
  readonly error: FailureReport | null;
}

const RESULTS: Readonly<Record<RetryResult, RetriedOutcome>> = {
  requested: 'requested',
  failed: 'not_requested',
  unknown: 'unknown',
  skipped: 'skipped',
};

/** What became of each planned entry, in the order of the plan. */
export class RetryReport {
  readonly #items: Map<string, Retried>;
  /** Thousands are skipped for one reason: it is told once. */
  readonly #reports = new WeakMap<Failure, FailureReport>();

  /** The last entry that was not requested, and why. */
  refusal: Failure | null = null;

  constructor(planned: readonly PlannedRetry[]) {
    this.#items = new Map(
      planned.map(({ id, event_type, webhook_url, attempt_number }) => [
        id,
        { id, event_type, webhook_url, attempt_number, ...NOTHING },
      ]),
    );
  }

  asked(id: string, outcome: RetryResult, error: Failure | null): void {
    this.refusal = error ?? this.refusal;
    this.#set(id, { outcome: RESULTS[outcome], error: this.#report(error) });
  }

  settled({ id, status, http_status_code, attempt_number, error_message }: LogEntry): void {
    const isDelivered = status === 'delivered';
    const error = isDelivered
      ? null
      : new Failure(
          'condition_not_met',
          `The delivery failed again: ${error_message ?? 'no reason was given'}`,
        );
    const outcome = isDelivered ? 'delivered' : 'failed';
    this.#set(id, { outcome, http_status_code, attempt_number, error: this.#report(error) });
  }

  /** All that are on their way still. */
  unsettled(whyOf: (id: string) => Failure): void {
    for (const { id, outcome } of this.#items.values()) {
      if (outcome === 'requested') this.#set(id, { outcome: 'unsettled', error: this.#report(whyOf(id)) });
    }
  }

  all(): readonly Retried[] {
    return [...this.#items.values()];
  }

  #set(id: string, changes: Partial<Retried>): void {
    const item = this.#items.get(id);
    if (item) this.#items.set(id, { ...item, ...changes });
  }

  #report(error: Failure | null): FailureReport | null {
    if (error === null) return null;
    const known = this.#reports.get(error) ?? reportFailure(error);
    this.#reports.set(error, known);
    return known;
  }
}

const NOTHING = { outcome: 'skipped', http_status_code: null, error: null } as const;

/** Such as `12 requested, 1 failed, 3 not requested`. */
export function totals(retried: readonly Retried[]): string {
  const counts = new Map<RetriedOutcome, number>();
  for (const { outcome } of retried) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return OUTCOMES.flatMap((outcome) => {
    const count = counts.get(outcome);
    return count === undefined ? [] : [`${count} ${outcome.replace('_', ' ')}`];
  }).join(', ');
}

export const retriedExit = (retried: readonly Retried[]): ExitCode =>
  worstExitCode([...new Set(retried.flatMap(({ error }) => (error ? [error.exit_code] : [])))]);
