import { type Encoding, HASHES, type Hash } from './scheme.ts';

const HEX = /^(?:[0-9A-Fa-f]{2})*$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

const DIGEST_BYTES: Readonly<Record<Hash, number>> = { sha1: 20, sha256: 32, sha512: 64 };

export interface DigestForm {
  readonly encoding: Encoding;
  readonly hash: Hash;
}

/** Each digest in hex, and in base64 with padding and without. */
const FORM_BY_CHARS: ReadonlyMap<number, DigestForm> = new Map(
  HASHES.flatMap((hash) => {
    const bytes = DIGEST_BYTES[hash];
    const hex: DigestForm = { encoding: 'hex', hash };
    const base64: DigestForm = { encoding: 'base64', hash };
    return [
      [bytes * 2, hex],
      [Math.ceil(bytes / 3) * 4, base64],
      [Math.ceil((bytes * 4) / 3), base64],
    ] as const;
  }),
);
export const MIN_DIGEST_CHARS = Math.min(...FORM_BY_CHARS.keys());

export function decodeHex(text: string): Buffer | null {
  return HEX.test(text) ? Buffer.from(text, 'hex') : null;
}

/** Reads the standard and the URL-safe alphabet, with or without padding. */
export function decodeBase64(text: string): Buffer | null {
  if (!BASE64.test(text)) return null;
  const padding = text.indexOf('=');
  const digits = padding === -1 ? text.length : padding;
  return digits % 4 === 1 ? null : Buffer.from(text, 'base64');
}

/** A signature's bytes, or null when it is not exactly one digest of that hash. */
export function decodeDigest(text: string, encoding: Encoding, hash: Hash): Buffer | null {
  const digest = encoding === 'hex' ? decodeHex(text) : decodeCanonicalBase64(text);
  return digest?.length === DIGEST_BYTES[hash] ? digest : null;
}

/** How a text would have to be read for it to be a digest; the lengths of digests leave no doubt. */
export function guessDigest(text: string): DigestForm | null {
  const form = FORM_BY_CHARS.get(text.length);
  return form && decodeDigest(text, form.encoding, form.hash) !== null ? form : null;
}

/** Refuses stray bits behind the last byte, so that each digest has one spelling only. */
function decodeCanonicalBase64(text: string): Buffer | null {
  const bytes = decodeBase64(text);
  if (bytes === null || bytes.toString('base64') === text) return bytes;
  const spelling = text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return bytes.toString('base64url') === spelling ? bytes : null;
}

/** What a signature has to look like, to end a sentence with. */
export function describeDigest(encoding: Encoding, hash: Hash): string {
  const bytes = DIGEST_BYTES[hash];
  return encoding === 'hex' ? `${bytes * 2} hex digits` : `${bytes} bytes in base64`;
}
