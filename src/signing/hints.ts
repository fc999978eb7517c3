import type { SignatureGuess } from './guess-signature.ts';
import { describeKey } from './key.ts';
import type { Scheme } from './scheme.ts';
import type { Problem } from './verdict.ts';

export const NO_SECRET_KNOWN =
  'No signing secret is known here: store one with `kycgenie secrets import <webhook_id>`, or name one with --secret-env.';

const SECOND_MS = 1_000;
const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

export function tooOld(ageMs: number, toleranceMs: number): Problem {
  return {
    reason: 'timestamp_too_old',
    hint:
      `Signed ${inWords(ageMs)} ago, and ${inWords(toleranceMs)} are tolerated: an old delivery sent again, ` +
      'or the clock of this machine is ahead; --tolerance allows more.',
  };
}

export function inFuture(aheadMs: number, toleranceMs: number): Problem {
  return {
    reason: 'timestamp_in_future',
    hint:
      `Signed ${inWords(aheadMs)} in the future, and ${inWords(toleranceMs)} are tolerated: ` +
      'the clock of this machine is probably behind; --tolerance allows more.',
  };
}

/** `unusable` of the `known` secrets cannot be read as keys of the scheme. */
export function wrongSecret(scheme: Scheme, known: number, unusable: number): Problem {
  const kind = `${scheme.name} takes ${describeKey(scheme.key)}`;
  if (unusable === known) {
    const none = known === 1 ? 'The known secret is no key' : `None of the ${known} known secrets is a key`;
    return {
      reason: 'wrong_secret',
      hint: `${none} of this scheme (${kind}): store the right one or choose another --scheme.`,
    };
  }
  const none = known === 1 ? 'The known secret did not make' : `None of the ${known} known secrets made`;
  const skipped = unusable === 0 ? '' : ` (${unusable} could not be tried: ${kind})`;
  return {
    reason: 'wrong_secret',
    hint: `${none} this signature${skipped}: store the secret of the subscription that sent it, or check that the body arrives unchanged.`,
  };
}

/** `guess` is the likeliest of the headers that could be a signature, or undefined when there is none. */
export function undetected(guess: SignatureGuess | undefined, known: number, isUnfinished: boolean): Problem {
  if (guess === undefined) {
    return {
      reason: 'missing_header',
      hint: 'No header of the delivery can hold an HMAC: it was not signed, or with a public key, or a proxy dropped the header.',
    };
  }
  const none = known === 1 ? 'the known secret did not make' : `none of the ${known} known secrets made`;
  const next = isUnfinished ? '; the search goes on with the next delivery' : '';
  return {
    reason: 'wrong_secret',
    hint:
      `${guess.header} looks like HMAC-${guess.hash.toUpperCase()} in ${guess.encoding}, but ${none} it ` +
      `in any way that was tried: store the secret of the subscription that sent it, describe its scheme in a file for --scheme, or check that the body arrives unchanged${next}.`,
  };
}

/** `5 minutes 3 seconds`: the two largest units, cut up to whole seconds; below one second in ms. */
export function inWords(ms: number): string {
  if (ms < SECOND_MS) return `${ms} ms`;
  let rest = Math.ceil(ms / SECOND_MS);
  const words: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) words.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return words.slice(0, 2).join(' ');
}
