import { constants } from 'node:fs';
import { access, chmod } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { inboxFailure } from './inbox/failure.ts';
import { encodeFrame, type Frame, type FrameKind, MAX_BODY_BYTES, MAX_META_BYTES } from './inbox/frame.ts';
import { amendmentMeta, deliveryMeta } from './inbox/meta.ts';
import { type InboxBounds, Retention } from './inbox/retention.ts';
import { SegmentWriter } from './inbox/segment-writer.ts';
import { inboxFolder, markerOf, nameSegment, newWriter, type Writer } from './inbox/segments.ts';
import type { Processes } from './inbox/writers.ts';
import type { Amendment, KeptDelivery } from './kept.ts';

const DEFAULT_BOUNDS: InboxBounds = { maxDeliveries: 10_000, maxBytes: 256 * 1024 * 1024 };
/** A bound is this many segments: what goes, goes a segment at a time. */
const SEGMENTS_IN_A_BOUND = 10;
const MAX_SEGMENT_BYTES = 64 * 1024 * 1024;
/** What one write takes together; a single record may be longer. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const MAX_BATCH_RECORDS = 512;
/** Times that the segment may be removed under the same write. */
const MAX_REMOVALS = 100;

/** Deliveries on disk, for processes that read them with `readInbox`. */
export interface Inbox {
  /**
   * On disk (written and synced) on return; many at a time share one sync. Rejects with Failure `store_unwritable`,
   * on a full disk for instance; later ones may succeed again. Leave the body as it is until then; what
   * waits stays in memory, so bound how many you ask for at a time.
   */
  keep(delivery: KeptDelivery): Promise<void>;
  /** What became known of the delivery of that id, whoever kept it; as durable as `keep`. */
  amend(id: string, change: Amendment): Promise<void>;
  /** Waits for what was kept before; nothing is taken afterwards. */
  close(): Promise<void>;
}

interface InboxOptions {
  readonly dataDir: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly processes: Processes;
  readonly bounds?: Partial<InboxBounds> | undefined;
  /** Hears when old deliveries cannot be removed; new ones are kept all the same. */
  readonly onProblem: (problem: Failure) => void;
}

/**
 * Opens the inbox in `<dataDir>/inbox` (0700, its files 0600) for writing; several processes may at a time.
 * The oldest deliveries go first, by whole segments of a tenth of a bound: the newest `maxDeliveries` are there, or,
 * where these take more, the newest `maxBytes`; and of older ones at most two segments and one more for each other
 * process that is writing. Throws Failure `store_unwritable`.
 */
export async function openInbox(options: InboxOptions): Promise<Inbox> {
  const folder = inboxFolder(options.dataDir);
  try {
    await makeFolder(folder, 0o700);
    // Best effort: a foreign file system keeps its modes, and the files are private in any folder.
    await chmod(folder, 0o700).catch(() => undefined);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw inboxFailure(folder, 'written', error);
  }
  return new SegmentedInbox(folder, options);
}

