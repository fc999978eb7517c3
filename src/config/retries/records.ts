import * as v from 'valibot';
import { Failure, type FailureKind } from '../../errors.ts';
import { Texts } from '../../texts.ts';
import { OWNER } from '../owner.ts';

/** What the files of a bulk retry hold: a header that names it, and a log of what was planned, begun and done. */

/** An entry to deliver again, as the delivery log had it when the run was planned; null where it is not known. */
export interface PlannedRetry {
  readonly id: string;
  readonly event_type: string | null;
  readonly webhook_url: string | null;
  readonly status: string | null;
  readonly attempt_number: number | null;
  readonly created_at: string | null;
}

const ENDINGS = ['requested', 'failed', 'unknown'] as const;

/** How an entry ended for good. */
export interface RetryEnding {
  readonly outcome: (typeof ENDINGS)[number];
  readonly error: Failure | null;
}

/** Where an entry stands: not asked for yet, asked for without a known answer, or over. */
export type Standing = 'open' | 'begun' | RetryEnding;

export const RETRY_VERSION = 1;
/** Entries in one record. */
const PLAN_CHUNK = 500;

const TEXT = v.pipe(v.string(), v.nonEmpty());

/** `owner` is null once its process has left the run to others. */
export const HEADER = v.looseObject({
  version: v.literal(RETRY_VERSION),
  owner: v.nullable(OWNER),
  run: v.looseObject({
    id: v.pipe(v.string(), v.regex(/^[0-9a-f-]{36}$/)),
    profile: TEXT,
    baseUrl: TEXT,
    account: TEXT,
    /** ISO 8601 UTC. */
    startedAt: TEXT,
    /** Entries planned. */
    count: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
});

export type RetryHeader = v.InferInput<typeof HEADER>;

const NULLABLE_TEXT = v.nullable(v.string());
const ROW = v.tuple([
  TEXT,
  NULLABLE_TEXT,
  NULLABLE_TEXT,
  NULLABLE_TEXT,
  v.nullable(v.number()),
  NULLABLE_TEXT,
]);

/** Those that an entry can end with. */
const KINDS: readonly FailureKind[] = [
  'usage',
  'not_logged_in',
  'not_found',
  'rejected',
  'rate_limited',
  'api_unavailable',
  'network',
  'timeout',
  'condition_not_met',
];

const RECORD = v.union([
  v.object({ plan: v.array(ROW) }),
  v.object({ begin: TEXT }),
  v.object({ back: TEXT }),
  v.object({
    done: TEXT,
    outcome: v.picklist(ENDINGS),
    error: v.nullable(v.object({ kind: v.string(), message: v.string() })),
  }),
]);

export function* planRecords(planned: readonly PlannedRetry[]): Generator<unknown> {
  for (let from = 0; from < planned.length; from += PLAN_CHUNK) {
    const plan = planned
      .slice(from, from + PLAN_CHUNK)
      .map(({ id, event_type, webhook_url, status, attempt_number, created_at }) => [
        id,
        event_type,
        webhook_url,
        status,
        attempt_number,
        created_at,
      ]);
    yield { plan };
  }
}

export const doneRecord = (id: string, { outcome, error }: RetryEnding): unknown => ({
  done: id,
  outcome,
  error: error && { kind: error.kind, message: error.message },
});

/** A run as its log tells it, put together record by record. */
export class Replayed {
  readonly planned: PlannedRetry[] = [];
  /** Of those that are not open. */
  readonly standings = new Map<string, Standing>();
  /** Types and URLs come again and again: each is held once. */
  readonly #texts = new Texts();

  /** False for what is no record of a retry. */
  take(json: unknown): boolean {
    if (!v.is(RECORD, json)) return false;
    if ('plan' in json) for (const row of json.plan) this.#plan(row);
    else if ('begin' in json) this.standings.set(json.begin, 'begun');
    else if ('back' in json) this.standings.delete(json.back);
    else {
      const error = json.error && new Failure(kindOf(json.error.kind), json.error.message);
      this.standings.set(json.done, { outcome: json.outcome, error });
    }
    return true;
  }

  #plan([id, event_type, webhook_url, status, attempt_number, created_at]: v.InferOutput<typeof ROW>): void {
    this.planned.push({
      id,
      event_type: this.#once(event_type),
      webhook_url: this.#once(webhook_url),
      status: this.#once(status),
      attempt_number,
      created_at,
    });
  }

  #once(text: string | null): string | null {
    return text === null ? null : this.#texts.once(text);
  }
}

const kindOf = (text: string): FailureKind => KINDS.find((kind) => kind === text) ?? 'internal';
