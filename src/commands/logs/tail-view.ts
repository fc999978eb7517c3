import type { LogEntry } from '../../api/wire.ts';
import type { FollowEvent } from '../../deliveries/follow.ts';
import {
  accent,
  bad,
  dim,
  good,
  MARKS,
  type Span,
  strong,
  type Text,
  type View,
  warn,
} from '../../terminal/view.ts';
import { localTime, when } from '../../terminal/when.ts';

/** Where what follows begins, for most entries. */
const STATUS_COLUMNS = 9;
const CODE_COLUMNS = 3;
const TYPE_COLUMNS = 26;
const DAY_MS = 24 * 3_600_000;

/** One line for each event: what went well is quiet, what went wrong stands out. */
export function viewEvent(event: FollowEvent, now: number): View | null {
  switch (event.type) {
    case 'ready':
      return null;
    case 'entry':
    case 'update':
      return { kind: 'lines', lines: [viewLine(event, now)] };
    case 'problem':
      return {
        kind: 'lines',
        lines: [[MARKS.warn, ' ', warn(event.message), dim(again(event.retry_in_ms))]],
        wrap: true,
      };
    case 'recovered':
      return {
        kind: 'lines',
        lines: [[MARKS.ok, ' ', good('The API answers again'), dim(meanwhile(event))]],
      };
  }
}

const again = (retryInMs: number): string =>
  retryInMs > 0 ? `; again in ${Math.ceil(retryInMs / 1000)} s` : '';

const meanwhile = ({ entries, gap_ms }: Extract<FollowEvent, { type: 'recovered' }>): string =>
  ` after ${Math.ceil(gap_ms / 1000)} s; ${entries} new ${entries === 1 ? 'delivery' : 'deliveries'} meanwhile`;

type Line = Extract<FollowEvent, { type: 'entry' | 'update' }>;

interface Look {
  readonly mark: Span;
  readonly word: (text: string) => Span;
}

const LOOKS: Readonly<Record<string, Look>> = {
  delivered: { mark: MARKS.ok, word: good },
  failed: { mark: MARKS.fail, word: bad },
  retrying: { mark: { text: '↻', tone: 'warn', ascii: '~' }, word: warn },
  pending: { mark: { text: '…', tone: 'dim', ascii: '.' }, word: dim },
};
const UNKNOWN: Look = { mark: MARKS.dot, word: dim };

function viewLine(entry: Line, now: number): Text {
  const { mark, word } = LOOKS[entry.status] ?? UNKNOWN;
  const { status, http_status_code: code, attempt_number: attempt } = entry;
  const isQuiet = status === 'delivered' || status === 'pending';
  return [
    dim(`${timeOf(entry.created_at, now)}  `),
    mark,
    ' ',
    word(status.padEnd(STATUS_COLUMNS)),
    ' ',
    code === null ? dim('-'.padStart(CODE_COLUMNS)) : word(String(code).padStart(CODE_COLUMNS)),
    '  ',
    (isQuiet ? plainSpan : strong)(entry.event_type.padEnd(TYPE_COLUMNS)),
    '  ',
    (isQuiet ? dim : accent)(placeOf(entry.webhook_url)),
    ...(attempt === null || attempt < 2 ? [] : [warn(`  try ${attempt}`)]),
    ...nextRetry(entry, now),
    ...(entry.type === 'update' ? [dim(`  was ${entry.previous_status}`)] : []),
    ...trouble(entry),
    // For logs get and logs retry.
    ...(isQuiet ? [] : [dim(`  ${entry.id}`)]),
  ];
}

const plainSpan = (text: string): Span => ({ text, tone: 'plain' });

function nextRetry({ next_retry_at: next, status }: LogEntry, now: number): readonly Span[] {
  if (next === null || status === 'delivered') return [];
  return [warn(Date.parse(next) <= now ? '  next try is due' : `  next try ${when(next, now)}`)];
}

/** Not where it only repeats the code. */
function trouble({ status, http_status_code: code, error_message: error }: LogEntry): readonly Span[] {
  if (error === null || (code !== null && error.endsWith(`HTTP ${code}`))) return [];
  return [(status === 'delivered' ? dim : bad)(`  ${error}`)];
}

/** With the day for what is not of today. */
function timeOf(iso: string, now: number): string {
  const at = new Date(iso);
  if (Math.abs(now - at.getTime()) < DAY_MS) return localTime(iso);
  const [month, day] = [at.getMonth() + 1, at.getDate()].map((n) => String(n).padStart(2, '0'));
  return `${month}-${day} ${localTime(iso)}`;
}

/** Host and path: the scheme says nothing, and a query may hold what is not for a screen. */
function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return pathname === '/' ? host : `${host}${pathname}`;
  } catch {
    return url;
  }
}

/** The line that stays below on a terminal. */
export function viewStanding({ shown, known, open, problem }: Standing): Text {
  return [
    dim(`${shown} shown, ${known} remembered, ${open} on their way`),
    ...(problem === null ? [] : [warn(`  ${problem}`)]),
  ];
}

export interface Standing {
  readonly shown: number;
  readonly known: number;
  readonly open: number;
  /** What is wrong at the moment. */
  readonly problem: string | null;
}
