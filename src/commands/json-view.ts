import { accent, dim, good, type Span, type Text, warn } from '../terminal/view.ts';

/** Deeper values, longer lists, longer texts and further lines are folded: JSON output has all of it. */
const MAX_DEPTH = 6;
const MAX_ITEMS = 8;
const MAX_TEXT_CHARS = 200;
const INDENT = '  ';

/** A JSON value as indented lines for reading, with what is long folded to a count; at most `maxLines`. */
export function jsonLines(value: unknown, maxLines: number): readonly Text[] {
  const lines: (readonly Span[])[] = [];
  write(value, { key: null, depth: 0, comma: '' }, lines, maxLines);
  const isCut = lines.length > maxLines;
  return isCut ? [...lines.slice(0, maxLines), dim('… more, see --json')] : lines;
}

interface Place {
  readonly key: string | null;
  readonly depth: number;
  readonly comma: '' | ',';
}

type Entry = readonly [key: string | null, value: unknown];

/** Stops soon after `maxLines`, however large the value is. */
function write(value: unknown, place: Place, lines: (readonly Span[])[], maxLines: number): void {
  if (lines.length > maxLines) return;
  const { key, depth, comma } = place;
  const start = [
    plainSpan(INDENT.repeat(depth)),
    ...(key === null ? [] : [accent(quoted(key.slice(0, MAX_TEXT_CHARS))), plainSpan(': ')]),
  ];
  if (typeof value !== 'object' || value === null) {
    lines.push([...start, scalar(value), plainSpan(comma)]);
    return;
  }
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const entries = entriesOf(value);
  if (entries.length === 0 || depth >= MAX_DEPTH) {
    const inside = entries.length === 0 ? '' : ` … ${entries.length} `;
    lines.push([...start, plainSpan(open), dim(inside), plainSpan(close + comma)]);
    return;
  }
  lines.push([...start, plainSpan(open)]);
  const shown = Array.isArray(value) ? entries.slice(0, MAX_ITEMS) : entries;
  for (const [index, [name, inner]] of shown.entries()) {
    const isLast = index === entries.length - 1;
    write(inner, { key: name, depth: depth + 1, comma: isLast ? '' : ',' }, lines, maxLines);
  }
  const left = entries.length - shown.length;
  if (left > 0) lines.push([plainSpan(INDENT.repeat(depth + 1)), dim(`… ${left} more`)]);
  lines.push([plainSpan(INDENT.repeat(depth) + close + comma)]);
}

function entriesOf(value: object): readonly Entry[] {
  if (!Array.isArray(value)) return Object.entries(value);
  const items: readonly unknown[] = value;
  return items.map((item) => [null, item]);
}

function scalar(value: unknown): Span {
  if (value === null) return dim('null');
  if (typeof value !== 'string') return warn(String(value));
  const isLong = value.length > MAX_TEXT_CHARS;
  return good(isLong ? `${quoted(value.slice(0, MAX_TEXT_CHARS)).slice(0, -1)}…"` : quoted(value));
}

const quoted = (text: string): string => JSON.stringify(text);

const plainSpan = (text: string): Span => ({ text, tone: 'plain' });
