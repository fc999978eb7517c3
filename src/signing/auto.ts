import { createDetector, DETECT_WORK_BYTES } from './detect.ts';
import { guessSignatures } from './guess-signature.ts';
import { NO_SECRET_KNOWN, undetected } from './hints.ts';
import type { Scheme } from './scheme.ts';
import { MAX_HEADERS_READ } from './search.ts';
import type { Verdict } from './verdict.ts';
import { type Candidate, createVerifier, type Delivery, type Verify, type VerifyOptions } from './verify.ts';
import { Work } from './work.ts';

/** What a verdict names as its scheme as long as none is found. */
export const AUTO = 'auto';

export interface AutoOptions {
  /** The scheme that was found earlier; null to look for one. */
  readonly pinned: Scheme | null;
  /**
   * Called once, with the scheme that is the only one accepted from then on, and the subscription whose secret
   * proved it; null for a secret that belongs to none.
   */
  readonly onPin: (scheme: Scheme, webhookId: string | null) => void;
}

/**
 * Verification that finds the scheme by itself. The first delivery that is valid in every respect, its age too,
 * pins the scheme; all others are refused from then on. Never throws, unless `onPin` does.
 */
export function createAutoVerifier({ pinned, onPin }: AutoOptions): Verify {
  const detect = createDetector();
  let verifyPinned = pinned && createVerifier(pinned);

  function search(delivery: Delivery, candidates: readonly Candidate[], options: VerifyOptions): Verdict {
    const work = new Work(DETECT_WORK_BYTES);
    const found = detect(delivery, candidates, { nowMs: options.nowMs, work });
    if (found === null) {
      const [guess] = guessSignatures(delivery.headers.slice(0, MAX_HEADERS_READ));
      return { status: 'invalid', scheme: AUTO, ...undetected(guess, candidates.length, work.isExhausted) };
    }
    const verify = createVerifier(found.scheme);
    const verdict = verify(delivery, candidates, options);
    if (verdict.status === 'valid') {
      verifyPinned = verify;
      onPin(found.scheme, verdict.webhookId);
    }
    return verdict;
  }

  return (delivery, candidates, options) => {
    if (verifyPinned) return verifyPinned(delivery, candidates, options);
    if (candidates.length === 0) return { status: 'unverified', hint: NO_SECRET_KNOWN };
    return search(delivery, candidates, options);
  };
}
