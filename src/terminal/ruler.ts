import { isSimple } from './simple.ts';

/** One user-perceived character and the columns that it takes. */
export interface Grapheme {
  readonly text: string;
  readonly width: number;
}

/** Measures text that `plain` has made harmless. */
export interface Ruler {
  width(text: string): number;
  graphemes(text: string): Iterable<Grapheme>;
}

/** For simple text only: length is width. Any other text needs the ruler of graphemes.ts, which is dear to load. */
export const simpleRuler: Ruler = {
  width: (text) => text.length,
  *graphemes(text) {
    for (const character of text) yield { text: character, width: 1 };
  },
};

/** The ruler for these texts. */
export async function loadRuler(texts: Iterable<string>): Promise<Ruler> {
  for (const text of texts) {
    if (!isSimple(text)) return (await import('./graphemes.ts')).graphemeRuler();
  }
  return simpleRuler;
}

/** Where to cut so that the beginning, in whole graphemes, takes at most `columns`. */
export function cutAt(text: string, columns: number, ruler: Ruler): number {
  let end = 0;
  let used = 0;
  for (const grapheme of ruler.graphemes(text)) {
    used += grapheme.width;
    if (used > columns) break;
    end += grapheme.text.length;
  }
  return end;
}

/** The widest run without a space. */
export function longestWord(text: string, ruler: Ruler): number {
  return text.split(' ').reduce((widest, word) => Math.max(widest, ruler.width(word)), 0);
}

/** From and to of each line, at most `columns` wide: broken at spaces, and inside a word only where it must. */
export function* wrap(text: string, columns: number, ruler: Ruler): Generator<readonly [number, number]> {
  let start = 0;
  let end = 0;
  let width = 0;
  /** The last space of the line, and the width up to and with it. */
  let space = { at: -1, width: 0 };
  for (const grapheme of ruler.graphemes(text)) {
    while (width > 0 && width + grapheme.width > columns && grapheme.text !== ' ') {
      const soft = space.at >= start;
      yield [start, soft ? space.at : end];
      start = soft ? space.at + 1 : end;
      width = soft ? width - space.width : 0;
      space = { at: -1, width: 0 };
    }
    width += grapheme.width;
    if (grapheme.text === ' ') space = { at: end, width };
    end += grapheme.text.length;
  }
  yield [start, end];
}
