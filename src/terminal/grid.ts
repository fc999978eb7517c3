import Table from 'cli-table3';
import type { Pens, TableBlock } from './block.ts';
import { ellipsis, ellipsisText, type Line, paintLine } from './line.ts';
import { cutAt } from './ruler.ts';
import type { Paint } from './style.ts';
import type { Column } from './view.ts';

const GAP = 2;
/** A shrinkable column keeps this many columns, or its title if that is longer. */
const MIN_SHRUNK = 12;
/** Where nothing is cut, a cell longer than this is not waited for by the other rows. */
const MAX_PADDED = 200;

const NO_BORDERS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
  middle: ' '.repeat(GAP),
};
const NO_STYLE = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 };

interface Cell {
  readonly line: Line;
  readonly width: number;
}

/** A table without borders under a quiet header, or null where it does not fit the terminal. */
export function drawGrid(table: TableBlock, pens: Pens): readonly string[] | null {
  const { look, paint, ruler } = pens;
  const toCell = (line: Line): Cell => ({ line, width: ruler.width(line.text) });
  const head = table.columns.map(({ title }) => toCell(header(title)));
  const rows = table.rows.map((row) => row.map(toCell));
  const widths = fitWidths(table.columns, head, rows, look.columns);
  if (widths === null) return null;
  const layout = layOut(widths);
  return [head, ...rows].map((row) => {
    const cells = look.columns === null ? row : row.map((cell, index) => cut(cell, widths[index] ?? 0, pens));
    return fill(layout, cells, table.columns, paint);
  });
}

function header(title: string): Line {
  const text = title.toUpperCase();
  return { text, tones: [{ end: text.length, tone: 'dim' }] };
}

/** The width of each column: natural where there is room, else the widest shrinkable ones give first. */
function fitWidths(
  columns: readonly Column[],
  head: readonly Cell[],
  rows: readonly (readonly Cell[])[],
  available: number | null,
): readonly number[] | null {
  const limit = available ?? MAX_PADDED;
  const titles = head.map(({ width }) => width);
  const widths = rows.reduce(
    (widest, row) => widest.map((width, index) => Math.max(width, Math.min(row[index]?.width ?? 0, limit))),
    titles,
  );
  if (available === null) return widths;
  const least = columns.map(({ shrink }, index) => {
    const width = widths[index] ?? 0;
    return shrink ? Math.min(width, Math.max(titles[index] ?? 0, MIN_SHRUNK)) : width;
  });
  return total(least) > available ? null : shrink(widths, least, total(widths) - available);
}

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);

function shrink(natural: readonly number[], least: readonly number[], excess: number): readonly number[] {
  const widths = [...natural];
  for (let left = excess; left > 0; left -= 1) {
    const spare = widths.map((width, index) => (width > (least[index] ?? 0) ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function cut(cell: Cell, columns: number, { look, ruler }: Pens): Cell {
  if (cell.width <= columns) return cell;
  const room = columns - ellipsisText(look.unicode).length;
  const line = ellipsis(cell.line, cutAt(cell.line.text, room, ruler), look.unicode);
  return { line, width: ruler.width(line.text) };
}

/**
 * One row of stand-ins, as wide as their columns: cli-table3 draws it once and every row is filled in after it. It
 * measures by an older Unicode than terminals have, and drawing all rows would cost more than a request does.
 */
function layOut(widths: readonly number[]): string {
  const table = new Table({ chars: NO_BORDERS, style: NO_STYLE, colWidths: [...widths] });
  table.push(widths.map((width) => STAND_IN.repeat(width)));
  return table.toString();
}

const STAND_IN = 'x';
const STAND_INS = /x+/g;

function fill(layout: string, cells: readonly Cell[], columns: readonly Column[], paint: Paint): string {
  let next = 0;
  const row = layout.replace(STAND_INS, (room) => {
    const cell = cells[next];
    const align = columns[next]?.align;
    next += 1;
    if (cell === undefined) return room;
    const text = paintLine(cell.line, paint);
    const space = ' '.repeat(Math.max(0, room.length - cell.width));
    return align === 'right' ? space + text : text + space;
  });
  return row.trimEnd();
}
