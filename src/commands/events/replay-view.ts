import type { Outcome } from '../../sending/attempt.ts';
import type { TallySummary } from '../../sending/tally.ts';
import { bad, dim, good, MARKS, strong, type Text, type View, warn } from '../../terminal/view.ts';
import { type Triggered, viewTriggered } from '../trigger/view.ts';

/** So many deliveries are shown one by one; of more there is a summary. */
const MAX_SHOWN = 20;

/** What `events replay` did. */
export interface Replayed extends TallySummary {
  /** Null: each to the URL that it was forwarded to. */
  readonly to: string | null;
  /** Those that were sent, in the order of their first delivery. */
  readonly events: readonly ReplayedEvent[];
  /** What to do about the first failure. */
  readonly hint: string | null;
  /** Ctrl-C or SIGTERM ended it before its end. */
  readonly stopped: Triggered['stopped'];
}

export interface ReplayedEvent {
  /** That of the inbox. */
  readonly id: string;
  readonly event_type: string | null;
  readonly event_id: string | null;
  readonly url: string;
  /** By which it was signed anew; null: its old signature went along. */
  readonly scheme: string | null;
  readonly webhook_id: string | null;
  readonly sent: number;
  readonly succeeded: number;
  /** Of the first delivery that failed, else of the last one; so are the next three. */
  readonly status: number | null;
  readonly duration_ms: number | null;
  readonly error: string | null;
  readonly body: string | null;
}

export function viewReplayed(replayed: Replayed): View {
  if (replayed.sent > MAX_SHOWN) return viewTriggered(asTriggered(replayed));
  const { events, hint, stopped } = replayed;
  return {
    kind: 'stack',
    tight: true,
    views: [
      ...events.filter(({ sent }) => sent > 0).flatMap(viewOne),
      { kind: 'lines', lines: hint === null ? [] : [`  ${hint}`], wrap: true },
      { kind: 'lines', lines: stopped === null ? [] : [warn(stopped)] },
    ],
  };
}

function viewOne(event: ReplayedEvent): readonly View[] {
  const { status, duration_ms: ms, sent, succeeded } = event;
  const headline: Text = [
    succeeded === sent ? MARKS.ok : MARKS.fail,
    ' ',
    strong(event.event_type ?? 'unknown type'),
    dim(`  ${event.event_id ?? event.id}  `),
    succeeded === sent ? good(String(status)) : bad(status === null ? 'no answer' : String(status)),
    dim(` in ${ms === null || ms === 0 ? 'under 1' : ms} ms`),
    ...(sent === 1 ? [] : [dim(`  ${succeeded} of ${sent} taken`)]),
  ];
  const said = (event.body ?? '').split('\n').filter((line) => line.trim() !== '');
  const trouble = [...(event.error === null ? [] : [event.error]), ...said];
  return [
    { kind: 'lines', lines: [headline] },
    { kind: 'lines', lines: trouble.map((line): Text => ['  ', dim(line)]) },
  ];
}

/** For the parts of the view that are the same. */
function asTriggered({ events, to, ...replayed }: Replayed): Triggered {
  const [first] = events;
  const failed = events.find(({ sent, succeeded }) => succeeded < sent);
  return {
    ...replayed,
    event_type: events.length === 1 ? (first?.event_type ?? 'unknown type') : `${events.length} events`,
    url: to ?? 'where they were forwarded',
    event_id: first?.id ?? '',
    scheme: first?.scheme ?? null,
    webhook_id: first?.webhook_id ?? null,
    first_failure: failed
      ? { event_id: failed.id, status: failed.status, error: failed.error, body: failed.body }
      : null,
  };
}

/** What to do about a delivery that failed. */
export function hintFor({ url, status, reason }: Outcome, isResigned: boolean): string {
  if (reason === 'refused') return `Nothing answers at ${url}: start your app, or name it with --to.`;
  if (status === null) return 'Check the address, and the log of your app.';
  if (status === 401 || status === 403) {
    return isResigned
      ? 'Your app refused the signature: give both sides the same secret and --scheme.'
      : 'Your app may have refused the old signature for its age: --resign sends it with a fresh one.';
  }
  if (status < 400) return 'Redirects are not followed: give the final URL with --to.';
  if (status < 500) return 'Your app did not accept it: its answer, the path of --to, or its log says why.';
  return 'Your app failed: its log says why.';
}
