import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '../secret.ts';
import { hasOtherReading } from './ambiguity.ts';
import { inFuture, NO_SECRET_KNOWN, tooOld, wrongSecret } from './hints.ts';
import { createKeyring, type Keyring } from './key.ts';
import { type Attempt, type Headers, isProblem, type ReadDelivery, readDelivery } from './read.ts';
import type { Hash, Scheme, Tolerance } from './scheme.ts';
import { computeDigest, parseTemplate } from './template.ts';
import type { Problem, SecretAge, Verdict } from './verdict.ts';

/** The delivery as it came off the wire: exact bytes. */
export interface Delivery {
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** A secret that may have signed. */
export interface Candidate {
  /** Null for a secret that belongs to no known subscription. */
  readonly webhookId: string | null;
  readonly age: SecretAge;
  readonly secret: Secret;
}

export interface VerifyOptions {
  readonly nowMs: number;
  /** Instead of the scheme's own, both ways; for schemes that sign a timestamp. */
  readonly toleranceMs?: number | undefined;
}

/** Never throws, whatever the delivery and the secrets are. */
export type Verify = (
  delivery: Delivery,
  candidates: readonly Candidate[],
  options: VerifyOptions,
) => Verdict;

/** Verification of one delivery. */
export function verify(
  scheme: Scheme,
  delivery: Delivery,
  candidates: readonly Candidate[],
  options: VerifyOptions,
): Verdict {
  return createVerifier(scheme)(delivery, candidates, options);
}

/** Verification by one scheme: keeps the templates and keys it has taken apart. */
export function createVerifier(scheme: Scheme): Verify {
  const keyOf = createKeyring(scheme.key);
  const templates = scheme.templates.map(parseTemplate);
  return (delivery, candidates, options) => {
    if (candidates.length === 0) return { status: 'unverified', hint: NO_SECRET_KNOWN };
    const read = readDelivery(scheme, templates, delivery.headers);
    const found = isProblem(read) ? read : judge(scheme, read, delivery.body, candidates, keyOf, options);
    return isProblem(found)
      ? { status: 'invalid', scheme: scheme.name, reason: found.reason, hint: found.hint }
      : { status: 'valid', scheme: scheme.name, webhookId: found.webhookId, secretAge: found.age };
  };
}

/** Speaks of the timestamp only where the HMAC matches: one that is not authenticated proves nothing. */
function judge(
  scheme: Scheme,
  { hash, attempts }: ReadDelivery,
  body: Uint8Array,
  candidates: readonly Candidate[],
  keyOf: Keyring,
  { nowMs, toleranceMs }: VerifyOptions,
): Candidate | Problem {
  const tolerance =
    toleranceMs === undefined ? scheme.tolerance : { pastMs: toleranceMs, futureMs: toleranceMs };
  let skewed: Problem | null = null;
  for (const attempt of attempts) {
    const signer = candidates.find(({ secret }) => isSignedBy(secret, attempt, hash, body, keyOf));
    if (!signer) continue;
    if (isAmbiguous(scheme, attempt, body)) continue;
    const skew = checkSkew(attempt.timestampMs, nowMs, tolerance);
    if (skew === null) return signer;
    skewed ??= skew;
  }
  const unusable = candidates.filter(({ secret }) => keyOf(secret) === null).length;
  return skewed ?? wrongSecret(scheme, candidates.length, unusable);
}

function isAmbiguous({ templates, idHeaders }: Scheme, attempt: Attempt, body: Uint8Array): boolean {
  return templates.length > 1 && hasOtherReading(attempt.template, { ...attempt, body }, idHeaders !== null);
}

function isSignedBy(secret: Secret, attempt: Attempt, hash: Hash, body: Uint8Array, keyOf: Keyring): boolean {
  const key = keyOf(secret);
  if (key === null) return false;
  const expected = computeDigest(hash, key, attempt.template, { ...attempt, body });
  return attempt.digests.some((digest) => timingSafeEqual(digest, expected));
}

function checkSkew(signedMs: number | null, nowMs: number, tolerance: Tolerance | null): Problem | null {
  if (signedMs === null || tolerance === null) return null;
  const ageMs = nowMs - signedMs;
  if (ageMs > tolerance.pastMs) return tooOld(ageMs, tolerance.pastMs);
  return -ageMs > tolerance.futureMs ? inFuture(-ageMs, tolerance.futureMs) : null;
}
