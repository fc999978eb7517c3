import stringWidth from 'string-width';
import type { Grapheme, Ruler } from './ruler.ts';
import { isSimple } from './simple.ts';

/** Widths of graphemes seen, so that a long text in one script is not measured letter by letter. */
const MAX_REMEMBERED = 4096;

/** Intl.Segmenter takes quadratic time, so a long text is segmented in parts. */
const PART_CHARS = 256;

/** Measures any text as terminals show it: wide scripts and emoji take two columns, combining marks none. */
export function graphemeRuler(): Ruler {
  const segmenter = new Intl.Segmenter();
  const remembered = new Map<string, number>();
  const widthOf = (text: string): number => {
    const known = remembered.get(text);
    if (known !== undefined) return known;
    const width = stringWidth(text);
    if (remembered.size < MAX_REMEMBERED) remembered.set(text, width);
    return width;
  };
  function* graphemes(text: string): Generator<Grapheme> {
    for (const segment of segments(text, segmenter)) yield { text: segment, width: widthOf(segment) };
  }
  const width = (text: string): number => {
    if (isSimple(text)) return text.length;
    let sum = 0;
    for (const grapheme of graphemes(text)) sum += grapheme.width;
    return sum;
  };
  return { width, graphemes };
}

/** All graphemes; the last one of a part may go on, so the next part begins with it. */
function* segments(text: string, segmenter: Intl.Segmenter): Generator<string> {
  let start = 0;
  let length = PART_CHARS;
  while (start < text.length) {
    const end = codePointEnd(text, start + length);
    const found = Array.from(segmenter.segment(text.slice(start, end)), ({ segment }) => segment);
    const whole = end >= text.length ? found : found.slice(0, -1);
    yield* whole;
    start += whole.reduce((sum, segment) => sum + segment.length, 0);
    length = whole.length === 0 ? length * 2 : PART_CHARS;
  }
}

/** `end`, or one less where it would split a surrogate pair. */
function codePointEnd(text: string, end: number): number {
  return /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end;
}
