import type { Amendment } from '../listen/kept.ts';
import type { EventLine } from '../listen/line.ts';
import type { Spot } from './inbox-reader.ts';
import type { DeliveryPage, DeliveryRow, LiveLine } from './protocol.ts';
import { amended, isSameRow } from './rows.ts';

/** Rows in memory, some hundred bytes each; the oldest go first. The inbox holds fewer, unless many write to it. */
const MAX_ROWS = 50_000;
const DROPPED_AT_ONCE = 1_000;
/** Of lines that are in no inbox. */
const MAX_HELD_LINES = 1_000;
const MAX_HELD_BYTES = 32 * 1024 * 1024;

/** A delivery that is shown, and where the rest of it is. */
export interface Entry {
  readonly receivedMs: number;
  readonly row: DeliveryRow;
  /** In the inbox; null for one that is in memory alone. */
  readonly spot: Spot | null;
  /** As `listen` told of it, where it is in no inbox. */
  readonly line: EventLine | null;
  /** What became known of it since it was kept. */
  readonly change: Amendment;
}

/** The rows that a page shows, by the time of receipt; what becomes of them is told. */
export class Shelf {
  readonly #tell: (line: LiveLine) => void;
  /** Oldest first; also some that are gone. */
  #order: string[] = [];
  #gone = 0;
  readonly #entries = new Map<string, Entry>();
  /** Ids of those whose lines are held, oldest first. */
  readonly #held = new Map<string, number>();
  #heldBytes = 0;

  constructor(tell: (line: LiveLine) => void) {
    this.#tell = tell;
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** A new one; or more of one that is known, which is told only where its row differs. */
  put(entry: Entry): void {
    const { row, line } = entry;
    const before = this.#entries.get(row.id);
    this.#entries.set(row.id, entry);
    if (before === undefined) this.#insert(entry);
    this.#hold(row.id, line);
    if (before === undefined) this.#tell({ type: 'delivery', row });
    else if (!isSameRow(before.row, row)) this.#tell({ type: 'update', row });
    if (this.#entries.size > MAX_ROWS) this.#dropOldest();
  }

  /** What is not known is passed over. */
  amend(id: string, change: Amendment): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.put({ ...entry, row: amended(entry.row, change), change: { ...entry.change, ...change } });
  }

  /** Those of a segment that is gone; pages have to load their rows again. */
  removeOf(segment: string): void {
    this.#compact();
    const ids = this.#order.filter((id) => this.#entries.get(id)?.spot?.segment.name === segment);
    if (ids.length === 0) return;
    this.#drop(ids);
    this.#tell({ type: 'lost' });
  }

  /** Newest first, from behind `before` on; from the newest on where that is null, or is not here any more. */
  page(before: string | null, limit: number): DeliveryPage {
    this.#compact();
    const found = before === null ? -1 : this.#order.lastIndexOf(before);
    const end = found < 0 ? this.#order.length : found;
    const start = Math.max(0, end - limit);
    const rows = this.#order.slice(start, end).reverse();
    return { rows: rows.flatMap((id) => this.get(id)?.row ?? []), has_more: start > 0 };
  }

  /** As they are now, newest first. */
  all(): readonly Entry[] {
    this.#compact();
    return this.#order.toReversed().flatMap((id) => this.get(id) ?? []);
  }

  /** Behind all that were received before, which is nearly always the end. */
  #insert({ receivedMs, row }: Entry): void {
    let at = this.#order.length;
    while (at > 0 && this.#isLater(this.#order[at - 1], receivedMs)) at -= 1;
    this.#order.splice(at, 0, row.id);
  }

  #isLater(id: string | undefined, ms: number): boolean {
    const entry = id === undefined ? undefined : this.#entries.get(id);
    return entry !== undefined && entry.receivedMs > ms;
  }

  #hold(id: string, line: EventLine | null): void {
    this.#release(id);
    if (line === null) return;
    const bytes = sizeOf(line);
    this.#held.set(id, bytes);
    this.#heldBytes += bytes;
    for (const oldest of this.#held.keys()) {
      const isRoom = this.#held.size <= MAX_HELD_LINES && this.#heldBytes <= MAX_HELD_BYTES;
      if (isRoom || oldest === id) return;
      this.#drop([oldest]);
    }
  }

  #release(id: string): void {
    this.#heldBytes -= this.#held.get(id) ?? 0;
    this.#held.delete(id);
  }

  #dropOldest(): void {
    this.#compact();
    this.#drop(this.#order.slice(0, DROPPED_AT_ONCE));
  }

  #drop(ids: readonly string[]): void {
    for (const id of ids) {
      this.#entries.delete(id);
      this.#release(id);
    }
    this.#gone += ids.length;
    if (this.#gone >= DROPPED_AT_ONCE) this.#compact();
  }

  #compact(): void {
    if (this.#gone === 0) return;
    this.#gone = 0;
    // One that was dropped and came again meanwhile stands here twice.
    const once = new Set(this.#order.toReversed().filter((id) => this.#entries.has(id)));
    this.#order = [...once].reverse();
  }
}

/** Of one in memory, roughly: its body is there as text, and once more as JSON. */
function sizeOf({ request }: EventLine): number {
  const headers = request.headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return 1_024 + headers + 3 * request.body_base64.length;
}
