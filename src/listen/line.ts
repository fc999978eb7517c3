import type { Reason, SecretAge } from '../signing/verdict.ts';

/** What `listen` says of itself and of each delivery: one object a line under `--json`, in these very names. */
export type ListenLine = ReadyLine | EventLine | ProblemLine | SummaryLine;

/** The socket accepts. */
export interface ReadyLine {
  readonly type: 'ready';
  readonly url: string;
  readonly port: number;
  readonly pid: number;
}

export interface EventLine {
  readonly type: 'event';
  /** Ours, made here: a UUID. */
  readonly id: string;
  /** ISO 8601 UTC with Z. */
  readonly received_at: string;
  readonly event_type: string | null;
  /** The sender's, by which it can be recognised when it is delivered again. */
  readonly event_id: string | null;
  /** Our `id` of the first accepted delivery with the same event id and type. */
  readonly duplicate_of: string | null;
  readonly signature: SignatureFields;
  readonly request: RequestFields;
  readonly response: { readonly status: number };
  /** Null: not forwarded. */
  readonly forward: null;
}

export interface SignatureFields {
  readonly status: 'valid' | 'invalid' | 'unverified';
  readonly reason: Reason | null;
  readonly hint: string | null;
  readonly scheme: string | null;
  readonly webhook_id: string | null;
  readonly secret_age: SecretAge | null;
}

export interface RequestFields {
  readonly method: string;
  readonly path: string;
  /** Without the question mark, undecoded; null where there is none. */
  readonly query: string | null;
  /** Pairs in the order they came, repeats kept, names as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The parsed JSON; null where the body is not JSON. */
  readonly body: unknown;
  /** The exact bytes. */
  readonly body_base64: string;
}

/** Something is wrong on this side: said once, listening goes on. */
export interface ProblemLine {
  readonly type: 'problem';
  readonly message: string;
}

/** Counts of the deliveries that have a line; `duplicates` are counted in the others too. */
export interface SummaryLine {
  readonly type: 'summary';
  readonly received: number;
  readonly valid: number;
  readonly invalid: number;
  readonly unverified: number;
  readonly duplicates: number;
  readonly forwarded: number;
  readonly forward_failed: number;
}
