import { type Envelope, readEnvelope } from '../listen/event-line.ts';
import { type AmendmentMeta, parseAmendment, parseDelivery } from '../listen/inbox/meta.ts';
import { bytesOf, type Place, SegmentFile } from '../listen/inbox/segment-file.ts';
import { inboxFolder, listSegments, newestOfEach, type Segment } from '../listen/inbox/segments.ts';
import type { KeptDelivery } from '../listen/kept.ts';

/** Where a delivery lies. */
export interface Spot {
  readonly segment: Segment;
  readonly place: Place;
}

/** A delivery that was found, without holding its body. */
export interface ReadDelivery extends Spot {
  readonly kept: KeptDelivery;
  readonly envelope: Envelope;
}

/** What a reading found that those before it did not. */
export interface News<T> {
  /** In no order. */
  readonly deliveries: readonly T[];
  readonly amendments: readonly AmendmentMeta[];
  /** Names of segments that were removed. */
  readonly gone: readonly string[];
}

/** One under way. */
interface Reading<T> {
  readonly deliveries: T[];
  readonly amendments: AmendmentMeta[];
}

interface ReaderOptions<T> {
  readonly dataDir: string;
  /** What is to be remembered of a delivery while others are read. */
  readonly pick: (found: ReadDelivery) => T;
  readonly onRead: (news: News<T>) => void;
}

interface Known {
  readonly segment: Segment;
  readToByte: number;
  sizeBytes: number;
  /** Nobody appends to it any more. */
  isWhole: boolean;
}

/** Reads the inbox on from where it was; costs little where nothing was written. Changes nothing. */
export class InboxReader<T> {
  readonly #folder: string;
  readonly #options: ReaderOptions<T>;
  #known = new Map<string, Known>();
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(options: ReaderOptions<T>) {
    this.#folder = inboxFolder(options.dataDir);
    this.#options = options;
  }

  /** Has read all that was there when it was called. Rejects with Failure `store_unwritable`. */
  readOn(): Promise<void> {
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        this.#running = this.#read();
        return this.#running;
      });
    return this.#next;
  }

  async #read(): Promise<void> {
    const segments = await listSegments(this.#folder);
    const growing = newestOfEach(segments);
    const known = new Map<string, Known>();
    const news: Reading<T> = { deliveries: [], amendments: [] };
    for (const segment of segments) {
      const one = this.#known.get(segment.name) ?? unread(segment);
      if (!one.isWhole) await this.#readSegment(one, news);
      one.isWhole = !growing.has(segment.name);
      known.set(segment.name, one);
    }
    const gone = [...this.#known.keys()].filter((name) => !known.has(name));
    this.#known = known;
    this.#options.onRead({ ...news, gone });
  }

  async #readSegment(known: Known, news: Reading<T>): Promise<void> {
    const file = await SegmentFile.open(known.segment);
    if (file === null) return;
    try {
      if (file.sizeBytes === known.sizeBytes) return;
      for await (const place of file.places(known.readToByte)) {
        await this.#readRecord(file, { segment: known.segment, place }, news);
        known.readToByte = place.offset + bytesOf(place.header);
      }
      known.sizeBytes = file.sizeBytes;
    } finally {
      await file.close();
    }
  }

  async #readRecord(file: SegmentFile, spot: Spot, news: Reading<T>): Promise<void> {
    const { kind } = spot.place.header;
    const record = kind === 'end' ? null : await file.recordAt(spot.place);
    if (record === null) return;
    if (kind === 'amendment') {
      const amendment = parseAmendment(record.meta);
      if (amendment) news.amendments.push(amendment);
      return;
    }
    const meta = parseDelivery(record.meta);
    const kept = meta && { ...meta, body: record.body };
    if (kept) news.deliveries.push(this.#options.pick({ ...spot, kept, envelope: readEnvelope(kept) }));
  }
}

const unread = (segment: Segment): Known => ({ segment, readToByte: 0, sizeBytes: -1, isWhole: false });

/** The delivery as it was kept, without what was amended; null when it is gone, or damaged. */
export async function deliveryAt({ segment, place }: Spot): Promise<KeptDelivery | null> {
  const file = await SegmentFile.open(segment);
  try {
    const record = (await file?.recordAt(place)) ?? null;
    const meta = record && parseDelivery(record.meta);
    return meta && { ...meta, body: record.body };
  } finally {
    await file?.close();
  }
}
