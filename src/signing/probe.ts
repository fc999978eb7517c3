import { timingSafeEqual } from 'node:crypto';
import { createKeyring } from './key.ts';
import { type Attempt, type Headers, isProblem, readDelivery } from './read.ts';
import type { Scheme } from './scheme.ts';
import { BEGINNING, createSearch } from './search.ts';
import { computeDigest, parseTemplate } from './template.ts';
import type { Candidate } from './verify.ts';
import type { Work } from './work.ts';

/** Who signed the headers of a delivery, if its body was this one; null also when the work allowed is used up. */
export type Probe = (
  body: Uint8Array,
  candidates: readonly Candidate[],
  work: Work,
) => Pick<Candidate, 'webhookId' | 'age'> | null;

/** What a search costs before its first HMAC, in hashed bytes. */
const SEARCH_OVERHEAD_BYTES = 65_536;

/** Whatever the timestamp is. */
export function probeScheme(scheme: Scheme, headers: Headers): Probe {
  const keyOf = createKeyring(scheme.key);
  const read = readDelivery(scheme, scheme.templates.map(parseTemplate), headers);
  if (isProblem(read)) return () => null;
  return (body, candidates, work) => {
    const isSigner = ({ secret }: Candidate, attempt: Attempt): boolean => {
      const key = keyOf(secret);
      if (key === null || !work.spendHmac(read.hash, body.length)) return false;
      const expected = computeDigest(read.hash, key, attempt.template, { ...attempt, body });
      return attempt.digests.some((digest) => timingSafeEqual(digest, expected));
    };
    return (
      candidates.find((candidate) => read.attempts.some((attempt) => isSigner(candidate, attempt))) ?? null
    );
  };
}

/** Under any scheme; each body gets so much work. */
export function probeAll(headers: Headers, nowMs: number, workBytes: number): Probe {
  const search = createSearch();
  return (body, candidates, work) => {
    if (!work.spend(SEARCH_OVERHEAD_BYTES)) return null;
    const options = { nowMs, work: work.portion(workBytes), from: BEGINNING };
    const { found } = search({ headers, body }, candidates, options);
    return found && { webhookId: found.webhookId, age: found.secretAge };
  };
}
