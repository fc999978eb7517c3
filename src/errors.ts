/**
 * What went wrong, as far as handling differs: every kind has its exit code and its public error code in
 * cli/failure.ts, and nothing else tells errors apart.
 */
export type FailureKind =
  | 'usage'
  | 'not_logged_in'
  | 'not_found'
  | 'rejected'
  | 'rate_limited'
  | 'api_unavailable'
  | 'network'
  | 'timeout'
  | 'condition_not_met'
  | 'signature_invalid'
  | 'changes_pending'
  | 'store_unwritable'
  | 'internal'
  | 'interrupted'
  | 'terminated';

interface FailureOptions {
  /** What the reader can do next: one sentence or command. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** What else is wrong in the same place, one text each. */
  readonly details?: readonly string[] | undefined;
  /** True when the other side may have done what was asked: an answer was lost on the way. */
  readonly mayHaveHappened?: boolean | undefined;
}

interface ApiFailureOptions extends FailureOptions {
  /** How long the API asks to wait. */
  readonly retryAfterMs?: number | null;
}

/** An error that was foreseen: its message is for people and holds no secret. */
export class Failure extends Error {
  readonly kind: FailureKind;
  /** Whoever knows more may say it more precisely. */
  hint: string | undefined;
  readonly mayHaveHappened: boolean;
  readonly details: readonly string[] | undefined;

  constructor(kind: FailureKind, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Failure';
    this.kind = kind;
    this.hint = options.hint;
    this.details = options.details;
    this.mayHaveHappened = options.mayHaveHappened ?? false;
  }
}

/** Where an expression has to be: `find() ?? raise(missing())`. */
export function raise(failure: Failure): never {
  throw failure;
}

/** What an error answer of the API said, in its own field names where it used them. */
export interface ApiProblem {
  readonly httpStatus: number;
  /** The API's stable code, where it gave one. */
  readonly code: string | undefined;
  readonly requestId: string | undefined;
  /** Field name to complaints; sent with `validation_error`. */
  readonly errors: Readonly<Record<string, readonly string[]>> | undefined;
  readonly details: unknown;
}

/** The API answered, and the answer was an error. */
export class ApiFailure extends Failure {
  readonly problem: ApiProblem;
  readonly retryAfterMs: number | null;

  constructor(kind: FailureKind, message: string, problem: ApiProblem, options: ApiFailureOptions = {}) {
    super(kind, message, options);
    this.name = 'ApiFailure';
    this.problem = problem;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
