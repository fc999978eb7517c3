import { pattern } from './pattern.ts';

/**
 * Text from a network or a file, made harmless for a terminal: no escape sequence, no control character, nothing
 * that turns the reading direction, and nothing invisible. Letters of every script and emoji stay as they are.
 */

/** Combining marks kept on one letter: more would be painted over the lines above and below. */
const MAX_MARKS = 6;
/** Pictures joined to one: a family has four. */
const MAX_JOINTS = 4;

const ESC = '\u{1b}';
const BEL = '\u{7}';

/** OSC, DCS, SOS, PM and APC with their payload up to the terminator, the next control character or the end. */
const STRING_SEQUENCE = `(?:${ESC}[\\]P^_X]|[\\u{90}\\u{98}\\u{9d}-\\u{9f}])\\P{Cc}*(?:${BEL}|${ESC}\\\\|\\u{9c})?`;
const CSI_SEQUENCE = `(?:${ESC}\\[|\\u{9b})[0-?]*[ -\\/]*[@-~]?`;
const SHORT_SEQUENCE = `${ESC}[ -\\/]*[0-~]?`;
const sequences = pattern(`${STRING_SEQUENCE}|${CSI_SEQUENCE}|${SHORT_SEQUENCE}`, 'gu');

const LINE_BREAKS = /\r\n|[\t-\r\u{85}\u{2028}\u{2029}]/gu;

/** England, Scotland and Wales: the only flags spelled with invisible tag characters. */
const TAG_FLAG =
  '\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}';
const KEYCAP = '[0-9#*]\u{fe0f}\u{20e3}';
const PICTURE = '\\p{Extended_Pictographic}(?:[\\u{fe0e}\\u{fe0f}]|\\p{Emoji_Modifier})?';
const EMOJI = `${TAG_FLAG}|${KEYCAP}|${PICTURE}(?:\\u{200d}${PICTURE}){0,${MAX_JOINTS}}`;
/** Invisible characters, but for those that are part of an emoji (the group, which is put back). */
const hidden = pattern(`(${EMOJI})|[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}]`, 'gu');

const excessMarks = pattern(`(\\p{M}{${MAX_MARKS}})\\p{M}+`, 'gu');

const loneSurrogates = pattern('\\p{Cs}', 'gu');

const HARMLESS = /^[ -~]*$/;

/** One line of visible text: breaks and tabs become a space, lone surrogates U+FFFD. Linear in the text's length. */
export function plain(text: string): string {
  if (HARMLESS.test(text)) return text;
  return text
    .replace(loneSurrogates(), '\u{fffd}')
    .replace(sequences(), '')
    .replace(LINE_BREAKS, ' ')
    .replace(hidden(), '$1')
    .replace(excessMarks(), '$1');
}
