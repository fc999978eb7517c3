import type { Secret } from './secret.ts';

/** Stands where a secret was. */
export const REDACTED = '[redacted]';

/** A value whose JSON field says that it is secret; a value that is cut off counts too. */
const SECRET_FIELD =
  /("[^"]{0,60}(?:secret|token|password|api_?key|authorization)[^"]{0,60}"\s{0,60}:\s{0,60})"(?:[^"\\]|\\.)*(?:"|\\?$)/gis;
/** Keys and signing secrets by their documented beginnings. */
const SECRET_SHAPE = /\b(whsec_|kycg_|sk_test_|sk_live_)[A-Za-z0-9+/=_-]+/g;

/** Shorter parts of a secret are too common to be told from other text. */
const MIN_PART_CHARS = 8;

/** `text` without the given secrets or their random parts, values of secret JSON fields, and whatever looks like a key or secret. */
export function redact(text: string, secrets: readonly Secret[]): string {
  const parts = secrets.flatMap((secret) => partsOf(secret.reveal()));
  const known = parts.reduce((left, part) => withoutText(left, part, REDACTED), text);
  return known.replace(SECRET_FIELD, `$1"${REDACTED}"`).replace(SECRET_SHAPE, `$1${REDACTED}`);
}

/**
 * The secret and what follows its prefix, longest first: that is enough to guess the rest. Any underscore may be
 * the end of the prefix (`sk_test_`) or a part of the secret, so what follows each of them counts.
 */
function partsOf(secret: string): readonly string[] {
  const tails = [...secret.matchAll(/_/g)].map(({ index }) => secret.slice(index + 1));
  return [secret, ...tails.filter(({ length }) => length >= MIN_PART_CHARS)];
}

/** `text` with `part` replaced, as it is and as JSON writes it. */
export function withoutText(text: string, part: string, replacement: string): string {
  if (part === '') return text;
  return text.replaceAll(JSON.stringify(part).slice(1, -1), replacement).replaceAll(part, replacement);
}
