import type { Reason, SecretAge } from '../signing/verdict.ts';

/** What `listen` says of itself and of each delivery: one object a line under `--json`, in these very names. */
export type ListenLine = ReadyLine | SchemeLine | EventLine | ForwardLine | ProblemLine | SummaryLine;

/** The socket accepts. */
export interface ReadyLine {
  readonly type: 'ready';
  readonly url: string;
  readonly port: number;
  readonly pid: number;
}

/** The signature scheme was found: no other is accepted from now on. */
export interface SchemeLine {
  readonly type: 'scheme';
  readonly scheme: string;
  /** In words. */
  readonly description: string;
  /** True when the profile keeps it for later runs. */
  readonly pinned: boolean;
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
  readonly forward: ForwardFields | null;
}

/** What came of forwarding a delivery, so far. */
export interface ForwardFields {
  readonly url: string;
  /** The app's own; null when it gave no answer. */
  readonly status: number | null;
  /** Of the last attempt. */
  readonly duration_ms: number;
  /** Why there is no answer, for people; null when there is one. */
  readonly error: string | null;
  readonly attempts: number;
  /** The first lines of the app's answer as text, where its status is not 2xx. */
  readonly body: string | null;
}

/** An attempt at forwarding a delivery that was acknowledged before. */
export interface ForwardLine {
  readonly type: 'forward';
  /** Of the event. */
  readonly id: string;
  readonly event_type: string | null;
  readonly event_id: string | null;
  readonly forward: ForwardFields;
  /** True when nothing is owed any more: the app took it, or it is given up. */
  readonly is_last: boolean;
  /** ISO 8601 UTC; null when there is none, or not in this run. */
  readonly next_attempt_at: string | null;
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
  /** The JSON of the body as it came, null where it is none; a method, so that no output has it. */
  bodyText?(): string | null;
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
  /** Answered 2xx by the app. */
  readonly forwarded: number;
  readonly forward_failed: number;
  /** Acknowledged and not yet taken by the app: the next `listen` that acknowledges on receipt goes on with them. */
  readonly forward_pending: number;
}
