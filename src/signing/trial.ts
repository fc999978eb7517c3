import { type KeyObject, timingSafeEqual } from 'node:crypto';
import { hasOtherReading } from './ambiguity.ts';
import { describeScheme } from './describe.ts';
import { type Attempt, type Headers, isProblem, readDelivery, valuesOf } from './read.ts';
import { type Hash, type KeyDecoding, PRESETS, type Scheme } from './scheme.ts';
import type { DigestWithin } from './shared-hmac.ts';
import type { Template } from './template.ts';
import type { SecretAge } from './verdict.ts';
import { type Candidate, type Delivery, verify } from './verify.ts';
import type { Work } from './work.ts';

/** A scheme under which a known secret made the delivery's signature: an HMAC that matches proves it. */
export interface Detection {
  /** A preset, or data that `verify` and a scheme file take; checks the timestamp where one is signed. */
  readonly scheme: Scheme;
  readonly webhookId: string | null;
  readonly secretAge: SecretAge;
}

/** One way in which a delivery may have been signed under a scheme. */
export interface SchemeAttempt {
  /** Without the key that fits, and with templates beside the one that does. */
  readonly scheme: Scheme;
  readonly hash: Hash;
  readonly attempt: Attempt;
}

/** A secret, read as a key in one way. */
export interface CandidateKey {
  readonly candidate: Candidate;
  readonly decoding: KeyDecoding;
  readonly key: KeyObject;
}

const ANY_AGE_MS = Number.MAX_SAFE_INTEGER;
/** Taking headers apart costs as much as hashing this, and this for each character of a signature header. */
const READ_OVERHEAD_BYTES = 8_192;
const READ_BYTES_PER_CHAR = 40;

/** What the headers offer under a scheme, within the work allowed. */
export function readWithin(
  scheme: Scheme,
  templates: readonly Template[],
  headers: Headers,
  work: Work,
): readonly SchemeAttempt[] {
  const lines = scheme.signatureHeaders.flatMap((name) => valuesOf(headers, name));
  const chars = lines.reduce((sum, line) => sum + line.length, 0);
  if (!work.spend(READ_OVERHEAD_BYTES + chars * READ_BYTES_PER_CHAR)) return [];
  const read = readDelivery(scheme, templates, headers);
  return isProblem(read) ? [] : read.attempts.map((attempt) => ({ scheme, hash: read.hash, attempt }));
}

/** One HMAC, within the work allowed; null when it does not match or its text could be read in another way. */
export function tryOut(
  { scheme, hash, attempt }: SchemeAttempt,
  { candidate, decoding, key }: CandidateKey,
  delivery: Delivery,
  digestWithin: DigestWithin,
  work: Work,
): Detection | null {
  const parts = { ...attempt, body: delivery.body };
  const expected = digestWithin(hash, key, attempt.template, parts, work);
  if (expected === null || !attempt.digests.some((digest) => timingSafeEqual(digest, expected))) return null;
  if (hasOtherReading(attempt.template, parts, true)) return null;
  const found = narrow(scheme, attempt.template.text, decoding);
  const verdict = verify(found, delivery, [candidate], { nowMs: 0, toleranceMs: ANY_AGE_MS });
  if (verdict.status !== 'valid') return null;
  return { scheme: found, webhookId: verdict.webhookId, secretAge: verdict.secretAge };
}

/** The scheme with what was proven, and no more: an age is checked where it is signed, one text is accepted. */
function narrow(scheme: Scheme, template: string, key: KeyDecoding): Scheme {
  const isPreset = Object.values(PRESETS).includes(scheme);
  if (isPreset && scheme.templates.length === 1) return scheme;
  const isTimed = template.includes('{timestamp}');
  const found: Scheme = {
    ...scheme,
    templates: [template],
    timestamp: isTimed ? scheme.timestamp : null,
    tolerance: isTimed ? scheme.tolerance : null,
    key,
  };
  return { ...found, description: describeScheme(found) };
}
