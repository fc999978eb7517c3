import { type Block, type Pens, type StackBlock, textsOf, toBlock } from './block.ts';
import { paintLine } from './line.ts';
import { drawRecord, drawSentence } from './record.ts';
import { loadRuler } from './ruler.ts';
import { drawStacked } from './stacked.ts';
import { type Look, loadPaint } from './style.ts';
import type { Text, View } from './view.ts';

/** Below this, indenting stops taking width away. */
const MIN_COLUMNS = 20;

/** A view as text for one stream, every line ended; empty where there is nothing to see. */
export async function drawView(view: View, look: Look): Promise<string> {
  const block = toBlock(view, look.unicode);
  if (block === null) return '';
  const [paint, ruler] = await Promise.all([loadPaint(look.color), loadRuler(textsOf(block))]);
  const drawn = await drawBlock(block, { look, paint, ruler });
  return `${drawn.join('\n')}\n`;
}

/** What a view's empty tables say instead: talk for stderr. */
export function emptyNotes(view: View): readonly Text[] {
  if (view.kind === 'stack') return view.views.flatMap(emptyNotes);
  return view.kind === 'table' && view.rows.length === 0 ? [view.empty] : [];
}

async function drawBlock(block: Block, pens: Pens): Promise<readonly string[]> {
  switch (block.kind) {
    case 'stack':
      return drawStack(block, pens);
    case 'lines':
      return block.lines.flatMap((line) =>
        block.wrap ? drawSentence(line, pens) : [paintLine(line, pens.paint)],
      );
    case 'record':
      return drawRecord(block.title, block.fields, pens);
    case 'table': {
      const { drawGrid } = await import('./grid.ts');
      return drawGrid(block, pens) ?? drawStacked(block, pens);
    }
  }
}

async function drawStack(
  { parts, tight, indent }: StackBlock,
  { look, ...pens }: Pens,
): Promise<readonly string[]> {
  const columns = look.columns && Math.max(look.columns - indent, MIN_COLUMNS);
  const left = ' '.repeat(indent);
  const drawn: (readonly string[])[] = [];
  for (const part of parts) {
    const lines = await drawBlock(part, { ...pens, look: { ...look, columns } });
    const gap = drawn.length > 0 && !tight ? [''] : [];
    drawn.push([...gap, ...lines.map((line) => (line === '' ? '' : left + line))]);
  }
  return drawn.flat();
}
