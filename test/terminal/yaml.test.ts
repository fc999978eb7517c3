import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Secret } from '../../src/secret.ts';
import { loadYaml } from '../../src/terminal/yaml.ts';

const write = await loadYaml();
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '\u{7f}',
    '\u{9b}31m',
    '\u{2028}',
    '\u{202e}',
    '\u{e0041}',
    '\u{85}',
    '\r',
    'a\tb',
    '- x',
    'a: b #c',
    '\n \n',
    '--- a',
    'no',
  ),
);
const hostile = fc.oneof(
  fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }),
  fc.dictionary(text, fc.oneof(text, fc.array(text))),
);

describe('YAML', () => {
  test('is the same data for every value', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(parse(write(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 1000 },
    );
  });

  test('holds nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(write(value)).not.toMatch(
          /(?!\n)\p{Cc}|[\u{2028}\u{2029}\u{202a}-\u{202e}\u{2066}-\u{2069}\p{Cs}]/u,
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('reads well, quotes what other readers take for something else, and never folds or aliases', () => {
    const shared = { url: 'https://example.com/hooks' };
    const value = {
      id: 'wh_1',
      active: true,
      none: undefined,
      created_at: '2026-01-02T03:04:05Z',
      word: 'no',
      secret: new Secret('whsec_A1B2C3D4E5F6G7H8'),
      long: 'word '.repeat(30).trim(),
      text: 'first line of a long text\nsecond line of a long text',
      tags: '\u{e0041}\u{202e}',
      targets: [shared, shared],
    };
    expect(write(value)).toMatchInlineSnapshot(`
      "id: wh_1
      active: true
      none: null
      created_at: "2026-01-02T03:04:05Z"
      word: "no"
      secret: whsec_A1B2…
      long: word word word word word word word word word word word word word word word word word word word word word word word word word word word word word word
      text: "first line of a long text\\nsecond line of a long text"
      tags: "\\U000e0041\\u202e"
      targets:
        - url: https://example.com/hooks
        - url: https://example.com/hooks
      "
    `);
  });
});
