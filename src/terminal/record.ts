import type { Field, Pens } from './block.ts';
import { inTone, type Line, paintLine, slice } from './line.ts';
import { longestWord, wrap } from './ruler.ts';

const GAP = 2;
const INDENT = 2;
/** Beside the labels there must be this much room, or long values go below them. */
const MIN_ROOM = 16;

/** Labels and values side by side; on a terminal long values wrap below themselves. */
export function drawRecord(title: Line | undefined, fields: readonly Field[], pens: Pens): readonly string[] {
  const labelWidth = fields.reduce((widest, [label]) => Math.max(widest, pens.ruler.width(label.text)), 0);
  const head = title === undefined ? [] : [paintLine(inTone(title, 'strong'), pens.paint)];
  return [...head, ...fields.flatMap((field) => drawField(field, labelWidth, pens))];
}

function drawField([label, value]: Field, labelWidth: number, pens: Pens): readonly string[] {
  const { look, paint, ruler } = pens;
  const name = paintLine(inTone(label, 'dim'), paint);
  const beside = name + ' '.repeat(labelWidth - ruler.width(label.text) + GAP);
  const columns = look.columns ?? Number.POSITIVE_INFINITY;
  const room = columns - labelWidth - GAP;
  if (ruler.width(value.text) <= room) return [beside + paintLine(value, paint)];
  // A word that fits the terminal but not beside the labels goes below whole, so that it can be copied.
  const word = longestWord(value.text, ruler);
  const staysBeside = room >= MIN_ROOM && (word <= room || word > columns - INDENT);
  if (staysBeside) return hang(beside, labelWidth + GAP, wrapped(value, room, pens));
  return [name, ...hang(' '.repeat(INDENT), INDENT, wrapped(value, Math.max(1, columns - INDENT), pens))];
}

/** A sentence that may be longer than the terminal is wide: it goes on below its own indentation. */
export function drawSentence(line: Line, pens: Pens): readonly string[] {
  const { look, paint, ruler } = pens;
  if (look.columns === null || ruler.width(line.text) <= look.columns) return [paintLine(line, paint)];
  const indent = line.text.length - line.text.trimStart().length;
  const room = Math.max(MIN_ROOM, look.columns - indent);
  return hang(' '.repeat(indent), indent, wrapped(slice(line, indent, line.text.length), room, pens));
}

function hang(first: string, indent: number, lines: readonly string[]): readonly string[] {
  return lines.map((line, index) => (index === 0 ? first : ' '.repeat(indent)) + line);
}

function wrapped(value: Line, columns: number, { paint, ruler }: Pens): readonly string[] {
  return Array.from(wrap(value.text, columns, ruler), ([from, to]) => {
    const end = from + value.text.slice(from, to).trimEnd().length;
    return paintLine(slice(value, from, end), paint);
  });
}
