import type { Paint } from './style.ts';
import { plain } from './text.ts';
import { MARKS, type Span, type Text, type Tone } from './view.ts';

/** One line of harmless text with its tones by offset: measured and cut as a string, painted at the end. */
export interface Line {
  readonly text: string;
  /** Stretches in order, without gaps; `end` is where the next begins. */
  readonly tones: readonly { readonly end: number; readonly tone: Tone }[];
}

/** What stands for nothing, so that a column or a label is never left empty. */
const ABSENT: Line = { text: '-', tones: [{ end: 1, tone: 'dim' }] };

export function toLine(text: Text, unicode: boolean): Line {
  const tones: { end: number; tone: Tone }[] = [];
  let whole = '';
  for (const part of typeof text === 'string' || 'text' in text ? [text] : text) {
    const span: Span = typeof part === 'string' ? { text: part, tone: 'plain' } : part;
    whole += !unicode && span.ascii !== undefined ? span.ascii : plain(span.text);
    tones.push({ end: whole.length, tone: span.tone });
  }
  return { text: whole, tones };
}

/** A value in a cell or beside a label: without spaces around it, `-` for nothing. */
export function toValue(text: Text, unicode: boolean): Line {
  const line = toLine(text, unicode);
  const trimmed = line.text.trim();
  if (trimmed === '') return ABSENT;
  if (trimmed.length === line.text.length) return line;
  return slice(line, line.text.indexOf(trimmed), line.text.trimEnd().length);
}

export function slice(line: Line, from: number, to: number): Line {
  const tones = line.tones
    .map(({ end, tone }) => ({ end: Math.max(0, Math.min(end, to) - from), tone }))
    .filter(({ end }, index, all) => end > (all[index - 1]?.end ?? 0));
  return { text: line.text.slice(from, to), tones };
}

/** The first part of the line, without spaces at its end, and an ellipsis in the tone of what is left out. */
export function ellipsis(line: Line, end: number, unicode: boolean): Line {
  const kept = slice(line, 0, line.text.slice(0, end).trimEnd().length);
  const tone = line.tones.find((stretch) => stretch.end > end)?.tone ?? 'plain';
  const text = kept.text + ellipsisText(unicode);
  return { text, tones: [...kept.tones, { end: text.length, tone }] };
}

export function ellipsisText(unicode: boolean): string {
  return unicode ? MARKS.more.text : MARKS.more.ascii;
}

export function paintLine(line: Line, paint: Paint): string {
  let painted = '';
  let start = 0;
  for (const { end, tone } of line.tones) {
    if (end > start) painted += paint(tone, line.text.slice(start, end));
    start = Math.max(start, end);
  }
  return painted;
}

/** The same with plain stretches in a tone of their place: a title, a label. */
export function inTone(line: Line, tone: Tone): Line {
  return { ...line, tones: line.tones.map((part) => (part.tone === 'plain' ? { ...part, tone } : part)) };
}
