import type { Clock } from '../clock.ts';
import { SegmentFile } from '../listen/inbox/segment-file.ts';
import type { Segment } from '../listen/inbox/segments.ts';
import type { Found } from './protocol.ts';
import type { Entry } from './shelf.ts';

const MAX_SEARCH_MS = 2_000;
const MAX_FOUND = 1_000;
/** Of each body: what lies behind is not searched, and the answer is not complete. */
const MAX_SEARCHED_BYTES = 1024 * 1024;

interface SearchOptions {
  readonly clock: Clock;
  /** Ends the search; what was found so far counts for nobody. */
  readonly signal: AbortSignal;
}

/** Which bodies hold a text, whatever its case; the entries in order. Throws the signal's reason. */
export async function searchBodies(
  entries: readonly Entry[],
  text: string,
  { clock, signal }: SearchOptions,
): Promise<Found> {
  const wanted = text.toLowerCase();
  const untilMs = clock.now() + MAX_SEARCH_MS;
  const bodies = new Bodies();
  const ids: string[] = [];
  let isComplete = true;
  try {
    for (const entry of entries) {
      signal.throwIfAborted();
      if (ids.length >= MAX_FOUND || clock.now() > untilMs) return { ids, is_complete: false };
      const body = await bodies.of(entry);
      if (body === null) continue;
      if (body.length > MAX_SEARCHED_BYTES) isComplete = false;
      const searched = body.subarray(0, MAX_SEARCHED_BYTES).toString('utf8').toLowerCase();
      if (searched.includes(wanted)) ids.push(entry.row.id);
    }
    return { ids, is_complete: isComplete };
  } finally {
    await bodies.close();
  }
}

/** Keeps the segment of the last one open: the next one mostly lies there, too. */
class Bodies {
  #segment: Segment | null = null;
  #file: SegmentFile | null = null;

  /** Good until the next call; null for one that is gone. */
  async of({ spot, line }: Entry): Promise<Buffer | null> {
    if (spot === null) return line && Buffer.from(line.request.body_base64, 'base64');
    if (this.#segment?.name !== spot.segment.name) {
      await this.close();
      this.#file = await SegmentFile.open(spot.segment);
      this.#segment = spot.segment;
    }
    return (await this.#file?.bodyOf(spot.place)) ?? null;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#segment = null;
    await file?.close();
  }
}
