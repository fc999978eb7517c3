import { createAutoVerifier } from '../signing/auto.ts';
import type { Scheme } from '../signing/scheme.ts';
import { createVerifier, type Verify } from '../signing/verify.ts';

/** The scheme to verify by; or null, and it is found by the first delivery that a known secret verifies. */
export type SchemeChoice = Scheme | null;

export interface Verifier {
  readonly verify: Verify;
  /** The scheme in use; null as long as none is found. */
  scheme(): Scheme | null;
}

/** `onFound` hears the scheme that is the only one accepted from then on, and whose secret proved it. */
export function openVerifier(
  choice: SchemeChoice,
  onFound: (scheme: Scheme, webhookId: string | null) => void,
): Verifier {
  if (choice !== null) return { verify: createVerifier(choice), scheme: () => choice };
  let found: Scheme | null = null;
  const verify = createAutoVerifier({
    pinned: null,
    onPin: (scheme, webhookId) => {
      found = scheme;
      onFound(scheme, webhookId);
    },
  });
  return { verify, scheme: () => found };
}
