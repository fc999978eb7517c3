import type { Secret } from '../secret.ts';
import { type GuessedKey, guessKeys } from './guess-key.ts';
import { guessSchemes, type Outline } from './guess-scheme.ts';
import { createKeyring, type Keyring } from './key.ts';
import type { Headers } from './read.ts';
import { PRESETS, type Scheme } from './scheme.ts';
import { createSharedHmac } from './shared-hmac.ts';
import { parseTemplate, type Template } from './template.ts';
import { type CandidateKey, type Detection, readWithin, type SchemeAttempt, tryOut } from './trial.ts';
import type { Candidate, Delivery } from './verify.ts';
import type { Work } from './work.ts';

/** A place in the order of a search: so many outlines, and so many HMACs of the next one. */
export interface Place {
  readonly outline: number;
  readonly hmac: number;
}

export const BEGINNING: Place = { outline: 0, hmac: 0 };

export interface SearchOptions {
  readonly nowMs: number;
  readonly work: Work;
  /** Where an earlier search over a like delivery stopped. */
  readonly from: Place;
}

export interface SearchResult {
  readonly found: Detection | null;
  /** Where the work ran out; the beginning, when nothing is left to try. */
  readonly stoppedAt: Place;
}

/** Looks for the scheme of a delivery: presets first, then all that its headers allow. Never throws. */
export type Search = (
  delivery: Delivery,
  candidates: readonly Candidate[],
  options: SearchOptions,
) => SearchResult;

/** More headers than this are not looked at. */
export const MAX_HEADERS_READ = 128;

/** One HMAC to compute. */
interface Trial {
  readonly attempt: SchemeAttempt;
  readonly key: CandidateKey;
  /** Where to go on when the work runs out here. */
  readonly at: Place;
}

/** A search that keeps the keys it has made. */
export function createSearch(): Search {
  const presets = Object.values(PRESETS).map(preparePreset);
  const keysOf = createKeyGuesser();

  function* trials(
    headers: Headers,
    candidates: readonly Candidate[],
    options: SearchOptions,
  ): Generator<Trial> {
    yield* presetTrials(presets, headers, candidates, options);
    const outlines = guessSchemes(headers, options.nowMs);
    if (outlines.length > 0) yield* outlineTrials(outlines, headers, keysOf(candidates), options);
  }

  return (delivery, candidates, options) => {
    const headers = delivery.headers.slice(0, MAX_HEADERS_READ);
    const digestWithin = createSharedHmac(delivery.body);
    let last = options.from;
    for (const { attempt, key, at } of trials(headers, candidates, options)) {
      last = at;
      const found = tryOut(attempt, key, delivery, digestWithin, options.work);
      if (found || options.work.isExhausted) return { found, stoppedAt: at };
    }
    return { found: null, stoppedAt: options.work.isExhausted ? last : BEGINNING };
  };
}

/** Each attempt with every key before the next attempt; from the middle on, and round to the beginning. */
function* outlineTrials(
  outlines: readonly Outline[],
  headers: Headers,
  keys: readonly CandidateKey[],
  { from, work }: SearchOptions,
): Generator<Trial> {
  for (let step = 0; step < outlines.length; step++) {
    const index = (from.outline + step) % outlines.length;
    const outline = outlines[index];
    if (!outline) continue;
    const attempts = readWithin(outline.scheme, outline.templates, headers, work);
    for (let hmac = step === 0 ? from.hmac : 0; hmac < attempts.length * keys.length; hmac++) {
      const attempt = attempts[Math.floor(hmac / keys.length)];
      const key = keys[hmac % keys.length];
      if (attempt && key) yield { attempt, key, at: { outline: index, hmac } };
    }
  }
}

interface PreparedPreset {
  readonly scheme: Scheme;
  /** In small letters. */
  readonly names: readonly string[];
  readonly templates: readonly Template[];
  readonly keyOf: Keyring;
}

function preparePreset(scheme: Scheme): PreparedPreset {
  return {
    scheme,
    names: scheme.signatureHeaders.map((name) => name.toLowerCase()),
    templates: scheme.templates.map(parseTemplate),
    keyOf: createKeyring(scheme.key),
  };
}

/** Of the presets whose signature header is there. */
function* presetTrials(
  presets: readonly PreparedPreset[],
  headers: Headers,
  candidates: readonly Candidate[],
  { from, work }: SearchOptions,
): Generator<Trial> {
  const sent = new Set(headers.map(([name]) => name.toLowerCase()));
  for (const { scheme, names, templates, keyOf } of presets) {
    if (!names.some((name) => sent.has(name))) continue;
    for (const attempt of readWithin(scheme, templates, headers, work)) {
      for (const candidate of candidates) {
        const key = keyOf(candidate.secret);
        if (key) yield { attempt, key: { candidate, decoding: scheme.key, key }, at: from };
      }
    }
  }
}

/** The likeliest decoding of every secret, then the next likely; made once for each secret and each list. */
function createKeyGuesser(): (candidates: readonly Candidate[]) => readonly CandidateKey[] {
  const bySecret = new WeakMap<Secret, readonly GuessedKey[]>();
  const byList = new WeakMap<readonly Candidate[], readonly CandidateKey[]>();

  function guess({ secret }: Candidate): readonly GuessedKey[] {
    const keys = bySecret.get(secret) ?? guessKeys(secret);
    bySecret.set(secret, keys);
    return keys;
  }

  return (candidates) => {
    const known = byList.get(candidates);
    if (known) return known;
    const keys = candidates
      .flatMap((candidate) => guess(candidate).map((key, rank) => ({ candidate, rank, ...key })))
      .sort((one, other) => one.rank - other.rank);
    byList.set(candidates, keys);
    return keys;
  };
}
