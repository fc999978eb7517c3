import { crc32 } from 'node:zlib';

/**
 * How a record lies in a segment: a header of fixed size, its meta as JSON, then raw bytes. The header has a check
 * sum of its own, so that a reader may trust its lengths before it has read what they span.
 *
 * | bytes | what |
 * |---|---|
 * | 8 | marker: random for each writer, so that no body can hold what passes for a record |
 * | 4 | kind |
 * | 4 | length of the meta |
 * | 4 | length of the body |
 * | 4 | CRC-32 of meta and body |
 * | 4 | CRC-32 of the header up to here |
 */

export const MARKER_BYTES = 8;
export const HEADER_BYTES = 28;
const HEADER_CRC_AT = 24;

/** Method, path, query, headers and what is said of them: a server takes 32 KiB of head, and JSON may grow it sixfold. */
export const MAX_META_BYTES = 1024 * 1024;
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** A delivery; what became known of one later; the last word of a writer that has closed. */
export type FrameKind = 'delivery' | 'amendment' | 'end';
const KINDS: readonly FrameKind[] = ['delivery', 'amendment', 'end'];

const NO_BYTES = new Uint8Array(0);

/** A record as it is written. */
export interface Frame {
  readonly kind: FrameKind;
  /** Header and meta. */
  readonly head: Buffer;
  readonly body: Uint8Array;
  /** Of both. */
  readonly bytes: number;
}

export interface FrameHeader {
  readonly kind: FrameKind;
  readonly metaBytes: number;
  readonly bodyBytes: number;
  /** Of meta and body. */
  readonly crc: number;
}

/** Null for what is too long to be read again. */
export function encodeFrame(
  marker: Uint8Array,
  kind: FrameKind,
  meta: string,
  body: Uint8Array = NO_BYTES,
): Frame | null {
  const metaBytes = Buffer.byteLength(meta);
  if (metaBytes > MAX_META_BYTES || body.length > MAX_BODY_BYTES) return null;
  const head = Buffer.allocUnsafe(HEADER_BYTES + metaBytes);
  head.set(marker);
  head.write(meta, HEADER_BYTES);
  head.writeUInt32LE(KINDS.indexOf(kind), 8);
  head.writeUInt32LE(metaBytes, 12);
  head.writeUInt32LE(body.length, 16);
  head.writeUInt32LE(checksum(head.subarray(HEADER_BYTES), body), 20);
  head.writeUInt32LE(crc32(head.subarray(0, HEADER_CRC_AT)), HEADER_CRC_AT);
  return { kind, head, body, bytes: head.length + body.length };
}

/** Of no bytes at all, Node 20 and 22 may forget what came before them. */
function checksum(meta: Uint8Array, body: Uint8Array): number {
  const sum = crc32(meta);
  return body.length === 0 ? sum : crc32(body, sum);
}

/** Null where no header is: `bytes` may be anything, but of the length of a header. */
export function parseHeader(bytes: Buffer, marker: Uint8Array): FrameHeader | null {
  if (!bytes.subarray(0, MARKER_BYTES).equals(marker)) return null;
  if (crc32(bytes.subarray(0, HEADER_CRC_AT)) !== bytes.readUInt32LE(HEADER_CRC_AT)) return null;
  const kind = KINDS[bytes.readUInt32LE(8)];
  const [metaBytes, bodyBytes] = [bytes.readUInt32LE(12), bytes.readUInt32LE(16)];
  if (kind === undefined || metaBytes > MAX_META_BYTES || bodyBytes > MAX_BODY_BYTES) return null;
  return { kind, metaBytes, bodyBytes, crc: bytes.readUInt32LE(20) };
}
