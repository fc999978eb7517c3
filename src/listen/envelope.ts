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

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The value of a JSON body; null for anything that is not JSON, or too long or too deep to be handled as such. */
export function parseBody(body: Buffer): unknown {
  if (body.length === 0 || body.length > MAX_PARSED_BYTES || isNestedTooDeep(body)) return null;
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    return null;
  }
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
function isNestedTooDeep(body: Buffer): boolean {
  return holdsManyBrackets(body) && deepestNesting(body) > MAX_NESTING;
}

/** The common case, in one quick pass: with few opening brackets nothing can be deep. */
function holdsManyBrackets(body: Buffer): boolean {
  let count = 0;
  for (let index = 0; index < body.length; index++) {
    const byte = body[index];
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) count++;
  }
  return count > MAX_NESTING;
}

/** Counts the brackets outside of strings. */
function deepestNesting(body: Buffer): number {
  const { length } = body;
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < length; index++) {
    const byte = body[index];
    if (byte === QUOTE) inString = !inString;
    else if (inString) index += byte === BACKSLASH ? 1 : 0;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
