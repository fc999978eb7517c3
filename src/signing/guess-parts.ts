import type { Headers } from './read.ts';
import { HEADER_NAME, type TimestampUnit } from './scheme.ts';
import { guessTimestampUnit, parseTimestamp } from './timestamp.ts';

/** A header that could be the signed timestamp. */
export interface StampGuess {
  readonly header: string;
  readonly unit: TimestampUnit;
  readonly ms: number;
}

/** Headers that a signature may cover beside the body. */
export interface PartGuesses {
  readonly stamps: readonly StampGuess[];
  readonly ids: readonly { readonly header: string }[];
}

const MAX_GUESSES = 2;
const MAX_STAMP_CHARS = 40;
const MAX_ID_CHARS = 128;
const RECENT_MS = 86_400_000;

const STAMP_NAME = /time|stamp|date|sent|(?:^|[-_])ts(?:$|[-_])/i;
const ID_NAME = /(?:^|[-_])(?:id|uuid|guid|nonce|key|token|delivery|message|event|request)(?:$|[-_])/i;
/** What clients, servers and proxies add by themselves. */
const TRANSPORT_NAME = /^(?:content-|accept|host$|user-agent$|x-forwarded-|x-real-ip$|traceparent$|sec-)/i;
/** Separators at its edges would belong to the template. */
const ID = /^[A-Za-z0-9](?:[\x21-\x7e]*[A-Za-z0-9=])?$/;

export function guessParts(headers: Headers): PartGuesses {
  const stamps: StampGuess[] = [];
  const ids: { readonly header: string }[] = [];
  for (const [header, value] of headers) {
    if (TRANSPORT_NAME.test(header) || !HEADER_NAME.test(header)) continue;
    const unit = value.length <= MAX_STAMP_CHARS ? guessTimestampUnit(value) : null;
    if (unit) stamps.push({ header, unit, ms: parseTimestamp(value, unit) ?? 0 });
    else if (value.length <= MAX_ID_CHARS && ID_NAME.test(header) && ID.test(value)) ids.push({ header });
  }
  return { stamps, ids };
}

/** The few that are likeliest to go with the signature in the header `beside`. */
export function choosePart<T extends { readonly header: string; readonly ms?: number }>(
  guesses: readonly T[],
  beside: string,
  nowMs: number,
): readonly T[] {
  const rank = ({ header, ms }: T): number =>
    sharedStart(header.toLowerCase(), beside.toLowerCase()) +
    (STAMP_NAME.test(header) ? 32 : 0) +
    (ms !== undefined && Math.abs(ms - nowMs) < RECENT_MS ? 16 : 0);
  return guesses
    .filter(({ header }) => header !== beside)
    .map((guess) => ({ guess, rank: rank(guess) }))
    .sort((one, other) => other.rank - one.rank)
    .slice(0, MAX_GUESSES)
    .map(({ guess }) => guess);
}

/** `X-Acme-Timestamp` and `X-Acme-Signature` belong together. */
function sharedStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) length++;
  return Math.min(length, 15);
}
