import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { systemCode } from '../../system-error.ts';
import { inboxFailure } from './failure.ts';
import { type FrameHeader, HEADER_BYTES, MARKER_BYTES, parseHeader } from './frame.ts';
import { markerOf, type Segment } from './segments.ts';

/** No writer makes a longer segment: what lies behind is not read. */
const MAX_SEGMENT_BYTES = 256 * 1024 * 1024;
const WINDOW_BYTES = 256 * 1024;

/** Counts of what could not be read. */
export interface Damage {
  /** Segments whose last record is not whole: a writer was killed in the middle of it, or is at it. */
  tornTails: number;
  /** Records, or runs of bytes that hold none, that were skipped. */
  damagedRecords: number;
}

export const noDamage = (): Damage => ({ tornTails: 0, damagedRecords: 0 });

/** A record in a segment, known by its header. */
export interface Place {
  readonly offset: number;
  readonly header: FrameHeader;
}

export const bytesOf = ({ metaBytes, bodyBytes }: FrameHeader): number =>
  HEADER_BYTES + metaBytes + bodyBytes;

/** A segment for reading, as long as it was when it was opened; never holds more of it than one record. */
export class SegmentFile {
  readonly sizeBytes: number;
  readonly #path: string;
  readonly #handle: FileHandle;
  readonly #marker: Buffer;
  #window: Buffer = Buffer.alloc(0);
  #windowAt = 0;

  private constructor(segment: Segment, handle: FileHandle, sizeBytes: number) {
    this.#path = segment.path;
    this.#marker = markerOf(segment.writer);
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
  }

  /** Null for one that is gone, or is no plain file. Throws Failure `store_unwritable`. */
  static async open(segment: Segment): Promise<SegmentFile | null> {
    // A link or a pipe of that name is none of ours: neither followed nor waited for.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    try {
      const handle = await open(segment.path, flags);
      const status = await handle.stat();
      const sizeBytes = Math.min(status.size, MAX_SEGMENT_BYTES);
      if (status.isFile()) return new SegmentFile(segment, handle, sizeBytes);
      await handle.close();
      return null;
    } catch (error) {
      if (['ENOENT', 'ELOOP', 'ENXIO'].includes(systemCode(error) ?? '')) return null;
      throw inboxFailure(segment.path, 'read', error);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** The records from `from` on by their headers; whether they are sound is not asked. */
  async *places(from = 0, damage = noDamage()): AsyncGenerator<Place> {
    let offset = from;
    let isLost = false;
    while (offset < this.sizeBytes) {
      const header = await this.#headerAt(offset);
      if (header) {
        yield { offset, header };
        offset += bytesOf(header);
        isLost = false;
        continue;
      }
      const next = await this.#findMarker(offset + 1);
      if (next === null) damage.tornTails += 1;
      else if (!isLost) damage.damagedRecords += 1;
      isLost = true;
      offset = next ?? this.sizeBytes;
    }
  }

  /** True when meta and body are what was written. */
  async isSound({ offset, header }: Place): Promise<boolean> {
    let crc = 0;
    const end = offset + bytesOf(header);
    for (let at = offset + HEADER_BYTES; at < end; at += WINDOW_BYTES) {
      const part = await this.at(at, Math.min(WINDOW_BYTES, end - at));
      if (part === null) return false;
      crc = crc32(part, crc);
    }
    return crc === header.crc;
  }

  /** All of one record in memory of its own; null when it is not what was written. */
  async recordAt({
    offset,
    header,
  }: Place): Promise<{ readonly meta: Buffer; readonly body: Buffer } | null> {
    const length = header.metaBytes + header.bodyBytes;
    const from = offset + HEADER_BYTES;
    if (from + length > this.sizeBytes) return null;
    const bytes = await this.#read(Buffer.allocUnsafeSlow(length), from, length);
    if (bytes === null || crc32(bytes) !== header.crc) return null;
    return { meta: bytes.subarray(0, header.metaBytes), body: bytes.subarray(header.metaBytes) };
  }

  /** Good until the next call. */
  metaOf({ offset, header }: Place): Promise<Buffer | null> {
    return this.at(offset + HEADER_BYTES, header.metaBytes);
  }

  /** Good until the next call. */
  bodyOf({ offset, header }: Place): Promise<Buffer | null> {
    return this.at(offset + HEADER_BYTES + header.metaBytes, header.bodyBytes);
  }

  /** Good until the next call; null where the file has no such bytes, or no longer. */
  async at(offset: number, length: number): Promise<Buffer | null> {
    if (offset + length > this.sizeBytes) return null;
    if (length > WINDOW_BYTES) return this.#read(Buffer.allocUnsafe(length), offset, length);
    const windowEnd = this.#windowAt + this.#window.length;
    if (offset < this.#windowAt || offset + length > windowEnd) await this.#moveWindow(offset, length);
    const from = offset - this.#windowAt;
    return from + length <= this.#window.length ? this.#window.subarray(from, from + length) : null;
  }

  /** Ahead of `offset`, or behind for a reader that walks backwards. */
  async #moveWindow(offset: number, length: number): Promise<void> {
    const isBackwards = this.#window.length > 0 && offset < this.#windowAt;
    const at = isBackwards ? Math.max(0, offset + length - WINDOW_BYTES) : offset;
    const wanted = Math.min(WINDOW_BYTES, this.sizeBytes - at);
    this.#window = (await this.#read(Buffer.allocUnsafe(wanted), at, wanted)) ?? Buffer.alloc(0);
    this.#windowAt = at;
  }

  /** Null when the file has become shorter. */
  async #read(buffer: Buffer, offset: number, length: number): Promise<Buffer | null> {
    try {
      for (let done = 0; done < length; ) {
        const { bytesRead } = await this.#handle.read(buffer, done, length - done, offset + done);
        if (bytesRead === 0) return null;
        done += bytesRead;
      }
      return buffer;
    } catch (error) {
      throw inboxFailure(this.#path, 'read', error);
    }
  }

  /** Null where there is none, or where the record it tells of is not all there. */
  async #headerAt(offset: number): Promise<FrameHeader | null> {
    const bytes = await this.at(offset, HEADER_BYTES);
    const header = bytes && parseHeader(bytes, this.#marker);
    return header && offset + bytesOf(header) <= this.sizeBytes ? header : null;
  }

  async #findMarker(from: number): Promise<number | null> {
    for (let at = from; at + MARKER_BYTES <= this.sizeBytes; ) {
      const length = Math.min(WINDOW_BYTES, this.sizeBytes - at);
      const part = await this.at(at, length);
      const found = part?.indexOf(this.#marker) ?? -1;
      if (found >= 0) return at + found;
      at += length - MARKER_BYTES + 1;
    }
    return null;
  }
}
