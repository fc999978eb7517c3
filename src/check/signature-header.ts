import { parseSignatures } from '../signing/grammar.ts';
import type { Scheme } from '../signing/scheme.ts';
import type { Delivery } from './deliveries.ts';

/** The delivery with its signature header rewritten; null takes it out. */
export function withSignatureHeader(
  delivery: Delivery,
  scheme: Scheme,
  rewrite: (line: string) => string | null,
): Delivery {
  const [name] = scheme.signatureHeaders;
  const headers = delivery.headers.flatMap(([one, value]) => {
    if (one !== name) return [[one, value] as const];
    const line = rewrite(value);
    return line === null ? [] : [[one, line] as const];
  });
  return { ...delivery, headers };
}

/** The line with its first signature rewritten, all around it as it was. */
export function respell(line: string, scheme: Scheme, rewrite: (signature: string) => string): string {
  const [written] = parseSignatures(line, scheme);
  return written ? line.replace(written.signature, () => rewrite(written.signature)) : line;
}

/** The first half, still of whole bytes. */
export const truncated = (signature: string): string =>
  signature.slice(0, Math.floor(signature.length / 8) * 4);

/** With the last bit of its last byte turned over. */
export function flipped(signature: string, { encoding }: Scheme): string {
  const bytes = Buffer.from(signature, encoding);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  return bytes.toString(encoding);
}

/** With the first letter in upper for lower case, or the other way round; of another meaning in base64 alone. */
export const otherCase = (signature: string): string =>
  signature.replace(/[A-Za-z]/, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
