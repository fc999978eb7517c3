import { Failure } from '../errors.ts';
import { isOneVisibleWord } from '../secret.ts';

const MIN_IDEMPOTENCY_KEY_CHARS = 16;
const MAX_IDEMPOTENCY_KEY_CHARS = 255;

/** The documented length, in characters that every header may hold. Throws Failure `usage`. */
export function checkIdempotencyKey(key: string): string {
  const fits = key.length >= MIN_IDEMPOTENCY_KEY_CHARS && key.length <= MAX_IDEMPOTENCY_KEY_CHARS;
  if (fits && isOneVisibleWord(key)) return key;
  const range = `${MIN_IDEMPOTENCY_KEY_CHARS} to ${MAX_IDEMPOTENCY_KEY_CHARS}`;
  throw new Failure('usage', `An idempotency key has ${range} visible ASCII characters`, {
    hint: 'A UUID is one: `uuidgen` makes it. Left out, one is made for you.',
  });
}

/** An id as one part of a path. Throws Failure `usage` on what would lead to another path. */
export function pathPart(id: string, reserved: readonly string[] = []): string {
  const part = ['', '.', '..', ...reserved].includes(id) ? null : encoded(id);
  if (part !== null) return part;
  throw new Failure('usage', `${JSON.stringify(id)} is not an id`, {
    hint: 'Ids are shown by `kycgenie webhooks list` and `kycgenie logs list`.',
  });
}

/** Null for text with half of a surrogate pair. */
function encoded(id: string): string | null {
  try {
    return encodeURIComponent(id);
  } catch {
    return null;
  }
}
