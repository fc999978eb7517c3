import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bracketed, split } from '../../src/page/visible.ts';

const shown = (text: string, isMultiline = false): string =>
  split(text, isMultiline)
    .map((stretch) => (stretch.isHidden ? `<${stretch.text}>` : stretch.text))
    .join('');

describe('text from outside', () => {
  it.each([
    ['plain text', 'plain text'],
    ['Müller 👩‍👩 東京', 'Müller 👩<U+200D>👩 東京'],
    ['case\u202e.denepo', 'case<U+202E>.denepo'],
    ['a\u0000b\u001b[31mc', 'a<U+0000>b<U+001B>[31mc'],
    ['zero\u200bwidth\ufeff', 'zero<U+200B>width<U+FEFF>'],
    ['a\r\nb', 'a<U+000D><U+000A>b'],
    ['half \ud83d', 'half <U+D83D>'],
    ['\u{e0041}tag', '<U+E0041>tag'],
    ['', ''],
  ])('%j is shown as %j', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('keeps line ends and tabs where lines are shown', () => {
    expect(shown('a\n\tb\r', true)).toBe('a\n\tb<U+000D>');
    expect(bracketed('a\n\tb\u202e', true)).toBe('a\n\tb[U+202E]');
  });

  it('is of few pieces, whatever it holds, and never holds what is not seen', () => {
    const long = '\u202ea'.repeat(100_000);
    expect(split(long).length).toBeLessThan(1000);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(shown(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
    );
  });
});
