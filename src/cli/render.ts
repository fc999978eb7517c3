import { isHarmlessLine, paintJson, toJson, wholeToJson, wholeToJsonLines } from '../terminal/json.ts';
import { type Look, loadPaint, type Paint, unpainted } from '../terminal/style.ts';
import { plain } from '../terminal/text.ts';
import type { Text } from '../terminal/view.ts';
import type { JsonWriter, ListResult, Result, StreamItem } from './define.ts';
import type { Format } from './globals.ts';

/** What was asked for, and where it goes. */
export interface Rendering {
  readonly format: Format;
  /** Ids only. */
  readonly quiet: boolean;
  /** The look of stdout. */
  readonly look: Look;
}

export interface Rendered {
  /** In pieces, made as they are taken: write each before taking the next, and a long list needs no long string. */
  readonly stdout: Iterable<string>;
  /** For the conversation on stderr: what stands in for an empty table. */
  readonly notes: readonly Text[];
}

/** A piece is about this long: the smallest that costs no more than one long text. */
const PIECE_CHARS = 16_384;
const JSON_INDENT = 2;

/** Everything a command that ended has to show. */
export async function renderValue(
  result: Pick<Result, 'data' | 'view' | 'ids'>,
  { format, quiet, look }: Rendering,
): Promise<Rendered> {
  if (quiet) return onlyStdout(inPieces(idLines(result.ids)));
  switch (format) {
    case 'table':
      return renderView(result, look);
    case 'json':
      return onlyStdout(inPieces(jsonRows(result.data, await jsonPaint(look))));
    case 'ndjson':
      return onlyStdout(inPieces(ndjsonLines(result.data)));
    case 'yaml':
      return onlyStdout(inPieces(await yamlItems(result.data)));
  }
}

/** One event of a stream: drawn, or a line of NDJSON (for --json too), or a YAML document. */
export async function renderEvent(item: StreamItem, { format, quiet, look }: Rendering): Promise<Rendered> {
  if (quiet) return onlyStdout(idLines(item.id === null ? [] : [item.id]));
  switch (format) {
    case 'table': {
      const view = item.view();
      return view === null ? onlyStdout([]) : renderView({ view: () => view }, look);
    }
    case 'json':
    case 'ndjson':
      return onlyStdout([renderLine(item, false)]);
    case 'yaml': {
      const { loadYaml } = await import('../terminal/yaml.ts');
      return onlyStdout([`---\n${(await loadYaml())(item.data)}`]);
    }
  }
}

/** One item of a list as its id, or as a line of NDJSON. */
export function renderLine(
  { data, id, isWhole, json }: Pick<StreamItem, 'data' | 'id' | 'isWhole' | 'json'>,
  quiet: boolean,
): string {
  if (quiet) return id === null ? '' : `${plain(id)}\n`;
  return `${json?.(WRITER) ?? (isWhole ? wholeToJson(data) : toJson(data))}\n`;
}

/** Items of a list, as `renderLine` has each. */
export function renderLines(
  items: readonly unknown[],
  { id, isWhole }: Pick<ListResult, 'id' | 'isWhole'>,
  quiet: boolean,
): string {
  if (!quiet && isWhole) return wholeToJsonLines(items);
  return items.map((data) => renderLine({ data, id: id(data), isWhole }, quiet)).join('');
}

const WRITER: JsonWriter = { write: wholeToJson, takes: isHarmlessLine };

const onlyStdout = (stdout: Iterable<string>): Rendered => ({ stdout, notes: [] });

async function renderView(result: Pick<Result, 'view'>, look: Look): Promise<Rendered> {
  const { drawView, emptyNotes } = await import('../terminal/table.ts');
  const view = result.view();
  return { stdout: inPieces([await drawView(view, look)]), notes: emptyNotes(view) };
}

function* idLines(ids: readonly string[]): Generator<string> {
  for (const id of ids) yield `${plain(id)}\n`;
}

/** Colour in JSON is for reading: never off a terminal, whatever the flags say. */
async function jsonPaint(look: Look): Promise<Paint> {
  return look.color && look.columns !== null ? loadPaint(true) : unpainted;
}

/** The rows of `JSON.stringify(data, null, 2)`, an array item by item. */
function* jsonRows(data: unknown, paint: Paint): Generator<string> {
  const write = (value: unknown): string => {
    const json = toJson(value, JSON_INDENT);
    return paint === unpainted ? json : paintJson(json, paint);
  };
  if (!Array.isArray(data) || data.length === 0) {
    yield `${write(data)}\n`;
    return;
  }
  const items: readonly unknown[] = data;
  yield '[\n';
  for (const [index, item] of items.entries()) {
    const rows = write(item).replaceAll('\n', `\n${' '.repeat(JSON_INDENT)}`);
    yield `${' '.repeat(JSON_INDENT)}${rows}${index < items.length - 1 ? ',' : ''}\n`;
  }
  yield ']\n';
}

function* ndjsonLines(data: unknown): Generator<string> {
  const items: readonly unknown[] = Array.isArray(data) ? data : [data];
  for (const item of items) yield `${toJson(item)}\n`;
}

async function yamlItems(data: unknown): Promise<Iterable<string>> {
  const { loadYaml } = await import('../terminal/yaml.ts');
  const write = await loadYaml();
  if (!Array.isArray(data) || data.length === 0) return [write(data)];
  const items: readonly unknown[] = data;
  return (function* () {
    for (const item of items) yield write([item]);
  })();
}

/** Joins small texts to pieces, so that a long list is neither one string nor a write a line. */
function* inPieces(texts: Iterable<string>): Generator<string> {
  let piece = '';
  for (const text of texts) {
    if (piece !== '' && piece.length + text.length > PIECE_CHARS) {
      yield piece;
      piece = '';
    }
    piece += text;
  }
  if (piece !== '') yield piece;
}
