import { isAscii, isUtf8 } from 'node:buffer';

/**
 * Where an event's type and id stand. Assumption: the provider documents neither its envelope nor its delivery
 * headers; these are the names that other providers use, tried in this order.
 */
const TYPE_FIELDS = ['event_type', 'type', 'event'] as const;
const ID_FIELDS = ['id', 'event_id'] as const;
const ID_HEADERS = ['webhook-id', 'svix-id'] as const;

/** The longest body that is looked into; a longer one is kept as bytes only. */
const MAX_PARSED_BYTES = 16 * 1024 * 1024;
/** Deeper nesting would overflow the stack of whatever walks the value, `JSON.stringify` first of all. */
const MAX_NESTING = 500;
const BYTE_ORDER_MARK = '\u{feff}';

/** A body that is JSON. */
export interface JsonBody {
  readonly value: unknown;
  /** As it came. */
  readonly text: string;
}

/** Null for anything that is not JSON, or too long or too deep to be handled as such. */
export function readJson(body: Buffer): JsonBody | null {
  if (body.length === 0 || body.length > MAX_PARSED_BYTES || !isUtf8(body)) return null;
  const text = textOf(body);
  if (isNestedTooDeep(text)) return null;
  try {
    return { value: JSON.parse(text), text };
  } catch {
    return null;
  }
}

/** Without a byte order mark; letters of one byte, as most bodies have, are read in a tenth of the time. */
function textOf(body: Buffer): string {
  const text = body.toString(isAscii(body) ? 'latin1' : 'utf8');
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

export function eventTypeOf(body: unknown): string | null {
  return firstText(body, TYPE_FIELDS);
}

export function eventIdOf(
  headers: readonly (readonly [name: string, value: string])[],
  body: unknown,
): string | null {
  for (const wanted of ID_HEADERS) {
    const sent = headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
    if (sent) return sent;
  }
  return firstText(body, ID_FIELDS);
}

function firstText(body: unknown, fields: readonly string[]): string | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  for (const field of fields) {
    const value: unknown = Object.hasOwn(body, field) ? Reflect.get(body, field) : undefined;
    if (typeof value === 'string' && value !== '') return value;
    if (Number.isSafeInteger(value)) return String(value);
  }
  return null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Need not be right about what is no JSON at all. */
function isNestedTooDeep(text: string): boolean {
  return holdsMany('{', text) || holdsMany('[', text) ? deepestNesting(text) > MAX_NESTING : false;
}

/** The common case, found quickly: with few opening brackets of both kinds nothing can be deep. */
function holdsMany(bracket: string, text: string): boolean {
  let count = 0;
  for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
    count++;
    if (count > MAX_NESTING / 2) return true;
  }
  return false;
}

/** Counts the brackets outside of strings. */
function deepestNesting(text: string): number {
  const { length } = text;
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) inString = !inString;
    else if (inString) index += unit === BACKSLASH ? 1 : 0;
    else if (unit === OPEN_ARRAY || unit === OPEN_OBJECT) depth++;
    else if (unit === CLOSE_ARRAY || unit === CLOSE_OBJECT) depth--;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
