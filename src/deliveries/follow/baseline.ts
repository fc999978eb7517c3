import type { LogPage } from '../../api/client.ts';
import type { LogEntry } from '../../api/wire.ts';
import { LATE_MS, MAX_BASELINE_PAGES, MAX_KNOWN, PAGE_SIZE } from './bounds.ts';
import type { Memory } from './memory.ts';
import { type Pager, PlaceLost } from './pager.ts';
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

/**
 * Learns what is there when a tail begins, so that nothing of it counts as new, and gives the newest entries that
 * are wanted, oldest first. It goes back LATE_MS, and for the lines MAX_BASELINE_PAGES at most, or to `since`.
 */
export async function* readBaseline(options: BaselineOptions): Finding<readonly LogEntry[]> {
  for (;;) {
    try {
      return yield* readOnce(options);
    } catch (error) {
      if (!(error instanceof PlaceLost)) throw error;
      yield* options.pager.pause(error.message);
    }
  }
}

async function* readOnce(options: BaselineOptions): Finding<readonly LogEntry[]> {
  const { memory, pager } = options;
  const wanted = new Map<string, LogEntry>();
  let after: string | null = null;
  let horizon = Number.NEGATIVE_INFINITY;
  for (let pages = 1; ; pages += 1) {
    const { entries, next }: LogPage = yield* pager.read(after);
    const oldest = oldestOf(entries) ?? Number.NEGATIVE_INFINITY;
    if (pages === 1) horizon = oldest - LATE_MS;
    learnAll(entries, wanted, options);
    after = next;
    const isCovered = next === null || isBefore(entries, horizon);
    const isDone = isCovered && (next === null || hasLines(entries, wanted, options));
    if (!isDone && pages < limitOf(options)) continue;
    // Where not all was read, what was created with the last of it may be unknown and old.
    memory.raiseFloor(isCovered ? horizon : Math.max(horizon, oldest + 1));
    return oldestFirst(wanted.values());
  }
}

function learnAll(
  entries: readonly LogEntry[],
  wanted: Map<string, LogEntry>,
  { memory, isWanted, lines }: BaselineOptions,
): void {
  for (const entry of entries) {
    memory.learn(entry);
    if (isWanted(entry) && (wanted.size < lines || wanted.has(entry.id))) wanted.set(entry.id, entry);
  }
}

const hasLines = (
  entries: readonly LogEntry[],
  wanted: ReadonlyMap<string, LogEntry>,
  { lines, since = Number.NEGATIVE_INFINITY }: BaselineOptions,
): boolean => wanted.size >= lines || isBefore(entries, since);

/** All lines of a time are asked for: as far as they can be held. */
function limitOf({ lines, since }: BaselineOptions): number {
  return since !== undefined && !Number.isFinite(lines) ? MAX_KNOWN / PAGE_SIZE : MAX_BASELINE_PAGES;
}
