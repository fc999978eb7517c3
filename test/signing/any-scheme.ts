import fc from 'fast-check';
import {
  ENCODINGS,
  type Grammar,
  HASHES,
  type HeaderNames,
  KEY_KINDS,
  PAIR_SEPARATORS,
  type Scheme,
  TIMESTAMP_UNITS,
  type TimestampSource,
} from '../../src/signing/scheme.ts';

const headerName = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/);
const label = fc.stringMatching(/^[A-Za-z0-9_.-]{1,32}$/);
const unit = fc.constantFrom(...TIMESTAMP_UNITS);
const hash = fc.constantFrom(...HASHES);
const gap = fc.stringMatching(/^[\n\x20-\x7a|~]{0,5}$/);

function atLeastOne<T>(item: fc.Arbitrary<T>): fc.Arbitrary<readonly [T, ...T[]]> {
  return fc.tuple(item, fc.array(item, { maxLength: 7 })).map(([first, others]) => [first, ...others]);
}

const headers: fc.Arbitrary<HeaderNames> = atLeastOne(headerName);

const grammar: fc.Arbitrary<Grammar> = fc.oneof(
  fc.constant({ kind: 'bare' } as const),
  fc.record({
    kind: fc.constant('prefix' as const),
    prefix: fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]{0,20}$/),
    optional: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('pairs' as const),
    separator: fc.constantFrom(...PAIR_SEPARATORS),
    signatureKey: label,
  }),
  fc.record({ kind: fc.constant('versions' as const), version: label }),
);

const timestampFor = ({ kind }: Grammar): fc.Arbitrary<TimestampSource | null> =>
  fc.oneof(
    fc.constant(null),
    fc.record({ from: fc.constant('header' as const), headers, unit }),
    kind === 'pairs'
      ? fc.record({ from: fc.constant('field' as const), key: label, unit })
      : fc.constant(null),
  );

function templateOf(parts: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.shuffledSubarray([...parts], { minLength: parts.length }),
      fc.array(gap, { minLength: 4, maxLength: 4 }),
    )
    .map(([order, gaps]) => gaps.map((text, index) => `${text}${order[index] ?? ''}`).join(''));
}

/** Any scheme that makes sense. */
export const anyScheme: fc.Arbitrary<Scheme> = grammar.chain((chosen) =>
  fc.tuple(timestampFor(chosen), fc.option(headers)).chain(([timestamp, idHeaders]) =>
    fc.record({
      name: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/),
      description: fc.string({ unit: 'grapheme', maxLength: 60 }).filter((text) => /^\P{Cc}*$/u.test(text)),
      signatureHeaders: headers,
      grammar: fc.constant(chosen),
      timestamp: fc.constant(timestamp),
      idHeaders: fc.constant(idHeaders),
      templates: atLeastOne(
        templateOf(['{body}', ...(timestamp ? ['{timestamp}'] : []), ...(idHeaders ? ['{id}'] : [])]),
      ),
      hash: fc.oneof(
        hash,
        fc.record({
          header: headerName,
          values: atLeastOne(fc.record({ name: fc.stringMatching(/^[\x21-\x7e]{1,20}$/), hash })),
        }),
      ),
      encoding: fc.constantFrom(...ENCODINGS),
      key: fc.oneof(
        fc.record({ kind: fc.constantFrom(...KEY_KINDS) }),
        fc.record({ kind: fc.constantFrom(...KEY_KINDS), prefix: fc.stringMatching(/^[\x20-\x7e]{1,10}$/) }),
      ),
      tolerance:
        timestamp === null
          ? fc.constant(null)
          : fc.option(fc.record({ pastMs: fc.nat(31_000_000_000), futureMs: fc.nat(31_000_000_000) })),
    }),
  ),
);
