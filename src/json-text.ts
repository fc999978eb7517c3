/** JSON as it is written: numbers and strings keep their spelling, which parsing into values would lose. */
export type JsonText =
  /** A number, string, true, false or null, exactly as it stood. */
  | { readonly kind: 'scalar'; readonly raw: string }
  | { readonly kind: 'list'; readonly items: readonly JsonText[] }
  | { readonly kind: 'object'; readonly entries: readonly Entry[] };

type Entry = readonly [rawKey: string, JsonText];

/** How JSON is written. */
export interface JsonStyle {
  /** Once for each level; null: all on one line. */
  readonly indent: string | null;
  readonly afterComma: string;
  readonly afterColon: string;
  readonly sorted: boolean;
  /** Writes a string token anew; null: as it stood. */
  readonly respell: ((raw: string) => string) | null;
}

/** Deeper than anything that is sent. */
const MAX_DEPTH = 24;

/** Of JSON that is known to be well formed. */
const TOKENS = /[{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+/g;

/** Null: not JSON, or nested deeper. */
export function readJsonText(text: string, maxDepth = MAX_DEPTH): JsonText | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  return readValue((text.match(TOKENS) ?? []).values(), maxDepth);
}

type Tokens = Iterator<string, unknown>;

const next = (tokens: Tokens): string => {
  const { done, value } = tokens.next();
  return done || typeof value !== 'string' ? '' : value;
};

/** `depth`: how many levels there may be below. */
function readValue(tokens: Tokens, depth: number, token = next(tokens)): JsonText | null {
  if (depth < 0) return null;
  if (token === '[') return readList(tokens, depth - 1);
  return token === '{' ? readObject(tokens, depth - 1) : { kind: 'scalar', raw: token };
}

function readList(tokens: Tokens, depth: number): JsonText | null {
  const items: JsonText[] = [];
  for (let token = next(tokens); token !== ']'; token = next(tokens)) {
    const item = readValue(tokens, depth, token === ',' ? next(tokens) : token);
    if (item === null) return null;
    items.push(item);
  }
  return { kind: 'list', items };
}

function readObject(tokens: Tokens, depth: number): JsonText | null {
  const entries: Entry[] = [];
  for (let token = next(tokens); token !== '}'; token = next(tokens)) {
    const key = token === ',' ? next(tokens) : token;
    next(tokens);
    const value = readValue(tokens, depth);
    if (value === null) return null;
    entries.push([key, value]);
  }
  return { kind: 'object', entries };
}

/** How many lines it takes when it is indented, and how many levels they are indented by in all. */
export function measureIndents(
  value: JsonText,
  depth = 1,
): { readonly lines: number; readonly levels: number } {
  if (value.kind === 'scalar') return { lines: 0, levels: 0 };
  const members = value.kind === 'list' ? value.items : value.entries.map(([, member]) => member);
  let lines = members.length + 1;
  let levels = members.length * depth + depth - 1;
  for (const member of members) {
    const inner = measureIndents(member, depth + 1);
    lines += inner.lines;
    levels += inner.levels;
  }
  return { lines, levels };
}

export function writeJsonText(value: JsonText, style: JsonStyle, depth = 0): string {
  if (value.kind === 'scalar') return spell(value.raw, style);
  if (value.kind === 'list') {
    const items = value.items.map((item) => writeJsonText(item, style, depth + 1));
    return bracket('[', items, ']', style, depth);
  }
  const members = (style.sorted ? sortByKey(value.entries) : value.entries).map(
    ([key, member]) => `${spell(key, style)}:${style.afterColon}${writeJsonText(member, style, depth + 1)}`,
  );
  return bracket('{', members, '}', style, depth);
}

function bracket(
  open: string,
  members: readonly string[],
  close: string,
  { indent, afterComma }: JsonStyle,
  depth: number,
): string {
  if (members.length === 0 || indent === null) return `${open}${members.join(`,${afterComma}`)}${close}`;
  const inner = `\n${indent.repeat(depth + 1)}`;
  return `${open}${inner}${members.join(`,${inner}`)}\n${indent.repeat(depth)}${close}`;
}

function spell(raw: string, { respell }: JsonStyle): string {
  return respell !== null && raw.startsWith('"') ? respell(raw) : raw;
}

/** By UTF-16 units, as most writers do. */
function sortByKey(entries: readonly Entry[]): readonly Entry[] {
  return entries
    .map((entry) => ({ entry, key: String(JSON.parse(entry[0])) }))
    .sort((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)))
    .map(({ entry }) => entry);
}
