import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { plain } from '../../src/terminal/text.ts';

const ESC = '\u{1b}';
const BEL = '\u{7}';
const ST = `${ESC}\\`;
const LRO = '\u{202d}';

/** Text made of what terminals react to, in any order, with real text between. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        ESC,
        `${ESC}[`,
        `${ESC}]`,
        `${ESC}P`,
        '\u{9b}',
        '\u{9d}',
        '\u{9c}',
        BEL,
        ST,
        '31m',
        ';',
        '0',
      ),
      fc.constantFrom(
        '\u{200d}',
        '\u{fe0f}',
        '\u{20e3}',
        '\u{1f468}',
        '\u{1f3fb}',
        '\u{1f3f4}',
        '\u{e0067}',
        '#',
      ),
      fc.constantFrom(
        '\ud800',
        '\udc00',
        '\u{301}',
        '\u{202e}',
        '\u{2066}',
        '\u{200b}',
        '\r\n',
        '\t',
        'a',
        ' ',
      ),
    ),
  )
  .map((parts) => parts.join(''));

describe('plain', () => {
  test.each([
    ['ordinary text', 'POST /hooks 200 in 12 ms', 'POST /hooks 200 in 12 ms'],
    ['colour', `${ESC}[31;1mred${ESC}[0m`, 'red'],
    ['cursor movement', `one${ESC}[2Atwo${ESC}[2K`, 'onetwo'],
    ['private and intermediate parameters', `${ESC}[?25l${ESC}[>4;2m${ESC}[0 qok`, 'ok'],
    ['an 8-bit CSI', '\u{9b}31mred', 'red'],
    ['a window title ended by BEL', `a${ESC}]0;evil${BEL}b`, 'ab'],
    ['a hyperlink ended by ST', `${ESC}]8;;https://evil.example${ST}text${ESC}]8;;${ST}`, 'text'],
    ['an 8-bit OSC and ST', 'a\u{9d}0;evil\u{9c}b', 'ab'],
    ['DCS, SOS, PM, APC', `${ESC}Pq1${ST}a${ESC}Xq2${ST}b${ESC}^q3${ST}c${ESC}_q4${ST}d`, 'abcd'],
    ['8-bit DCS, SOS, PM, APC', '\u{90}q\u{9c}a\u{98}q\u{9c}b\u{9e}q\u{9c}c\u{9f}q\u{9c}d', 'abcd'],
    ['reset, charset and keypad sequences', `${ESC}c${ESC}(0${ESC}=ok`, 'ok'],
    ['a sequence that never ends', `ok${ESC}[31`, 'ok'],
    ['a string that never ends', `ok${ESC}]52;c;ZXZpbA==`, 'ok'],
    ['a lone escape', `ok${ESC}`, 'ok'],
    ['a sequence inside a sequence', `${ESC}${ESC}[31m[31mok`, '[31mok'],
    ['backspace, bell and DEL', `a\b${BEL}\u{7f}b`, 'ab'],
    ['line breaks and tabs', 'a\r\nb\nc\rd\te\vf\fg\u{85}h\u{2028}i\u{2029}j', 'a b c d e f g h i j'],
    [
      'direction marks, overrides, isolates',
      `${LRO}a\u{202e}b\u{2066}c\u{2069}\u{200e}\u{200f}\u{61c}`,
      'abc',
    ],
    [
      'zero-width and other invisible characters',
      'p\u{200b}a\u{2060}y\u{feff}p\u{ad}a\u{3164}l\u{115f}',
      'paypal',
    ],
    ['text hidden in tags', `ok\u{e0068}\u{e0069}\u{e007f}`, 'ok'],
    ['text hidden in variation selectors', 'ok\u{fe01}\u{fe0f}\u{e0101}', 'ok'],
    ['joiners outside emoji', 'a\u{200d}b\u{200c}c', 'abc'],
    ['lone surrogates', 'a\ud800b\udc00', 'a\u{fffd}b\u{fffd}'],
    ['a chain of joined pictures', `${'👩\u{200d}'.repeat(7)}👩`, '👩‍👩‍👩‍👩‍👩👩‍👩‍👩'],
    ['a pile of marks', `Z${'\u{301}'.repeat(50)}algo`, `Z${'\u{301}'.repeat(6)}algo`],
  ])('leaves only visible text of %s', (_what, hostile, expected) => {
    expect(plain(hostile)).toBe(expected);
  });

  test.each([
    ['accents, composed and combining', 'Zoë Zoe\u{308} Nguyễn'],
    ['other scripts', '日本語 한국어 Ελληνικά русский العربية עברית हिन्दी ไทย'],
    ['skin tones and families', '👍🏽 👩‍👩‍👧‍👦 🕵🏻‍♂️ ❤️‍🔥'],
    ['flags, also those spelled with tags', '🇩🇪 🏳️‍🌈 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
    ['keycaps and text presentation', '1️⃣ #️⃣ ☎︎ ✓'],
  ])('keeps %s', (_what, text) => {
    expect(plain(text)).toBe(text);
  });

  test('no input leaves a control, format or surrogate character, but the joints of emoji', () => {
    const TAG_FLAGS = /\u{1f3f4}[\u{e0061}-\u{e007a}]+\u{e007f}/gu;
    const JOINTS =
      /(?<=\p{Extended_Pictographic}\p{Emoji_Modifier}?[\u{fe0e}\u{fe0f}]?)\u{200d}(?=\p{Extended_Pictographic})/gu;
    fc.assert(
      fc.property(hostileText, (text) => {
        const rest = plain(text).replace(TAG_FLAGS, '').replace(JOINTS, '');
        expect(rest).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u{2028}\u{2029}]/u);
      }),
      { numRuns: 5000 },
    );
  });

  test('a second time changes nothing', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        expect(plain(plain(text))).toBe(plain(text));
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['string openers', `${ESC}]`],
    ['8-bit string openers', '\u{9d}'],
    ['CSI openers', `${ESC}[3`],
    ['marks', '\u{301}'],
    ['joined pictures', '👩\u{200d}'],
    ['half surrogates', '\ud83d'],
  ])('a megabyte of %s takes as long as its length says', (_what, unit) => {
    expect(plain(unit.repeat(1_000_000 / unit.length)).length).toBeLessThanOrEqual(1_000_000);
  });
});
