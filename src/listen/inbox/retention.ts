import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolderOf } from '../../platform.ts';
import { CLAIM_NAME } from './claims.ts';
import { inboxFailure } from './failure.ts';
import { SegmentFile } from './segment-file.ts';
import { inboxFolder, listSegments, namesIn, newestOfEach, type Segment } from './segments.ts';
import { isGone, type Processes } from './writers.ts';

/** The newest so many are always kept; see `openInbox` for how many more there may be. */
export interface InboxBounds {
  readonly maxDeliveries: number;
  /** Of the segments on disk: bodies, headers and what is said of them. */
  readonly maxBytes: number;
}

/** How far a segment has been counted. */
interface Counted {
  readonly bytes: number;
  readonly deliveries: number;
}

const NOTHING: Counted = { bytes: 0, deliveries: 0 };

/** Lets the oldest deliveries go, whole segments at a time. */
export class Retention {
  readonly #folder: string;
  readonly #bounds: InboxBounds;
  readonly #processes: Processes;
  #counted = new Map<string, Counted>();

  constructor(folder: string, bounds: InboxBounds, processes: Processes) {
    this.#folder = folder;
    this.#bounds = bounds;
    this.#processes = processes;
  }

  /** Spares the counting of a segment that will not grow any more. */
  note(segment: Segment, counted: Counted): void {
    this.#counted.set(segment.name, counted);
  }

  /** Removes what is beyond the bounds. Throws Failure `store_unwritable`. */
  async enforce(): Promise<void> {
    const segments = await listSegments(this.#folder);
    await this.#count(segments);
    const inUse = newestOfEach(segments);
    const over = this.#total(segments);
    for (const segment of segments) {
      if (inUse.has(segment.name) && !isGone(segment.writer, this.#processes)) continue;
      const { bytes, deliveries } = this.#counted.get(segment.name) ?? NOTHING;
      over.bytes -= bytes;
      over.deliveries -= deliveries;
      if (over.bytes < this.#bounds.maxBytes && over.deliveries < this.#bounds.maxDeliveries) break;
      await remove(segment.path);
    }
    await sweepClaims(this.#folder);
  }

  #total(segments: readonly Segment[]): { bytes: number; deliveries: number } {
    const total = { ...NOTHING };
    for (const { name } of segments) {
      const { bytes, deliveries } = this.#counted.get(name) ?? NOTHING;
      total.bytes += bytes;
      total.deliveries += deliveries;
    }
    return total;
  }

  async #count(segments: readonly Segment[]): Promise<void> {
    const counted = new Map<string, Counted>();
    for (const segment of segments) {
      counted.set(segment.name, await countFrom(segment, this.#counted.get(segment.name) ?? NOTHING));
    }
    this.#counted = counted;
  }
}

async function countFrom(segment: Segment, known: Counted): Promise<Counted> {
  const status = await stat(segment.path).catch(() => undefined);
  if (status?.size === known.bytes) return known;
  const file = await SegmentFile.open(segment);
  if (!file) return NOTHING;
  try {
    // What was counted may have been cut off half a record ago: the whole is counted anew, by headers alone.
    return { bytes: file.sizeBytes, deliveries: await countDeliveries(file) };
  } finally {
    await file.close();
  }
}

async function countDeliveries(file: SegmentFile): Promise<number> {
  let count = 0;
  for await (const { header } of file.places()) {
    if (header.kind === 'delivery') count += 1;
  }
  return count;
}

/** Claims of writers that have left nothing. */
async function sweepClaims(folder: string): Promise<void> {
  const names = await namesIn(folder);
  const claims = names.flatMap((name) => {
    const [, token] = CLAIM_NAME.exec(name) ?? [];
    return token === undefined ? [] : [{ name, token }];
  });
  if (claims.length === 0) return;
  const tokens = new Set((await listSegments(folder)).map(({ writer }) => writer.token));
  for (const { name, token } of claims) {
    if (!tokens.has(token)) await remove(join(folder, name));
  }
}

/**
 * Empties the inbox, also while others write to it: what they keep from now on stays. Returns how many deliveries
 * there were. Throws Failure `store_unwritable`.
 */
export async function clearInbox(dataDir: string): Promise<{ readonly deliveries: number }> {
  const folder = inboxFolder(dataDir);
  const segments = await listSegments(folder);
  let deliveries = 0;
  for (const segment of segments) {
    deliveries += (await countFrom(segment, NOTHING)).deliveries;
    await remove(segment.path);
  }
  await sweepClaims(folder);
  if (segments[0]) await syncFolderOf(segments[0].path);
  return { deliveries };
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw inboxFailure(path, 'removed', error);
  }
}
