/**
 * What people see, as plain data: no escape sequence, no width, no colour. The renderer strips every text of
 * control characters, then lays it out and colours it by tone, so nothing from a network can style or move.
 */
export type Tone = 'plain' | 'strong' | 'dim' | 'good' | 'warn' | 'bad' | 'accent';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
  /** Stands for the text where the terminal shows no UTF-8; for marks of our own, never for data. */
  readonly ascii?: string;
}

/** A stretch of text: a bare string is plain. */
export type Text = string | Span | readonly (string | Span)[];

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be cut with an ellipsis where the terminal is narrow; ids and codes never are. */
  readonly shrink?: boolean;
}

export type View =
  | {
      readonly kind: 'table';
      readonly columns: readonly Column[];
      readonly rows: readonly (readonly Text[])[];
      /** Shown instead of the table when there are no rows (on stderr: it is talk, not data). */
      readonly empty: Text;
    }
  | {
      readonly kind: 'record';
      readonly title?: Text;
      readonly fields: readonly (readonly [label: string, value: Text])[];
    }
  | {
      readonly kind: 'lines';
      readonly lines: readonly Text[];
      /** On a terminal, long lines break at words and go on below their indentation: for sentences, not for data. */
      readonly wrap?: boolean;
    }
  | {
      readonly kind: 'stack';
      readonly views: readonly View[];
      /** No blank lines between. */
      readonly tight?: boolean;
      /** Columns to the left of everything. */
      readonly indent?: number;
    };

export const span =
  (tone: Tone) =>
  (text: string): Span => ({ text, tone });

export const strong = span('strong');
export const dim = span('dim');
export const good = span('good');
export const warn = span('warn');
export const bad = span('bad');
export const accent = span('accent');

/** Signs of our own, each with its ASCII form. */
export const MARKS = {
  ok: { text: '✓', tone: 'good', ascii: '+' },
  fail: { text: '✗', tone: 'bad', ascii: 'x' },
  warn: { text: '⚠', tone: 'warn', ascii: '!' },
  dot: { text: '•', tone: 'dim', ascii: '*' },
  line: { text: '─', tone: 'dim', ascii: '-' },
  more: { text: '…', tone: 'dim', ascii: '...' },
} as const satisfies Readonly<Record<string, Span>>;

export const lines = (...texts: readonly Text[]): View => ({ kind: 'lines', lines: texts });
