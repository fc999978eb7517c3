import { type Line, toLine, toValue } from './line.ts';
import type { Ruler } from './ruler.ts';
import type { Look, Paint } from './style.ts';
import { plain } from './text.ts';
import type { Column, Text, View } from './view.ts';

export type Field = readonly [label: Line, value: Line];

export interface TableBlock {
  readonly kind: 'table';
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Line[])[];
}

/** A view with every text harmless and every mark in its final form, ready to be measured. */
export type Block =
  | TableBlock
  | { readonly kind: 'record'; readonly title: Line | undefined; readonly fields: readonly Field[] }
  | { readonly kind: 'lines'; readonly lines: readonly Line[]; readonly wrap: boolean }
  | StackBlock;

export interface StackBlock {
  readonly kind: 'stack';
  readonly parts: readonly Block[];
  readonly tight: boolean;
  readonly indent: number;
}

/** What every drawing needs besides the block. */
export interface Pens {
  readonly look: Look;
  readonly paint: Paint;
  readonly ruler: Ruler;
}

/** What there is to see of a view; null for an empty table, list or stack. */
export function toBlock(view: View, unicode: boolean): Block | null {
  switch (view.kind) {
    case 'stack': {
      const parts = view.views.map((inner) => toBlock(inner, unicode)).filter((part) => part !== null);
      return parts.length === 0
        ? null
        : { kind: 'stack', parts, tight: view.tight === true, indent: view.indent ?? 0 };
    }
    case 'lines': {
      const lines = view.lines.map((line) => toLine(line, unicode));
      return lines.length === 0 ? null : { kind: 'lines', lines, wrap: view.wrap === true };
    }
    case 'table':
      return view.rows.length === 0 ? null : toTable(view.columns, view.rows, unicode);
    case 'record': {
      const fields = view.fields.map(
        ([label, value]): Field => [toLine(label, unicode), toValue(value, unicode)],
      );
      const title = view.title === undefined ? undefined : toLine(view.title, unicode);
      return title === undefined && fields.length === 0 ? null : { kind: 'record', title, fields };
    }
  }
}

function toTable(
  columns: readonly Column[],
  rows: readonly (readonly Text[])[],
  unicode: boolean,
): TableBlock {
  return {
    kind: 'table',
    columns: columns.map((column) => ({ ...column, title: plain(column.title) })),
    rows: rows.map((row) => columns.map((_column, index) => toValue(row[index] ?? '', unicode))),
  };
}

/** Every text that will be measured. */
export function* textsOf(block: Block): Generator<string> {
  switch (block.kind) {
    case 'stack':
      for (const part of block.parts) yield* textsOf(part);
      return;
    case 'lines':
      if (block.wrap) yield* block.lines.map(textOf);
      return;
    case 'record':
      yield* block.fields.flat().map(textOf);
      return;
    case 'table':
      yield* block.columns.map(({ title }) => title);
      for (const row of block.rows) yield* row.map(textOf);
  }
}

const textOf = ({ text }: Line): string => text;
