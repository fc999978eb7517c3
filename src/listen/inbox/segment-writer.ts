import { constants, fstatSync } from 'node:fs';
import { type FileHandle, open, rm, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../../make-folder.ts';
import { syncFolderOf } from '../../platform.ts';
import type { Frame } from './frame.ts';
import type { Segment } from './segments.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const MAX_JOINED_BYTES = 1024 * 1024;

/** A segment that this process appends to. Throws errors of the system as they are. */
export class SegmentWriter {
  readonly segment: Segment;
  readonly #handle: FileHandle;
  #bytes = 0;
  #deliveries = 0;
  #isNameSynced = false;

  private constructor(segment: Segment, handle: FileHandle) {
    this.segment = segment;
    this.#handle = handle;
  }

  static async create(segment: Segment): Promise<SegmentWriter> {
    // Whoever removes the whole folder under a writer finds it made anew.
    await makeFolder(dirname(segment.path), FOLDER_MODE);
    const flags = constants.O_APPEND | constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
    const handle = await open(segment.path, flags, FILE_MODE);
    const writer = new SegmentWriter(segment, handle);
    try {
      await handle.chmod(FILE_MODE);
      return writer;
    } catch (error) {
      await writer.abandon();
      throw error;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  get deliveries(): number {
    return this.#deliveries;
  }

  /** On disk on return; false when the segment was removed meanwhile, and the frames with it. */
  async append(frames: readonly Frame[]): Promise<boolean> {
    await this.#write(joined(frames.flatMap(({ head, body }) => (body.length > 0 ? [head, body] : [head]))));
    await Promise.all([this.#handle.datasync(), this.#syncName()]);
    // At once: the answer to a question about an open file is in memory, and a thread would cost far more.
    if (fstatSync(this.#handle.fd).nlink === 0) return false;
    for (const { kind, bytes } of frames) {
      this.#bytes += bytes;
      if (kind === 'delivery') this.#deliveries += 1;
    }
    return true;
  }

  async #write(parts: readonly Uint8Array[]): Promise<void> {
    let rest = parts;
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev(rest);
      rest = after(rest, bytesWritten);
    }
  }

  async #syncName(): Promise<void> {
    if (this.#isNameSynced) return;
    await syncFolderOf(this.segment.path);
    this.#isNameSynced = true;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** After a failure: takes away what was not acknowledged, as far as the system lets it. Never throws. */
  async abandon(): Promise<void> {
    await truncate(this.segment.path, this.#bytes).catch(() => undefined);
    await this.#handle.close().catch(() => undefined);
    if (this.#bytes === 0) await rm(this.segment.path, { force: true }).catch(() => undefined);
  }
}

/** Small parts as one: to hand each over to the system costs more than to copy it. */
function joined(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return bytes > MAX_JOINED_BYTES ? parts : [Buffer.concat(parts, bytes)];
}

/** What is left of `parts` once so many bytes of them are written. */
function after(parts: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let left = bytes;
  for (const [index, part] of parts.entries()) {
    if (left < part.length) return [part.subarray(left), ...parts.slice(index + 1)];
    left -= part.length;
  }
  return [];
}
