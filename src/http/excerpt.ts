import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

const MAX_LINES = 10;
const MAX_BYTES = 2 * 1024;
/** Of a compressed body that unfolds to more nothing is shown. */
const MAX_UNPACKED_BYTES = 1024 * 1024;

const UNPACK: Readonly<Record<string, (body: Uint8Array, options: { maxOutputLength: number }) => Buffer>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

/** The first lines of an answer as text, with `…` where more follows; null where there is nothing to read. */
export function excerpt(body: Uint8Array, contentEncoding?: string): string | null {
  const bytes = unpacked(body, contentEncoding?.trim().toLowerCase() ?? 'identity');
  if (bytes === null || bytes.length === 0) return null;
  // A stream decoder leaves out a character that the cut has split.
  const isLong = bytes.length > MAX_BYTES;
  const text = new TextDecoder().decode(bytes.subarray(0, MAX_BYTES), { stream: isLong });
  const lines = text.trimEnd().split(/\r\n|\n|\r/);
  const shown = lines.slice(0, MAX_LINES).join('\n');
  if (shown.trim() === '') return null;
  return isLong || lines.length > MAX_LINES ? `${shown}\n…` : shown;
}

function unpacked(body: Uint8Array, encoding: string): Uint8Array | null {
  if (encoding === 'identity' || encoding === '') return body;
  const unpack = Object.hasOwn(UNPACK, encoding) ? UNPACK[encoding] : undefined;
  try {
    return unpack?.(body, { maxOutputLength: MAX_UNPACKED_BYTES }) ?? null;
  } catch {
    // Broken, cut off or too large: the status is told all the same.
    return null;
  }
}
