import type { LogEntry } from '../../api/wire.ts';
import type { PlannedRetry } from '../../config/retries.ts';
import { bad, dim, good, type Text, type View, warn } from '../../terminal/view.ts';
import { why } from '../batch.ts';
import { OUTCOMES, type Retried, type RetriedOutcome } from './retry-report.ts';
import { viewEntries } from './view.ts';

/** Rows for people; JSON has all. */
const MAX_ROWS = 50;
const EMPTY = 'There is nothing to retry.';

const SHOWN: Readonly<Record<RetriedOutcome, Text>> = {
  delivered: good('delivered'),
  requested: good('requested'),
  failed: bad('failed'),
  unsettled: warn('unsettled'),
  unknown: warn('unknown'),
  not_requested: bad('not requested'),
  skipped: dim('skipped'),
};

type Counted = Pick<PlannedRetry, 'event_type' | 'webhook_url'>;

/** How many of each event type to each URL, most first. */
export function countEntries(entries: readonly Counted[]): readonly (readonly [string, string, number])[] {
  const counts = new Map<string, [string, string, number]>();
  for (const { event_type, webhook_url } of entries) {
    const key = JSON.stringify([event_type, webhook_url]);
    const count = counts.get(key);
    if (count) count[2] += 1;
    else counts.set(key, [event_type ?? NOT_KNOWN, webhook_url ?? NOT_KNOWN, 1]);
  }
  return [...counts.values()].sort(([, , a], [, , b]) => b - a);
}

export function viewPlan(entries: readonly LogEntry[], now: number): View {
  if (entries.length === 0) return viewItems([]);
  return {
    kind: 'stack',
    views: [
      {
        kind: 'table',
        columns: [
          { title: 'COUNT', align: 'right' },
          { title: 'EVENT TYPE' },
          { title: 'URL', shrink: true },
        ],
        rows: countEntries(entries)
          .slice(0, MAX_ROWS)
          .map(([type, url, count]) => [String(count), type, url]),
        empty: EMPTY,
      },
      viewEntries(entries.slice(0, MAX_ROWS), now),
      ...more(entries.length),
    ],
  };
}

/** A few one by one; many by outcome and event type, and those that need a look one by one. */
export function viewRetried(retried: readonly Retried[]): View {
  if (retried.length <= MAX_ROWS) return viewItems(retried);
  const trouble = retried.filter(({ error, outcome }) => error !== null && outcome !== 'skipped');
  return {
    kind: 'stack',
    views: [
      ...(trouble.length > 0 ? [viewItems(trouble.slice(0, MAX_ROWS)), ...more(trouble.length)] : []),
      viewSummary(retried),
    ],
  };
}

const more = (count: number): readonly View[] =>
  count <= MAX_ROWS
    ? []
    : [{ kind: 'lines', lines: [dim(`${count - MAX_ROWS} more are not shown: --json shows all.`)] }];

const viewItems = (retried: readonly Retried[]): View => ({
  kind: 'table',
  columns: [
    { title: 'ID' },
    { title: 'OUTCOME' },
    { title: 'CODE', align: 'right' },
    { title: 'EVENT TYPE' },
    { title: 'URL', shrink: true },
    { title: 'TRY', align: 'right' },
    { title: 'WHY', shrink: true },
  ],
  rows: retried.map(({ id, outcome, http_status_code, event_type, webhook_url, attempt_number, error }) => [
    id,
    SHOWN[outcome],
    http_status_code === null ? dim('-') : String(http_status_code),
    event_type ?? dim('-'),
    webhook_url ?? dim('-'),
    attempt_number === null ? dim('-') : String(attempt_number),
    why(error),
  ]),
  empty: EMPTY,
});

/** Event types as rows, outcomes as columns. */
function viewSummary(retried: readonly Retried[]): View {
  const seen = new Set(retried.map(({ outcome }) => outcome));
  const outcomes = OUTCOMES.filter((outcome) => seen.has(outcome));
  const byType = new Map<string, Map<RetriedOutcome, number>>();
  for (const { event_type, outcome } of retried) {
    for (const row of [event_type ?? NOT_KNOWN, TOTAL]) {
      const counts = byType.get(row) ?? new Map<RetriedOutcome, number>();
      byType.set(row, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
    }
  }
  const types = [...byType.keys()].filter((type) => type !== TOTAL).sort();
  return {
    kind: 'table',
    columns: [
      { title: 'EVENT TYPE' },
      ...outcomes.map((outcome) => ({
        title: outcome.replace('_', ' ').toUpperCase(),
        align: 'right' as const,
      })),
    ],
    rows: [...(types.length > 1 ? types : []), TOTAL].map((type) => [
      type,
      ...outcomes.map((outcome) => String(byType.get(type)?.get(outcome) ?? 0)),
    ]),
    empty: EMPTY,
  };
}

const TOTAL = 'all';
const NOT_KNOWN = 'not known';
