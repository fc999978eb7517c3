import { ApiFailure, Failure, type FailureKind } from '../errors.ts';
import { systemCode, systemReason } from '../system-error.ts';
import { dim, MARKS, type Text, type View } from '../terminal/view.ts';

/** What each exit code tells a script: the one table, which help and README are made from. */
export const EXIT_CODES = [
  [0, 'done'],
  [1, 'unexpected failure: a bug, a full disk, an unreadable file'],
  [2, 'usage: a bad flag or value, or a question that could not be asked here'],
  [3, 'not found'],
  [4, 'no API key, or the API answered 401 or 403'],
  [5, 'the API rejected the request (400, 402, 409, 422)'],
  [6, 'the API is limiting or failing (429, 5xx), after all retries'],
  [7, 'network: DNS, TLS, refused, reset, timed out'],
  [8, 'a condition was not met: a test delivery failed, a wait ran out'],
  [9, 'a signature did not verify'],
  [10, 'changes are pending'],
  [130, 'interrupted (Ctrl-C)'],
  [143, 'terminated (SIGTERM)'],
] as const;

export type ExitCode = (typeof EXIT_CODES)[number][0];

/** How any command that calls the API may end. */
export const API_EXITS: readonly ExitCode[] = [4, 6, 7];

const EXIT_OF_KIND: Readonly<Record<FailureKind, ExitCode>> = {
  usage: 2,
  not_logged_in: 4,
  not_found: 3,
  rejected: 5,
  rate_limited: 6,
  api_unavailable: 6,
  network: 7,
  timeout: 7,
  condition_not_met: 8,
  signature_invalid: 9,
  changes_pending: 10,
  store_unwritable: 1,
  internal: 1,
  interrupted: 130,
  terminated: 143,
};

/** A batch ends with the first of these that any of its items met. */
const WORST_FIRST: readonly ExitCode[] = [143, 130, 1, 4, 7, 6, 5, 3, 2, 9, 8, 10];

/** An error as scripts read it: the value of `error` in JSON. */
export interface FailureReport {
  readonly code: string;
  readonly message: string;
  readonly http_status: number | null;
  readonly request_id: string | null;
  readonly errors: Readonly<Record<string, readonly string[]>> | null;
  readonly details: unknown;
  readonly hint: string | null;
  readonly exit_code: ExitCode;
}

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof Failure ? EXIT_OF_KIND[error.kind] : 1;
}

/** The exit code of a batch whose items ended with `codes`. */
export function worstExitCode(codes: readonly ExitCode[]): ExitCode {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? 0;
}

export function reportFailure(error: unknown): FailureReport {
  const problem = error instanceof ApiFailure ? error.problem : undefined;
  const failure = error instanceof Failure ? error : undefined;
  return {
    code: problem?.code ?? failure?.kind ?? 'internal',
    message: failure ? failure.message : unforeseen(error),
    http_status: problem?.httpStatus ?? null,
    request_id: problem?.requestId ?? null,
    errors: problem?.errors ?? null,
    details: problem?.details ?? failure?.details ?? null,
    hint: failure ? (failure.hint ?? null) : 'Run it again with --debug to see where it failed.',
    exit_code: exitCodeOf(error),
  };
}

function unforeseen(error: unknown): string {
  if (!(error instanceof Error)) return 'Something failed without saying why';
  if (systemCode(error) === undefined) return `Unexpected failure: ${error.message}`;
  const where = 'path' in error && typeof error.path === 'string' ? `${error.path}: ` : '';
  return `${where}${systemReason(error)}`;
}

/** What our own failures have besides; the message of the API names its complaints. */
const furtherLines = ({ http_status, details }: FailureReport): readonly Text[] =>
  http_status === null && Array.isArray(details)
    ? details.map((detail) => [MARKS.fail, ' ', String(detail)])
    : [];

/** The same report for people: what happened (the message names the complaints too), and what to do next. */
export function viewFailure(report: FailureReport, trace: readonly string[] = []): View {
  const lines: Text[] = [[MARKS.fail, ' ', report.message]];
  if (report.hint !== null) lines.push(['  ', report.hint]);
  lines.push(...furtherLines(report));
  if (report.request_id !== null) lines.push(dim(`  request id ${report.request_id}`));
  lines.push(...trace.map((line) => dim(`  ${line}`)));
  return { kind: 'lines', lines, wrap: true };
}
