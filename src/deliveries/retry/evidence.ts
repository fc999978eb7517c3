import type { Api } from '../../api/client.ts';
import type { LogEntry } from '../../api/wire.ts';
import { PAGE_SIZE } from '../follow/bounds.ts';
import { readLog } from '../read.ts';

/** An entry to deliver again, as the log had it before; null where that is not known. */
export interface RetryEntry {
  readonly id: string;
  readonly status: string | null;
  readonly attempt_number: number | null;
  readonly created_at: string | null;
  /** An earlier run was about to ask for it, and did not live to hear the answer. */
  readonly wasBegun?: boolean;
}

type Verdict = 'happened' | 'not_happened' | 'unknown';

/** Entries may show up a little out of order: the search goes this far beyond the oldest. */
const SEARCH_MARGIN_MS = 60_000;

/** An entry that is over changes only when somebody has it delivered again. */
const SETTLED: ReadonlySet<string> = new Set(['failed', 'delivered']);

/**
 * Whether a retry took place between two looks at an entry. Assumption, as the API reference does not say: a retry
 * keeps the entry and raises its attempt_number, or takes it out of its final status. Where an entry was not over,
 * or has no number, a change may be that of the API's own schedule, and an unchanged entry proves nothing.
 */
export function verdictOf(before: RetryEntry, now: LogEntry | undefined): Verdict {
  if (now === undefined || before.attempt_number === null || now.attempt_number === null) return 'unknown';
  if (before.status === null || !SETTLED.has(before.status)) return 'unknown';
  if (now.attempt_number > before.attempt_number || now.status !== before.status) return 'happened';
  return now.attempt_number === before.attempt_number ? 'not_happened' : 'unknown';
}

/** Whether looking at the log can tell anything. */
export const isTellable = ({ status, attempt_number, created_at }: RetryEntry): boolean =>
  status !== null && SETTLED.has(status) && attempt_number !== null && created_at !== null;

/** The entries as the log has them now, all found by reading it once, no further back than the oldest. */
export async function findAgain(
  api: Pick<Api, 'logPage'>,
  entries: readonly RetryEntry[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LogEntry>> {
  const found = new Map<string, LogEntry>();
  const wanted = new Set(entries.filter(isTellable).map(({ id }) => id));
  if (wanted.size === 0) return found;
  const since = oldestMs(entries) - SEARCH_MARGIN_MS;
  for await (const entry of readLog(api, { filter: { since }, pageSize: PAGE_SIZE, signal })) {
    if (!wanted.delete(entry.id)) continue;
    found.set(entry.id, entry);
    if (wanted.size === 0) break;
  }
  return found;
}

function oldestMs(entries: readonly RetryEntry[]): number {
  let oldest = Number.POSITIVE_INFINITY;
  for (const { created_at } of entries) {
    const at = created_at === null ? Number.NaN : Date.parse(created_at);
    if (at < oldest) oldest = at;
  }
  return oldest;
}
