import type { LogPage } from '../../api/client.ts';
import type { LogEntry } from '../../api/wire.ts';
import { HEAD_EVERY_PAGES, MAX_KNOWN, MAX_PASS_PAGES } from './bounds.ts';
import type { Memory } from './memory.ts';
import { compareText, instantKey } from './order.ts';
import { type Pager, PlaceLost, type Problem } from './pager.ts';

/** An entry that is new or has changed, for the reader of the tail. */
export interface Find {
  readonly type: 'find';
  readonly entry: LogEntry;
  /** Null for a new one. */
  readonly previousStatus: string | null;
}

export type Finding<Result> = AsyncGenerator<Find | Problem, Result, undefined>;

/** What the newest pages gave. */
export interface Head {
  /** Where reading on begins; null when the pass went to the end, or as far as it may. */
  readonly next: string | null;
  /** No entry is newer than this that was not listed when the pass began; a lower bound that one wrong time cannot move. */
  readonly newest: number;
}

interface Tools {
  readonly memory: Memory;
  readonly pager: Pager;
}

const LOST = 'The API no longer knows the place that reading was at: it starts again from the newest';

/** From the newest entry back to the first page that ends with a known one; what is new comes oldest first. */
export async function* readHead(tools: Tools): Finding<Head> {
  const { memory, pager } = tools;
  const finds = new Map<string, LogEntry>();
  let newest = Number.NEGATIVE_INFINITY;
  let after: string | null = null;
  for (let pages = 1; ; pages += 1) {
    const page: LogPage | null = yield* pageOrRestart(pager, after);
    if (page === null) {
      after = null;
      continue;
    }
    if (after === null) newest = oldestOf(page.entries) ?? newest;
    collect(page, memory, finds);
    after = page.next;
    const tooMany = finds.size >= MAX_KNOWN || pages >= MAX_PASS_PAGES;
    if (!tooMany && after !== null && !endsKnown(page, memory)) continue;
    yield* tell(memory, finds.values());
    if (tooMany) yield leaveOut(memory, finds);
    return { next: tooMany ? null : after, newest };
  }
}

function collect({ entries }: LogPage, memory: Memory, finds: Map<string, LogEntry>): void {
  for (const entry of entries) {
    const verdict = memory.judge(entry);
    if (verdict !== 'same' && verdict !== 'old') finds.set(entry.id, entry);
  }
}

/** Null where the place was lost. */
async function* pageOrRestart(
  pager: Pager,
  after: string | null,
): AsyncGenerator<Problem, LogPage | null, undefined> {
  try {
    return yield* pager.read(after);
  } catch (error) {
    if (!(error instanceof PlaceLost)) throw error;
    yield* pager.pause(LOST);
    return null;
  }
}

/**
 * Reads on from `from` until a page lies before `until`, telling on the way what appeared or changed there. The
 * head is asked for now and then, so that a long sweep does not silence the tail. False when it did not get there.
 */
export async function* sweep(tools: Tools, from: string | null, until: number): Finding<boolean> {
  const { memory, pager } = tools;
  let after = from;
  for (let pages = 1; after !== null; pages += 1) {
    const page = yield* pageOrNull(pager, after);
    if (page === null) return false;
    yield* tell(memory, page.entries);
    if (isBefore(page.entries, until)) return true;
    after = page.next;
    if (pages >= MAX_PASS_PAGES) {
      memory.dropOpenBefore(oldestOf(page.entries) ?? until);
      return false;
    }
    if (pages % HEAD_EVERY_PAGES === 0) yield* readHead(tools);
  }
  return true;
}

/** A sweep that lost its place is made again later. */
async function* pageOrNull(pager: Pager, after: string): AsyncGenerator<Problem, LogPage | null, undefined> {
  try {
    return yield* pager.read(after);
  } catch (error) {
    if (error instanceof PlaceLost) return null;
    throw error;
  }
}

/** In order of creation; of equal times, the one that the API lists as older first. Each is known once it is told. */
export function* tell(memory: Memory, newestFirst: Iterable<LogEntry>): Generator<Find, void, undefined> {
  for (const entry of oldestFirst(newestFirst)) {
    const verdict = memory.judge(entry);
    if (verdict === 'same' || verdict === 'old') continue;
    memory.learn(entry);
    yield { type: 'find', entry, previousStatus: verdict === 'new' ? null : verdict.before.status };
  }
}

export function oldestFirst(newestFirst: Iterable<LogEntry>): readonly LogEntry[] {
  const keyed = [...newestFirst].map((entry) => ({ entry, key: instantKey(entry.created_at) })).reverse();
  return keyed.sort((a, b) => compareText(a.key, b.key)).map(({ entry }) => entry);
}

/** Of a gap too long to be brought into order only the newest part is told: never without a word. */
function leaveOut(memory: Memory, finds: ReadonlyMap<string, LogEntry>): Problem {
  const oldest = oldestOf([...finds.values()]) ?? memory.floor;
  memory.raiseFloor(oldest + 1);
  const message = `More than ${finds.size} deliveries came meanwhile: those created before ${new Date(oldest).toISOString()} are left out`;
  return { type: 'problem', message, retry_in_ms: 0 };
}

function endsKnown({ entries }: LogPage, memory: Memory): boolean {
  const last = entries.at(-1);
  return last !== undefined && memory.judge(last) !== 'new';
}

export const isBefore = (entries: readonly LogEntry[], at: number): boolean =>
  entries.length > 0 && entries.every(({ created_at }) => Date.parse(created_at) < at);

/** Milliseconds since the epoch; undefined where there are none. */
export function oldestOf(entries: readonly LogEntry[]): number | undefined {
  let oldest: number | undefined;
  for (const { created_at } of entries) {
    const at = Date.parse(created_at);
    if (oldest === undefined || at < oldest) oldest = at;
  }
  return oldest;
}
