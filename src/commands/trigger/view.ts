import type { ExitCode } from '../../cli/failure.ts';
import { describeDuration } from '../../duration.ts';
import { Failure } from '../../errors.ts';
import type { Outcome } from '../../sending/attempt.ts';
import type { Tally, TallySummary } from '../../sending/tally.ts';
import type { Scheme } from '../../signing/scheme.ts';
import { bad, dim, good, MARKS, type Span, strong, type Text, type View, warn } from '../../terminal/view.ts';
import type { SigningSecret } from '../signing-secret.ts';

/** What `trigger` did. */
export interface Triggered extends TallySummary {
  readonly event_type: string;
  readonly url: string;
  /** Of the first delivery; null when none was sent. */
  readonly event_id: string | null;
  /** Null: unsigned. */
  readonly scheme: string | null;
  /** Whose secret signed; null for one that belongs to none. */
  readonly webhook_id: string | null;
  /** The first delivery whose answer is not 2xx. */
  readonly first_failure: FirstFailure | null;
  /** What to do about it. */
  readonly hint: string | null;
  /** Ctrl-C or SIGTERM ended it before its end. */
  readonly stopped: 'interrupted' | 'terminated' | null;
}

interface FirstFailure {
  readonly event_id: string;
  readonly status: number | null;
  readonly error: string | null;
  /** The first lines of the answer. */
  readonly body: string | null;
}

interface Round {
  readonly eventType: string;
  readonly url: URL;
  readonly scheme: Scheme;
  readonly signer: SigningSecret | null;
  readonly firstId: string | null;
  readonly tally: Tally;
  readonly elapsedMs: number;
  /** Why it was stopped; null when it was not. */
  readonly stopped: unknown;
}

export function toTriggered({ eventType, url, scheme, signer, firstId, tally, ...end }: Round): Triggered {
  const failure = tally.firstFailure;
  return {
    event_type: eventType,
    url: url.href,
    event_id: firstId,
    scheme: signer && scheme.name,
    webhook_id: signer?.webhookId ?? null,
    ...tally.summary(end.elapsedMs),
    first_failure: failure && {
      event_id: failure.id,
      status: failure.status,
      error: failure.error,
      body: failure.body,
    },
    hint: failure && hintFor(failure, signer !== null),
    stopped: end.stopped === null ? null : howStopped(end.stopped),
  };
}

export function howStopped(reason: unknown): Triggered['stopped'] {
  return reason instanceof Failure && reason.kind === 'terminated' ? 'terminated' : 'interrupted';
}

export function exitOf({
  succeeded,
  sent,
  stopped,
}: Pick<Triggered, 'succeeded' | 'sent' | 'stopped'>): ExitCode {
  if (stopped !== null) return stopped === 'terminated' ? 143 : 130;
  return succeeded === sent ? 0 : 8;
}

function hintFor({ url, status, reason }: Outcome, isSigned: boolean): string {
  if (reason === 'refused') {
    return `Nothing answers at ${url}: start \`kycgenie listen\` in another terminal, or name your server with --to.`;
  }
  if (status === null) return 'Check the address, and the log of the receiver.';
  if (status >= 500) return 'The receiver failed: its log says why.';
  if (status >= 300 && status < 400) return 'Redirects are not followed: give the final URL with --to.';
  if (status === 401 || status === 403) return refusedHint(isSigned);
  if (status === 404) return 'The receiver has nothing at this path: give the whole URL with --to.';
  if (status === 405) return 'The receiver takes no POST at this path: give the whole URL with --to.';
  return 'The receiver did not accept it: its answer or its log says why.';
}

const refusedHint = (isSigned: boolean): string =>
  isSigned
    ? 'The receiver refused the signature: give both sides the same secret and --scheme; `kycgenie listen` says what is wrong.'
    : 'The receiver wants a signature, and none was sent: name a secret with --webhook or --secret-env.';

export function viewTriggered(triggered: Triggered): View {
  return triggered.sent === 1 ? viewOne(triggered) : viewMany(triggered);
}

function viewOne(triggered: Triggered): View {
  const { event_type: type, event_id: id, first_failure: failure, latency_ms: latency } = triggered;
  const [status] = Object.keys(triggered.statuses);
  const answer: Text = failure ? bad(status ?? 'no answer') : good(status ?? '');
  const pace = latency.max === null ? '' : ` in ${milliseconds(latency.max)}`;
  const headline: Text = [markOf(triggered), ' ', strong(type), dim(`  ${id}`), '  ', answer, pace];
  return { kind: 'stack', tight: true, views: [{ kind: 'lines', lines: [headline] }, ...trouble(triggered)] };
}

function viewMany(triggered: Triggered): View {
  const { event_type: type, sent, url, duration_ms: ms, rate_per_second: rate, stopped } = triggered;
  const headline: Text = [
    markOf(triggered),
    ' ',
    strong(type),
    `  ${sent} sent to ${url} in ${seconds(ms)} (${rate}/s)`,
    stopped === null ? '' : warn(`  ${stopped}`),
  ];
  return {
    kind: 'stack',
    tight: true,
    views: [
      { kind: 'lines', lines: [headline] },
      { kind: 'stack', indent: 2, views: [{ kind: 'record', fields: fieldsOf(triggered) }] },
      ...trouble(triggered),
    ],
  };
}

function fieldsOf({
  statuses,
  errors,
  latency_ms: latency,
}: Triggered): readonly (readonly [string, Text])[] {
  const answers = Object.entries(statuses).map(
    ([status, times]): Text => [isGood(status) ? good(status) : bad(status), TIMES, String(times)],
  );
  const { p50, p90, p99, max } = latency;
  const times = Object.entries({ p50, p90, p99, max }).flatMap(([name, ms]) =>
    ms === null ? [] : [`${name} ${milliseconds(ms)}`],
  );
  return [
    ...(answers.length > 0 ? [['answers', separated(answers)] as const] : []),
    ...Object.entries(errors).map(
      ([error, count]) => ['no answer', [bad(error), TIMES, String(count)]] as const,
    ),
    ...(times.length > 0 ? [['latency', times.join('  ')] as const] : []),
  ];
}

const TIMES: Span = { text: ' × ', tone: 'plain', ascii: ' x ' };

/** What the first failure said, and what to do. */
function trouble({ sent, first_failure: failure, hint }: Triggered): readonly View[] {
  if (failure === null) return [];
  const said = (failure.body ?? '').split('\n').filter((line) => line.trim() !== '');
  const shown = failure.error !== null && sent === 1 ? [failure.error, ...said] : said;
  return [
    { kind: 'lines', lines: shown.map((line): Text => ['  ', dim(line)]) },
    { kind: 'lines', lines: hint === null ? [] : [`  ${hint}`], wrap: true },
  ];
}

function markOf({ succeeded, sent, stopped }: Triggered) {
  if (succeeded < sent) return MARKS.fail;
  return stopped === null ? MARKS.ok : MARKS.warn;
}

const isGood = (status: string): boolean => status.startsWith('2');

const separated = (texts: readonly Text[]): Text =>
  texts.flatMap((text, index) => (index === 0 ? [text] : [', ', text])).flat();

const milliseconds = (ms: number): string => (ms === 0 ? 'under 1 ms' : `${ms} ms`);

const seconds = (ms: number): string => (ms === 0 ? milliseconds(ms) : describeDuration(ms));
