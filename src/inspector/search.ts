import type { Clock } from '../clock.ts';
import { parseDelivery } from '../listen/inbox/meta.ts';
import { SegmentFile } from '../listen/inbox/segment-file.ts';
import type { Segment } from '../listen/inbox/segments.ts';
import type { KeptDelivery } from '../listen/kept.ts';
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

/** Which deliveries hold a text in body, headers or the app's answer, whatever its case. Throws the signal's reason. */
export async function searchAll(
  entries: readonly Entry[],
  text: string,
  { clock, signal }: SearchOptions,
): Promise<Found> {
  const wanted = text.toLowerCase();
  const untilMs = clock.now() + MAX_SEARCH_MS;
  const records = new Records();
  const ids: string[] = [];
  let isComplete = true;
  try {
    for (const entry of entries) {
      signal.throwIfAborted();
      if (ids.length >= MAX_FOUND || clock.now() > untilMs) return { ids, is_complete: false };
      const body = await records.bodyOf(entry);
      if (body === null) continue;
      if (body.length > MAX_SEARCHED_BYTES) isComplete = false;
      const searched = body.subarray(0, MAX_SEARCHED_BYTES).toString('utf8').toLowerCase();
      if (searched.includes(wanted) || around(entry, await records.restOf(entry)).includes(wanted))
        ids.push(entry.row.id);
    }
    return { ids, is_complete: isComplete };
  } finally {
    await records.close();
  }
}

type Rest = Pick<KeptDelivery, 'headers' | 'forward'>;

/** What a page shows of a delivery besides its body and the row, as a line each, in lower case. */
function around({ change }: Entry, rest: Rest | null): string {
  const { body, error, url } = change.forward ?? rest?.forward ?? {};
  const headers = rest?.headers.map(([name, value]) => `${name}: ${value}`) ?? [];
  return [...headers, body ?? '', error ?? '', url ?? ''].join('\n').toLowerCase();
}

/** Keeps the segment of the last one open: the next one mostly lies there, too. */
class Records {
  #segment: Segment | null = null;
  #file: SegmentFile | null = null;

  /** Good until the next call; null for one that is gone. */
  async bodyOf({ spot, line }: Entry): Promise<Buffer | null> {
    if (spot === null) return line && Buffer.from(line.request.body_base64, 'base64');
    return (await (await this.#open(spot.segment))?.bodyOf(spot.place)) ?? null;
  }

  /** Null for one that is gone. */
  async restOf({ spot, line }: Entry): Promise<Rest | null> {
    if (spot === null) return line && { headers: line.request.headers, forward: line.forward };
    const meta = await (await this.#open(spot.segment))?.metaOf(spot.place);
    return meta ? parseDelivery(meta) : null;
  }

  async #open(segment: Segment): Promise<SegmentFile | null> {
    if (this.#segment?.name !== segment.name) {
      await this.close();
      this.#file = await SegmentFile.open(segment);
      this.#segment = segment;
    }
    return this.#file;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#segment = null;
    await file?.close();
  }
}
