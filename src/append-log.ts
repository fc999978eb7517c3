import { type FileHandle, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openForAppending, setAside, writeAside } from './append-log/files.ts';
import { linesWithout, MAX_RECORD_BYTES, replay } from './append-log/replay.ts';
import { Failure } from './errors.ts';
import { makeFolder } from './make-folder.ts';
import { REPLACES_OPEN_FILES, syncFolderOf } from './platform.ts';
import { systemReason } from './system-error.ts';

/** How much text one write gathers when a log is rewritten. */
const REWRITE_CHUNK_CHARS = 256 * 1024;

/** What reading a log found besides its records. */
export interface LogDamage {
  /** Bytes of a last line that a crash cut off: dropped. */
  readonly tornBytes: number;
  /** Whole lines that are no record: taken out of the log, kept in the copy. */
  readonly damagedLines: number;
  /** The log as it was found; null when no line was damaged. */
  readonly setAsidePath: string | null;
}

/** An append-only file of JSON lines with one writing process; who needs a lock takes it outside. */
export interface AppendLog {
  readonly damage: LogDamage;
  /** Bytes in the file: its owner tells by it when a rewrite pays. */
  sizeBytes(): number;
  /** On disk (written and synced) on return, in call order; many appends at a time share one sync. */
  append(record: unknown): Promise<void>;
  /**
   * Replaces all records at once. Records appended meanwhile follow the new ones, even where `records` shows
   * them already: replaying a record twice must do no harm.
   */
  rewrite(records: Iterable<unknown>): Promise<void>;
  /** Waits for what was appended. */
  close(): Promise<void>;
}

interface AppendLogOptions {
  /** Hears every record, oldest first; false says that it is none of its kind, and counts as damage. */
  readonly onRecord: (record: unknown) => boolean;
}

/**
 * Opens or creates the log (mode 0600, its folder 0700) and replays it. Throws Failure `store_unwritable`; so
 * do appends after the first write that failed, and after `close`.
 */
export async function openAppendLog(path: string, options: AppendLogOptions): Promise<AppendLog> {
  try {
    await makeFolder(dirname(path), 0o700);
    const found = await replay(path, options.onRecord);
    const damaged = found.damaged.size > 0;
    const setAsidePath = damaged ? await setAside(path) : null;
    if (damaged) await takeOut(path, found.damaged);
    const handle = await openForAppending(path, 0);
    // By its name: what is open for appending alone cannot be cut on Windows.
    if (found.tornBytes > 0 && !damaged) await truncate(path, found.wholeBytes);
    await handle.sync();
    await syncFolderOf(path);
    const { size } = await handle.stat();
    const damage = { tornBytes: found.tornBytes, damagedLines: found.damaged.size, setAsidePath };
    return new Log(path, handle, size, damage);
  } catch (error) {
    throw unwritable(path, error);
  }
}

interface Entry {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: Failure) => void;
}

class Log implements AppendLog {
  readonly damage: LogDamage;
  readonly #path: string;
  #handle: FileHandle;
  #size: number;
  /** Appends that the next write takes together. */
  #batch: Entry[] | undefined;
  /** Writes run one after the other: each begins when this, the last one, is over. Never rejects. */
  #last: Promise<void> = Promise.resolve();
  /** The first write that failed: nothing is taken after it. */
  #broken: Failure | undefined;
  #closed: Promise<void> | undefined;

  constructor(path: string, handle: FileHandle, size: number, damage: LogDamage) {
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
    this.damage = damage;
  }

  sizeBytes(): number {
    return this.#size;
  }

  async append(record: unknown): Promise<void> {
    this.#assertUsable();
    const line = encode(record);
    await new Promise<void>((resolve, reject) => {
      this.#nextBatch().push({ line, resolve, reject });
    });
  }

  /** The batch whose write has not begun; whoever starts one also queues its write. */
  #nextBatch(): Entry[] {
    if (this.#batch) return this.#batch;
    const batch: Entry[] = [];
    this.#batch = batch;
    this.#last = this.#last.then(() => this.#flush(batch));
    return batch;
  }

  async #flush(batch: readonly Entry[]): Promise<void> {
    if (this.#batch === batch) this.#batch = undefined;
    try {
      if (this.#broken) throw this.#broken;
      const bytes = Buffer.from(batch.map(({ line }) => line).join(''));
      await this.#handle.appendFile(bytes);
      await this.#handle.datasync();
      this.#size += bytes.length;
      for (const { resolve } of batch) resolve();
    } catch (error) {
      const broken = unwritable(this.#path, error);
      this.#broken ??= broken;
      // What was refused should not be replayed; where this fails too, the next opening drops half a line.
      await truncate(this.#path, this.#size).catch(() => undefined);
      for (const { reject } of batch) reject(broken);
    }
  }

  async rewrite(records: Iterable<unknown>): Promise<void> {
    this.#assertUsable();
    // What is appended from now on must follow the new records, not share a write before them.
    this.#batch = undefined;
    const done = this.#last.then(() => this.#replace(records));
    this.#last = done.catch(() => undefined);
    await done;
  }

  async #replace(records: Iterable<unknown>): Promise<void> {
    if (this.#broken) throw this.#broken;
    try {
      const old = this.#handle;
      const closing = REPLACES_OPEN_FILES ? undefined : () => old.close();
      const fresh = await writeAside(this.#path, encodeAll(records), closing);
      this.#handle = fresh.handle;
      this.#size = fresh.sizeBytes;
      if (REPLACES_OPEN_FILES) await old.close();
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  #assertUsable(): void {
    if (this.#broken) throw this.#broken;
    if (this.#closed) throw new Failure('store_unwritable', `${this.#path} is closed`);
  }

  async close(): Promise<void> {
    this.#closed ??= this.#last.then(() => this.#handle.close());
    await this.#closed;
  }
}

function encode(record: unknown): string {
  const line = `${JSON.stringify(record)}\n`;
  if (Buffer.byteLength(line) <= MAX_RECORD_BYTES) return line;
  throw new Failure('store_unwritable', `A record of more than ${MAX_RECORD_BYTES} bytes cannot be stored`);
}

/** Lines, gathered into texts of a good size to write. */
function* encodeAll(records: Iterable<unknown>): Generator<string> {
  let text = '';
  for (const record of records) {
    text += encode(record);
    if (text.length < REWRITE_CHUNK_CHARS) continue;
    yield text;
    text = '';
  }
  yield text;
}

async function takeOut(path: string, damaged: ReadonlySet<number>): Promise<void> {
  const fresh = await writeAside(path, linesWithout(path, damaged));
  await fresh.handle.close();
}

function unwritable(path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  return new Failure('store_unwritable', `${path} cannot be written: ${systemReason(cause)}`, {
    hint: 'Check that the disk has room and that the folder belongs to you.',
    cause,
  });
}
