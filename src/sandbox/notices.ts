import { Failure } from '../errors.ts';
import { iso } from './shapes.ts';

/**
 * What the sandbox tells its owner while it runs, in the names that `--json` prints; times are ISO 8601 UTC
 * with Z. No notice holds a key, a secret or a body.
 */
export type SandboxNotice = RequestNotice | EventNotice | AttemptNotice | DisabledNotice | ProblemNotice;

/** A call was answered. */
export interface RequestNotice {
  readonly type: 'request';
  readonly at: string;
  readonly request_id: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  readonly duration_ms: number;
}

/** An event was fired at so many subscriptions. */
export interface EventNotice {
  readonly type: 'event';
  readonly at: string;
  readonly id: string;
  readonly event_type: string;
  readonly deliveries: number;
}

/** A delivery was tried, or given up without trying (then `duration_ms` is 0). */
export interface AttemptNotice {
  readonly type: 'attempt';
  readonly at: string;
  readonly log_id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly webhook_id: string | null;
  readonly webhook_url: string;
  readonly attempt_number: number;
  readonly status: string;
  readonly http_status_code: number | null;
  readonly error_message: string | null;
  readonly next_retry_at: string | null;
  readonly duration_ms: number;
}

/** A receiver answered 410: its subscription gets nothing more. */
export interface DisabledNotice {
  readonly type: 'disabled';
  readonly at: string;
  readonly webhook_id: string;
  readonly webhook_url: string;
}

/** Something is wrong with the sandbox itself. */
export interface ProblemNotice {
  readonly type: 'problem';
  readonly at: string;
  readonly message: string;
}

export type Notify = (notice: SandboxNotice) => void;

/** A Failure's own words; any other error was not written for people, and may quote what no notice holds. */
export const problemNotice = (error: unknown, otherwise: string, nowMs: number): ProblemNotice => ({
  type: 'problem',
  at: iso(nowMs),
  message: error instanceof Failure ? error.message : otherwise,
});
