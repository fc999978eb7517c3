import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { paintJson, toJson } from '../../src/terminal/json.ts';
import { loadPaint } from '../../src/terminal/style.ts';
import { plain } from '../../src/terminal/text.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\u{7f}', '\u{9b}31m', '\u{2028}', '\u{202e}', '\u{e0041}', '\ud800', '"\\'),
);
const anyJson = fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' });
const hostileJson = fc.oneof(anyJson, fc.dictionary(text, fc.oneof(text, fc.array(text), anyJson)));
const RAW = /(?!\n)\p{Cc}|[\u{2028}\u{2029}\u{200e}\u{200f}\u{61c}\u{202a}-\u{202e}\u{2066}-\u{2069}\p{Cs}]/u;

describe('toJson', () => {
  test('is exact for every value, on one line or indented', () => {
    fc.assert(
      fc.property(hostileJson, fc.constantFrom(0, 2), (value, indent) => {
        expect(JSON.parse(toJson(value, indent))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('holds nothing that a terminal acts on', () => {
    fc.assert(
      fc.property(hostileJson, (value) => {
        expect(toJson(value, 2)).not.toMatch(RAW);
      }),
    );
  });

  test('escapes what JSON leaves raw, also beyond the basic plane', () => {
    expect(toJson('\u{7f}\u{9b}31m\u{2028}\u{202e}\u{feff}\u{e0041}')).toBe(
      '"\\u007f\\u009b31m\\u2028\\u202e\\ufeff\\udb40\\udc41"',
    );
  });

  test('leaves letters of every script and emoji readable', () => {
    expect(toJson('Zoë 日本語 العربية 👩‍👩‍👧 ❤️')).toBe('"Zoë 日本語 العربية 👩‍👩‍👧 ❤️"');
  });

  test('what is absent is null', () => {
    expect(toJson({ a: undefined, b: [undefined], c: null })).toBe('{"a":null,"b":[null],"c":null}');
    expect(toJson(undefined)).toBe('null');
    expect(toJson(() => 1)).toBe('null');
  });

  test('a secret shows its mask', () => {
    expect(toJson({ secret_key: new Secret('whsec_A1B2C3D4E5F6G7H8') })).toBe('{"secret_key":"whsec_A1B2…"}');
  });
});

describe('paintJson', () => {
  test('is the same text when the colours are taken away', async () => {
    const paint = await loadPaint(true);
    fc.assert(
      fc.property(hostileJson, (value) => {
        const json = toJson(value, 2);
        const painted = paintJson(json, paint);
        expect(painted.split('\n').map(plain).join('\n')).toBe(json.split('\n').map(plain).join('\n'));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours themselves
        expect(painted.replace(/\u001b\[\d+m/g, '')).toBe(json);
      }),
    );
  });

  test('tells keys from values, whatever they hold', () => {
    const painted = paintJson(
      toJson({ 'a": 1,': ['": ', -1.5, true, null, {}, []] }, 2),
      (tone, part) => `<${tone} ${part}>`,
    );
    expect(painted).toMatchInlineSnapshot(`
      "{
        <accent "a\\": 1,">: [
          <good "\\": ">,
          <warn -1.5>,
          <warn true>,
          <dim null>,
          {},
          []
        ]
      }"
    `);
  });

  test('a string of ten megabytes is painted', () => {
    const json = toJson({ body: '\\"'.repeat(2_500_000) }, 2);
    expect(paintJson(json, (_tone, part) => part)).toBe(json);
  });
});
