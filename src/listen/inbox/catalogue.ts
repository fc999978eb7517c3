import type { Amendment, KeptDelivery } from '../kept.ts';
import { type DeliveryMeta, parseAmendment, parseDelivery } from './meta.ts';
import { type Damage, type Place, SegmentFile } from './segment-file.ts';
import { listSegments, type Segment } from './segments.ts';

/** Segments that are open at a time while deliveries are read. */
const MAX_OPEN_SEGMENTS = 4;

/** Where a record lies, found sound. */
interface Spot extends Place {
  readonly segment: Segment;
}

interface Entry extends Spot {
  readonly receivedMs: number;
}

type Wanted = (meta: DeliveryMeta, segment: Segment) => boolean;

/**
 * Where everything in the inbox lies, in some hundred bytes a record: bodies are read one at a time, when they are
 * asked for. It knows what was there when it was made.
 */
export class Catalogue {
  /** Tokens of writers that said they were done. */
  readonly ended = new Set<string>();
  readonly #damage: Damage;
  readonly #entries: Entry[] = [];
  readonly #amendments = new Map<string, Spot[]>();
  readonly #open = new Map<string, SegmentFile>();

  private constructor(damage: Damage) {
    this.#damage = damage;
  }

  /** Of the deliveries that `isWanted`; counts in `damage`. Throws Failure `store_unwritable`. */
  static async make(folder: string, damage: Damage, isWanted: Wanted = () => true): Promise<Catalogue> {
    const catalogue = new Catalogue(damage);
    for (const segment of await listSegments(folder)) {
      const file = await SegmentFile.open(segment);
      if (file) await catalogue.#enterAll(segment, file, isWanted).finally(() => file.close());
    }
    // The order of reading stays where times are the same.
    catalogue.#entries.sort((one, other) => one.receivedMs - other.receivedMs);
    return catalogue;
  }

  async #enterAll(segment: Segment, file: SegmentFile, isWanted: Wanted): Promise<void> {
    for await (const place of file.places(0, this.#damage)) {
      const meta = (await file.isSound(place)) ? await file.metaOf(place) : null;
      if (!meta || !this.#enter({ ...place, segment }, meta, isWanted)) this.#damage.damagedRecords += 1;
    }
  }

  /** False for what is no record of ours. */
  #enter(spot: Spot, json: Buffer, isWanted: Wanted): boolean {
    if (spot.header.kind === 'end') {
      this.ended.add(spot.segment.writer.token);
      return true;
    }
    if (spot.header.kind === 'amendment') return this.#enterAmendment(spot, json);
    const meta = parseDelivery(json);
    if (meta && isWanted(meta, spot.segment)) this.#entries.push({ ...spot, receivedMs: meta.receivedMs });
    return meta !== null;
  }

  #enterAmendment(spot: Spot, json: Buffer): boolean {
    const amendment = parseAmendment(json);
    if (!amendment) return false;
    const spots = this.#amendments.get(amendment.id);
    if (spots) spots.push(spot);
    else this.#amendments.set(amendment.id, [spot]);
    return true;
  }

  /**
   * Oldest first, or newest first; of those that `isWanted`, which hears of them as amended. What was removed since
   * the catalogue was made is left out.
   */
  async *read(
    isNewestFirst = false,
    isWanted: Wanted = () => true,
  ): AsyncGenerator<KeptDelivery, void, undefined> {
    const { length } = this.#entries;
    try {
      for (let index = 0; index < length; index += 1) {
        const entry = this.#entries[isNewestFirst ? length - 1 - index : index];
        const kept = entry && (await this.#deliveryAt(entry, isWanted));
        if (kept) yield kept;
      }
    } finally {
      await this.#closeAll();
    }
  }

  async #deliveryAt(entry: Entry, isWanted: Wanted): Promise<KeptDelivery | null> {
    const json = await (await this.#fileOf(entry.segment))?.metaOf(entry);
    const meta = json && parseDelivery(json);
    if (!meta) return null;
    const amended = { ...meta, ...(await this.#changesOf(meta.id)) };
    if (!isWanted(amended, entry.segment)) return null;
    const file = await this.#fileOf(entry.segment);
    const body = file && (await file.isSound(entry)) ? await file.bodyOf(entry) : null;
    // A copy: what is read of a segment at a time is far more than this body, and would stay in memory with it.
    return body && { ...amended, body: Uint8Array.from(body) };
  }

  async #changesOf(id: string): Promise<Amendment> {
    let changes: Amendment = {};
    for (const spot of this.#amendments.get(id) ?? []) {
      const json = await (await this.#fileOf(spot.segment))?.metaOf(spot);
      changes = { ...changes, ...(json && parseAmendment(json)?.change) };
    }
    return changes;
  }

  /** Null when it was removed. */
  async #fileOf(segment: Segment): Promise<SegmentFile | null> {
    const known = this.#open.get(segment.name);
    if (known) return known;
    if (this.#open.size >= MAX_OPEN_SEGMENTS) await this.#closeAll();
    const file = await SegmentFile.open(segment);
    if (file) this.#open.set(segment.name, file);
    return file;
  }

  async #closeAll(): Promise<void> {
    const files = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(files.map((file) => file.close()));
  }
}
