import type { Pens, TableBlock } from './block.ts';
import { inTone, type Line, paintLine, toLine } from './line.ts';
import { drawSentence } from './record.ts';

const INDENT = 2;
/** Between a label and its value, and between fields. */
const LABEL_GAP = 1;
const FIELD_GAP = 3;

interface Piece {
  readonly text: string;
  readonly width: number;
}

/** A table too narrow for columns: the first cell of a row is a heading, the others follow it, label and value. */
export function drawStacked({ columns, rows }: TableBlock, pens: Pens): readonly string[] {
  const labels = columns.map(({ title }) => inTone(toLine(title, pens.look.unicode), 'dim'));
  return rows.flatMap(([heading, ...values]) => [
    ...(heading ? drawSentence(inTone(heading, 'strong'), pens) : []),
    ...pack(
      values.flatMap((value, index) => drawField(labels[index + 1], value, pens)),
      pens.look.columns ?? Number.POSITIVE_INFINITY,
    ),
  ]);
}

/** One piece; a value that is longer than a line comes in several, one a line. */
function drawField(label: Line | undefined, value: Line, pens: Pens): readonly Piece[] {
  const { paint, ruler, look } = pens;
  const name = label ? `${paintLine(label, paint)}${' '.repeat(LABEL_GAP)}` : '';
  const nameWidth = label ? ruler.width(label.text) + LABEL_GAP : 0;
  const room = (look.columns ?? Number.POSITIVE_INFINITY) - INDENT;
  const width = nameWidth + ruler.width(value.text);
  if (width <= room) return [{ text: name + paintLine(value, paint), width }];
  const lines = drawSentence(value, { ...pens, look: { ...look, columns: room } });
  return [
    ...(label ? [{ text: name.trimEnd(), width: room }] : []),
    ...lines.map((text) => ({ text, width: room })),
  ];
}

/** As many pieces on a line as it has room for. */
function pack(pieces: readonly Piece[], columns: number): readonly string[] {
  const lines: string[] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const { text, width } of pieces) {
    const fits = used + FIELD_GAP + width <= columns;
    const last = lines.length - 1;
    if (fits) lines[last] += ' '.repeat(FIELD_GAP) + text;
    else lines.push(' '.repeat(INDENT) + text);
    used = fits ? used + FIELD_GAP + width : INDENT + width;
  }
  return lines;
}
