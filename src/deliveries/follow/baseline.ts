import type { LogPage } from '../../api/client.ts';
import type { LogEntry } from '../../api/wire.ts';
import { LATE_MS, MAX_BASELINE_PAGES, MAX_KNOWN, PAGE_SIZE } from './bounds.ts';
import type { Memory } from './memory.ts';
import { type Pager, PlaceLost, type Problem } from './pager.ts';
import { type Finding, isBefore, oldestFirst, oldestOf } from './pass.ts';

export interface BaselineOptions {
  readonly memory: Memory;
  readonly pager: Pager;
  /** How many of the newest entries that are wanted to give. */
  readonly lines: number;
  readonly isWanted: (entry: LogEntry) => boolean;
  /** Nothing that is wanted was created before. */
  readonly since: number | undefined;
}

export interface Baseline {
  /** Oldest first; not learned yet. */
  readonly lines: readonly LogEntry[];
  /** Milliseconds since the epoch: once the lines are told, what was created before is old. */
  readonly floor: number;
}

/**
 * Learns what is there when a tail begins, so that nothing of it counts as new, and gives the newest entries that
 * are wanted. It goes back LATE_MS, and for the lines MAX_BASELINE_PAGES at most, or to `since`; it tells where
 * lines may be left out for that.
 */
export async function* readBaseline(options: BaselineOptions): Finding<Baseline> {
  for (;;) {
    try {
      return yield* readOnce(options);
    } catch (error) {
      if (!(error instanceof PlaceLost)) throw error;
      yield* options.pager.pause(error.message);
    }
  }
}

async function* readOnce(options: BaselineOptions): Finding<Baseline> {
  const wanted = new Map<string, LogEntry>();
  let after: string | null = null;
  let horizon = Number.NEGATIVE_INFINITY;
  for (let pages = 1; ; pages += 1) {
    const { entries, next }: LogPage = yield* options.pager.read(after);
    const oldest = oldestOf(entries) ?? Number.NEGATIVE_INFINITY;
    if (pages === 1) horizon = oldest - LATE_MS;
    learnAll(entries, wanted, options);
    after = next;
    const isCovered = next === null || isBefore(entries, horizon);
    const isComplete = next === null || hasLines(entries, wanted, options);
    if (!(isCovered && isComplete) && pages < limitOf(options)) continue;
    if (!isComplete && Number.isFinite(oldest)) yield leftOut(oldest);
    // Where not all was read, what was created with the last of it may be unknown and old.
    const floor = isCovered ? horizon : Math.max(horizon, oldest + 1);
    return { lines: oldestFirst(wanted.values()), floor };
  }
}

function learnAll(
  entries: readonly LogEntry[],
  wanted: Map<string, LogEntry>,
  { memory, isWanted, lines }: BaselineOptions,
): void {
  for (const entry of entries) {
    if (isWanted(entry) && (wanted.size < lines || wanted.has(entry.id))) wanted.set(entry.id, entry);
    else memory.learn(entry);
  }
}

const leftOut = (oldest: number): Problem => ({
  type: 'problem',
  message: `The log goes further back than is read at the start: deliveries created before ${new Date(oldest).toISOString()} are left out`,
  retry_in_ms: 0,
});

const hasLines = (
  entries: readonly LogEntry[],
  wanted: ReadonlyMap<string, LogEntry>,
  { lines, since = Number.NEGATIVE_INFINITY }: BaselineOptions,
): boolean => wanted.size >= lines || isBefore(entries, since);

/** All lines of a time are asked for: as far as they can be held. */
function limitOf({ lines, since }: BaselineOptions): number {
  return since !== undefined && !Number.isFinite(lines) ? MAX_KNOWN / PAGE_SIZE : MAX_BASELINE_PAGES;
}
