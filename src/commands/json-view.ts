import { type JsonText, readJsonText } from '../json-text.ts';
import { accent, dim, good, type Span, type Text, warn } from '../terminal/view.ts';

/** Deeper values, longer lists, longer texts and further lines are folded: JSON output has all of it. */
const MAX_DEPTH = 6;
const MAX_ITEMS = 8;
const MAX_TEXT_CHARS = 200;
/** Deeper JSON is not taken apart. */
const MAX_NESTING = 500;
const INDENT = '  ';

/**
 * JSON as indented lines for reading, numbers and strings spelled as they came, with what is long folded to a count;
 * at most `maxLines`. Null: not JSON.
 */
export function jsonLines(text: string, maxLines: number): readonly Text[] | null {
  const json = readJsonText(text, MAX_NESTING);
  if (json === null) return null;
  const lines: (readonly Span[])[] = [];
  write(json, { key: null, depth: 0, comma: '' }, lines, maxLines);
  const isCut = lines.length > maxLines;
  return isCut ? [...lines.slice(0, maxLines), dim('… more, see --json')] : lines;
}

interface Place {
  readonly key: string | null;
  readonly depth: number;
  readonly comma: '' | ',';
}

type Entry = readonly [key: string | null, value: JsonText];

/** Stops soon after `maxLines`, however large the value is. */
function write(json: JsonText, place: Place, lines: (readonly Span[])[], maxLines: number): void {
  if (lines.length > maxLines) return;
  const { key, depth, comma } = place;
  const start = [
    plainSpan(INDENT.repeat(depth)),
    ...(key === null ? [] : [accent(cut(key)), plainSpan(': ')]),
  ];
  if (json.kind === 'scalar') {
    lines.push([...start, scalar(json.raw), plainSpan(comma)]);
    return;
  }
  const [open, close] = json.kind === 'list' ? ['[', ']'] : ['{', '}'];
  const entries: readonly Entry[] =
    json.kind === 'list' ? json.items.map((item) => [null, item]) : json.entries;
  if (entries.length === 0 || depth >= MAX_DEPTH) {
    const inside = entries.length === 0 ? '' : ` … ${entries.length} `;
    lines.push([...start, plainSpan(open), dim(inside), plainSpan(close + comma)]);
    return;
  }
  lines.push([...start, plainSpan(open)]);
  const shown = json.kind === 'list' ? entries.slice(0, MAX_ITEMS) : entries;
  for (const [index, [name, inner]] of shown.entries()) {
    const isLast = index === entries.length - 1;
    write(inner, { key: name, depth: depth + 1, comma: isLast ? '' : ',' }, lines, maxLines);
  }
  const left = entries.length - shown.length;
  if (left > 0) lines.push([plainSpan(INDENT.repeat(depth + 1)), dim(`… ${left} more`)]);
  lines.push([plainSpan(INDENT.repeat(depth) + close + comma)]);
}

function scalar(raw: string): Span {
  if (raw === 'null') return dim(raw);
  return raw.startsWith('"') ? good(cut(raw)) : warn(cut(raw));
}

const cut = (raw: string): string => (raw.length > MAX_TEXT_CHARS ? `${raw.slice(0, MAX_TEXT_CHARS)}…` : raw);

const plainSpan = (text: string): Span => ({ text, tone: 'plain' });