interface Entry {
  readonly frame: Frame;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

class SegmentedInbox implements Inbox {
  readonly #folder: string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #onProblem: (problem: Failure) => void;
  readonly #writer: Writer;
  readonly #marker: Uint8Array;
  readonly #limits: { readonly deliveries: number; readonly bytes: number };
  readonly #retention: Retention;
  /** In the order they came; those that a write has taken are out of it. */
  #waiting: Entry[] = [];
  /** Runs while there is something to write. Never rejects. */
  #writing: Promise<void> | undefined;
  #segment: SegmentWriter | undefined;
  #segments = 0;
  #latestMs = 0;
  #isRetentionDue = false;
  /** Runs while it is due. Never rejects. */
  #retaining: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(folder: string, options: InboxOptions) {
    const bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
    this.#folder = folder;
    this.#clock = options.clock;
    this.#onProblem = options.onProblem;
    this.#writer = newWriter(options.processes);
    this.#marker = markerOf(this.#writer);
    this.#limits = {
      deliveries: Math.max(1, Math.floor(bounds.maxDeliveries / SEGMENTS_IN_A_BOUND)),
      bytes: Math.min(MAX_SEGMENT_BYTES, Math.floor(bounds.maxBytes / SEGMENTS_IN_A_BOUND)),
    };
    this.#retention = new Retention(folder, bounds, options.processes);
    this.#retain();
  }

  async keep(delivery: KeptDelivery): Promise<void> {
    await this.#append('delivery', deliveryMeta(delivery), delivery.body);
  }

  async amend(id: string, change: Amendment): Promise<void> {
    await this.#append('amendment', amendmentMeta({ id, change }));
  }

  #append(kind: FrameKind, meta: string, body?: Uint8Array): Promise<void> {
    if (this.#closed) throw new Failure('store_unwritable', `The inbox in ${this.#folder} is closed`);
    const frame = encodeFrame(this.#marker, kind, meta, body);
    if (!frame) throw tooLong();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ frame, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    // What comes in at the same time is to share the first write, too.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#writeBatch(this.#takeBatch());
    this.#writing = undefined;
  }

  #takeBatch(): readonly Entry[] {
    const most = Math.min(MAX_BATCH_RECORDS, this.#limits.deliveries, this.#waiting.length);
    let bytes = 0;
    let count = 0;
    while (count < most && (count === 0 || bytes < MAX_BATCH_BYTES)) {
      bytes += this.#waiting[count]?.frame.bytes ?? 0;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeBatch(batch: readonly Entry[]): Promise<void> {
    try {
      await this.#write(batch.map(({ frame }) => frame));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      // Named by the folder: each attempt has a file of its own, and one trouble is to have one message.
      const failure = inboxFailure(this.#folder, 'written', error);
      // What was refused should not be read; where this fails too, a reader skips what is half there.
      await this.#segment?.abandon();
      this.#segment = undefined;
      for (const { reject } of batch) reject(failure);
    }
  }

  async #write(frames: readonly Frame[]): Promise<void> {
    for (let removals = 0; removals <= MAX_REMOVALS; removals += 1) {
      const segment = await this.#segmentFor(frames);
      if (await segment.append(frames)) return;
      // Somebody cleared the inbox meanwhile: that was meant for what was there before.
      this.#segment = undefined;
      await segment.close();
    }
    throw new Failure('store_unwritable', `Something keeps removing the files in ${this.#folder}`);
  }

  async #segmentFor(frames: readonly Frame[]): Promise<SegmentWriter> {
    if (this.#segment && !this.#hasRoom(this.#segment, frames)) await this.#seal(this.#segment);
    this.#segment ??= await this.#startSegment();
    return this.#segment;
  }

  #hasRoom({ bytes, deliveries }: SegmentWriter, frames: readonly Frame[]): boolean {
    const more = frames.reduce((sum, frame) => sum + frame.bytes, 0);
    return bytes + more <= this.#limits.bytes && deliveries + frames.length <= this.#limits.deliveries;
  }

  async #seal(full: SegmentWriter): Promise<void> {
    this.#segment = undefined;
    this.#retention.note(full.segment, { bytes: full.bytes, deliveries: full.deliveries });
    await full.close();
  }

  async #startSegment(): Promise<SegmentWriter> {
    // A clock that is put back must not make a newer segment sort before an older one.
    this.#latestMs = Math.max(this.#latestMs, this.#clock.now());
    this.#segments += 1;
    const segment = nameSegment(this.#folder, this.#writer, this.#latestMs, this.#segments);
    const started = await SegmentWriter.create(segment);
    this.#retain();
    return started;
  }

  /** Beside the writing, one at a time. */
  #retain(): void {
    this.#isRetentionDue = true;
    this.#retaining ??= this.#enforceBounds();
  }

  async #enforceBounds(): Promise<void> {
    while (this.#isRetentionDue) {
      this.#isRetentionDue = false;
      await this.#retention.enforce().catch((error: unknown) => this.#tell(error));
    }
    this.#retaining = undefined;
  }

  #tell(error: unknown): void {
    const told = error instanceof Failure;
    this.#onProblem(
      told ? error : new Failure('internal', 'The inbox cannot be kept small', { cause: error }),
    );
  }

  async close(): Promise<void> {
    this.#closed ??= this.#end();
    await this.#closed;
  }

  async #end(): Promise<void> {
    await this.#writing;
    await this.#retaining;
    const end = encodeFrame(this.#marker, 'end', '');
    // It only spares the next one a question: who finds none asks whether this process still runs.
    if (this.#segment && end) await this.#segment.append([end]).catch(() => false);
    await this.#segment?.close();
  }
}

function tooLong(): Failure {
  return new Failure(
    'store_unwritable',
    `A delivery of more than ${MAX_BODY_BYTES} bytes, or ${MAX_META_BYTES} besides its body, cannot be kept`,
  );
}
