import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonStyle, measureIndents, readJsonText, writeJsonText } from '../src/json-text.ts';

const style = (change: Partial<JsonStyle>): JsonStyle => ({
  indent: null,
  afterComma: '',
  afterColon: '',
  sorted: false,
  respell: null,
  ...change,
});

function rewrite(text: string, change: Partial<JsonStyle>): string {
  const json = readJsonText(text);
  if (json === null) throw new Error('is no JSON');
  return writeJsonText(json, style(change));
}

const anyJson = fc.json({ maxDepth: 5 });

describe('JSON written anew', () => {
  it('is what JSON.stringify writes, with and without indents', () => {
    fc.assert(
      fc.property(anyJson, fc.constantFrom('', ' ', '  ', '\t'), (text, indent) => {
        const untidy = JSON.stringify(JSON.parse(text), null, 3).replaceAll('\n', ' \r\n\t');
        const change = indent === '' ? {} : { indent, afterColon: ' ' };
        expect(rewrite(untidy, change)).toBe(JSON.stringify(JSON.parse(text), null, indent));
      }),
    );
  });

  it('means the same with its keys sorted', () => {
    fc.assert(
      fc.property(anyJson, (text) => {
        expect(JSON.parse(rewrite(text, { sorted: true }))).toEqual(JSON.parse(text));
      }),
    );
    expect(rewrite('{"b":1,"a":{"d":2,"c":3},"\\u0041":4}', { sorted: true })).toBe(
      '{"\\u0041":4,"a":{"c":3,"d":2},"b":1}',
    );
  });

  it('keeps how numbers and strings were written, and keys that come twice', () => {
    const text = '{"a":1.50,"a":1e5,"b":12345678901234567890,"c":"\\u00e9\\/","__proto__":-0}';
    expect(rewrite(text, {})).toBe(text);
  });

  it('is as long as was foretold', () => {
    fc.assert(
      fc.property(anyJson, (text) => {
        const json = readJsonText(text);
        if (json === null) return;
        const { lines, levels } = measureIndents(json);
        const growth =
          writeJsonText(json, style({ indent: '   ' })).length - writeJsonText(json, style({})).length;
        expect(growth).toBeLessThanOrEqual(lines + levels * 3);
      }),
    );
    const nested = readJsonText('{"a":[1,[2]]}');
    expect(nested && measureIndents(nested)).toEqual({ lines: 7, levels: 1 + 2 + 2 + 3 + 2 + 1 });
  });

  it.each(['', '{', '{"a":1}x', "{'a':1}", '[1,]', 'nul', '\u0000'])(
    'is not made of what is no JSON: %j',
    (text) => {
      expect(readJsonText(text)).toBeNull();
    },
  );

  it('is not made of what is nested too deep', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(rewrite(nested(25), {})).toBe(nested(25));
    for (const depth of [26, 50_000]) expect(readJsonText(nested(depth))).toBeNull();
    expect(readJsonText(`${'{"a":'.repeat(30)}1${'}'.repeat(30)}`)).toBeNull();
  });
});
