import { guessDigest, MIN_DIGEST_CHARS } from './encoding.ts';
import { pairsOf } from './grammar.ts';
import type { Headers } from './read.ts';
import {
  type Encoding,
  type Grammar,
  type Hash,
  HEADER_NAME,
  PAIR_SEPARATORS,
  type TimestampUnit,
} from './scheme.ts';
import { guessTimestampUnit } from './timestamp.ts';

/** A header that could hold an HMAC, read in one way. */
export interface SignatureGuess {
  readonly header: string;
  readonly grammar: Grammar;
  readonly encoding: Encoding;
  readonly hash: Hash;
  /** The pair that could be the timestamp. */
  readonly field: { readonly key: string; readonly unit: TimestampUnit } | null;
}

type Reading = Omit<SignatureGuess, 'header'>;

const MAX_GUESSES = 4;
const MAX_LINE_CHARS = 1_024;
const MAX_PAIRS = 16;

const DIGEST_CHARS = new RegExp(`[A-Za-z0-9+/_-]{${MIN_DIGEST_CHARS}}`);
/** `sha256=`, `v0=`, `HMAC `, `hmac-sha256: `. */
const LABELLED = /^([A-Za-z][\w.-]{0,31}(?:=|: ?| ))(\S+)$/;
/** More of them may come at once while a secret is changed, so they are read as a list. */
const VERSION_LABEL = /^v\d{1,2}[a-z]?=$/;
const VERSIONED = /^(v\d{1,2}[a-z]?),(\S+)$/;
const KEY = /^[A-Za-z][\w.-]{0,31}$/;
const LIKELY_NAME = /sig|^auth|hmac|mac$|digest|hash|sha\d/i;

/** The likeliest first. Whatever cannot be a signature is passed over by a look at its length and letters. */
export function guessSignatures(headers: Headers): readonly SignatureGuess[] {
  return headers
    .filter(([name, value]) => couldHoldDigest(value) && HEADER_NAME.test(name))
    .sort(([one], [other]) => nameRank(other) - nameRank(one))
    .slice(0, MAX_GUESSES)
    .flatMap(([header, value]) => readLine(value.trim()).map((reading) => ({ header, ...reading })))
    .sort((one, other) => rank(other) - rank(one))
    .slice(0, MAX_GUESSES);
}

const nameRank = (header: string): number => (LIKELY_NAME.test(header) ? 2 : 0);

/** Who sends SHA-1 often sends something better beside it. */
const rank = ({ header, hash }: SignatureGuess): number => nameRank(header) + (hash === 'sha1' ? 0 : 1);

const couldHoldDigest = (value: string): boolean =>
  value.length >= MIN_DIGEST_CHARS && value.length <= MAX_LINE_CHARS && DIGEST_CHARS.test(value);

function readLine(line: string): readonly Reading[] {
  const whole = guessDigest(line);
  if (whole) return [{ grammar: { kind: 'bare' }, field: null, ...whole }];
  const labelled = readLabelled(line);
  if (labelled) return [labelled];
  const versions = readVersions(line);
  return versions.length > 0 ? versions : readPairs(line);
}

function readLabelled(line: string): Reading | null {
  const [, prefix, text] = LABELLED.exec(line) ?? [];
  const digest = text === undefined ? null : guessDigest(text);
  if (prefix === undefined || digest === null) return null;
  const grammar: Grammar = VERSION_LABEL.test(prefix)
    ? { kind: 'pairs', separator: ',', signatureKey: prefix.slice(0, -1) }
    : { kind: 'prefix', prefix, optional: false };
  return { grammar, field: null, ...digest };
}

function readVersions(line: string): readonly Reading[] {
  const readings = new Map<string, Reading>();
  for (const entry of line.split(' ', MAX_PAIRS)) {
    const [, version, text] = VERSIONED.exec(entry) ?? [];
    const digest = text === undefined ? null : guessDigest(text);
    if (version === undefined || digest === null || readings.has(version)) continue;
    readings.set(version, { grammar: { kind: 'versions', version }, field: null, ...digest });
  }
  return [...readings.values()];
}

/** By the first separator that takes a signature out. */
function readPairs(line: string): readonly Reading[] {
  for (const separator of PAIR_SEPARATORS) {
    if (!line.includes(separator)) continue;
    const pairs = pairsOf(line, separator).slice(0, MAX_PAIRS);
    const field = timestampAmong(pairs);
    const readings = new Map<string, Reading>();
    for (const { key, value } of pairs) {
      const digest = KEY.test(key) && !readings.has(key) ? guessDigest(value) : null;
      if (digest === null) continue;
      readings.set(key, { grammar: { kind: 'pairs', separator, signatureKey: key }, field, ...digest });
    }
    if (readings.size > 0) return [...readings.values()];
  }
  return [];
}

function timestampAmong(
  pairs: readonly { readonly key: string; readonly value: string }[],
): Reading['field'] {
  for (const { key, value } of pairs) {
    const unit = KEY.test(key) ? guessTimestampUnit(value) : null;
    if (unit) return { key, unit };
  }
  return null;
}
