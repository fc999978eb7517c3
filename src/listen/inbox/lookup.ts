import type { KeptDelivery } from '../kept.ts';
import { parseDelivery } from './meta.ts';
import { bytesOf, type Place, SegmentFile } from './segment-file.ts';
import { inboxFolder, listSegments, newestOfEach, type Segment } from './segments.ts';

/** Where the deliveries of one segment lie, as far as it has been read. */
interface Known {
  readonly segment: Segment;
  readonly places: Map<string, Place>;
  readToByte: number;
  /** Nobody appends to it any more. */
  isWhole: boolean;
}

/** The delivery of that id as it was kept, without what was amended; null when it is not there, or damaged. */
type Lookup = (id: string) => Promise<KeptDelivery | null>;

/**
 * For many questions one after the other: remembers where deliveries lie, some hundred bytes each. Only an id that it
 * has not seen makes it read on, and then no more than was written since. Each answer checks the record it reads.
 * Rejects with Failure `store_unwritable` where the system does not let it read.
 */
export function openLookup(dataDir: string): Lookup {
  const index = new Index(inboxFolder(dataDir));
  return async (id) => {
    if (!index.find(id)) await index.readOn();
    const found = index.find(id);
    return found && deliveryAt(found.segment, found.place);
  };
}

class Index {
  readonly #folder: string;
  #known = new Map<string, Known>();
  #running: Promise<void> | null = null;
  /** For those who ask while one runs: it may have passed what they look for. */
  #next: Promise<void> | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  find(id: string): { readonly segment: Segment; readonly place: Place } | null {
    for (const { segment, places } of this.#known.values()) {
      const place = places.get(id);
      if (place) return { segment, place };
    }
    return null;
  }

  /** Has read all that was there when it was called. */
  readOn(): Promise<void> {
    if (this.#next) return this.#next;
    const before = this.#running;
    if (before === null) return this.#start();
    this.#next = before
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.#start();
      });
    return this.#next;
  }

  #start(): Promise<void> {
    const running = this.#read().finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }

  async #read(): Promise<void> {
    const segments = await listSegments(this.#folder);
    const growing = newestOfEach(segments);
    const known = new Map<string, Known>();
    for (const segment of segments) {
      const one = this.#known.get(segment.name) ?? unread(segment);
      if (!one.isWhole) await readSegment(one);
      one.isWhole = !growing.has(segment.name);
      known.set(segment.name, one);
    }
    this.#known = known;
  }
}

function unread(segment: Segment): Known {
  return { segment, places: new Map(), readToByte: 0, isWhole: false };
}

async function readSegment(known: Known): Promise<void> {
  const file = await SegmentFile.open(known.segment);
  if (!file) return;
  try {
    for await (const place of file.places(known.readToByte)) {
      const meta = place.header.kind === 'delivery' ? await file.metaOf(place) : null;
      const id = meta && parseDelivery(meta)?.id;
      if (typeof id === 'string') known.places.set(id, place);
      known.readToByte = place.offset + bytesOf(place.header);
    }
  } finally {
    await file.close();
  }
}

async function deliveryAt(segment: Segment, place: Place): Promise<KeptDelivery | null> {
  const file = await SegmentFile.open(segment);
  try {
    const record = (await file?.recordAt(place)) ?? null;
    const meta = record && parseDelivery(record.meta);
    return meta && { ...meta, body: record.body };
  } finally {
    await file?.close();
  }
}
