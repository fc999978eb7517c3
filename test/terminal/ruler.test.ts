import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { cutAt, loadRuler, longestWord, simpleRuler, wrap } from '../../src/terminal/ruler.ts';
import { isSimple } from '../../src/terminal/simple.ts';
import { plain } from '../../src/terminal/text.ts';

const wide = await loadRuler(['日本']);
const visible = fc.string({ unit: 'grapheme' }).map(plain);
const LAST_BMP = 0xffff;

describe('a ruler', () => {
  test('simple characters are one column each, also side by side', () => {
    const simple = Array.from({ length: LAST_BMP + 1 }, (_, code) => String.fromCharCode(code)).filter(
      isSimple,
    );
    expect(simple.length).toBeGreaterThan(900);
    expect(simple.filter((character) => stringWidth(character) !== 1)).toEqual([]);
    expect(stringWidth(simple.join(''))).toBe(simple.length);
  });

  test('the dear ruler is loaded only for text that needs it', async () => {
    expect(await loadRuler(['id', 'Zürich → Москва', '… ✓ ✗ ⚠ │ ─ •'])).toBe(simpleRuler);
    expect(await loadRuler(['id', '日本'])).not.toBe(simpleRuler);
    expect(await loadRuler(['e\u{301}'])).not.toBe(simpleRuler);
  });

  test('measures as terminals show: wide scripts and emoji take two columns, marks none', () => {
    const texts = ['日本', '👩‍👩‍👧', '🇩🇪', 'Zoe\u{308}', 'हिन्दी', 'id'];
    expect(texts.map((text) => wide.width(text))).toEqual(texts.map((text) => stringWidth(text)));
    expect(texts.map((text) => wide.width(text))).toEqual([4, 2, 2, 3, expect.any(Number), 2]);
  });
});

test('a long text has the same graphemes as when it is segmented at once', () => {
  const long = fc.array(fc.string({ unit: 'grapheme' })).map((parts) => parts.join('').repeat(10));
  fc.assert(
    fc.property(
      fc.oneof(
        long,
        fc.constantFrom('👩\u{200d}', '🇩🇪', 'a👩', '\u{301}').map((unit) => unit.repeat(500)),
      ),
      (text) => {
        const atOnce = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
        expect(Array.from(wide.graphemes(text), (grapheme) => grapheme.text)).toEqual(atOnce);
      },
    ),
  );
});

describe('cutAt', () => {
  test('never cuts a grapheme and never goes beyond the columns', () => {
    fc.assert(
      fc.property(visible, fc.nat(20), (text, columns) => {
        const kept = text.slice(0, cutAt(text, columns, wide));
        expect(wide.width(kept)).toBeLessThanOrEqual(columns);
        const graphemes = Array.from(wide.graphemes(text), (grapheme) => grapheme.text);
        expect(Array.from(wide.graphemes(kept), (grapheme) => grapheme.text)).toEqual(
          graphemes.slice(0, [...wide.graphemes(kept)].length),
        );
      }),
    );
  });

  test('a wide character that would stick out is left out', () => {
    expect(cutAt('日本', 3, wide)).toBe(1);
    expect(cutAt('abc', 3, simpleRuler)).toBe(3);
  });
});

describe('wrap', () => {
  const linesOf = (text: string, columns: number, ruler = simpleRuler): string[] =>
    Array.from(wrap(text, columns, ruler), ([from, to]) => text.slice(from, to));

  test('breaks at spaces, and inside a word only when it is longer than the line', () => {
    expect(linesOf('the quick brown fox', 10)).toEqual(['the quick', 'brown fox']);
    expect(linesOf('https://example.com/a b', 10)).toEqual(['https://ex', 'ample.com/', 'a b']);
    expect(linesOf('日本語 日本', 5, wide)).toEqual(['日本', '語', '日本']);
    expect(linesOf('fits', 10)).toEqual(['fits']);
    expect(linesOf('', 10)).toEqual(['']);
  });

  test('no line is too wide and no text is lost', () => {
    fc.assert(
      fc.property(visible, fc.integer({ min: 2, max: 30 }), (text, columns) => {
        const lines = linesOf(text, columns, wide);
        for (const line of lines) expect(wide.width(line.trimEnd())).toBeLessThanOrEqual(columns);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });

  test('a megabyte wraps', () => {
    const text = '日本語 '.repeat(250_000);
    expect(linesOf(text, 40, wide).join(' ').replaceAll('  ', ' ')).toBe(text);
  });
});

test('longestWord is the widest run without a space', () => {
  expect(longestWord('a 日本 bcd', wide)).toBe(4);
});
