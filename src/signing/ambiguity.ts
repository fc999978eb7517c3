import type { Parts, Template } from './template.ts';

/**
 * The signed text `1700000000.{"a":1}` of the template `{timestamp}.{body}` is also a text of the template `{body}`.
 * Where more than one template is accepted, whoever has one good delivery could send it again for ever that way,
 * with the timestamp moved into the body or the id. So texts are refused that look as if they held more than a body.
 */

const EDGE_CHARS = 256;
/** What ids, timestamps and the separators between them are made of. */
const LEADING_RUN = /^(?:(?![{}[\]"<>=&%])[\n\x21-\x7e])+/;
const TRAILING_RUN = /(?:(?![{}[\]"<>&%])[\n\x21-\x7e])+$/;
const TIMESTAMP = /(?<!\d)(?:\d{10}|\d{13})(?!\d)|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;
/** What some templates put in front. */
const VERSION = /^v\d{1,2}$/;
/** As the last value of a form. */
const FORM_VALUE = /=\d+$/;

/** `withIds`: whether any of the templates that are accepted signs an id. */
export function hasOtherReading(template: Template, { id, body }: Parts, withIds: boolean): boolean {
  if (template.namesId && id !== null && couldHoldMore(id, template.namesTimestamp)) return true;
  // Line ends behind a body are common, and no template has them there.
  const end = lengthWithoutLineEnds(body);
  if (opensJson(body[0]) && closesJson(body[end - 1])) return false;
  const [front = ''] = LEADING_RUN.exec(toText(body.subarray(0, EDGE_CHARS))) ?? [];
  const [back = ''] = TRAILING_RUN.exec(toText(body.subarray(Math.max(0, end - EDGE_CHARS), end))) ?? [];
  if (TIMESTAMP.test(front) || (TIMESTAMP.test(back) && !FORM_VALUE.test(back))) return true;
  return withIds && (isJsonBehind(front, body, end) || isJsonBefore(back, body, end));
}

const couldHoldMore = (id: string, isTimed: boolean): boolean =>
  VERSION.test(id) || (!isTimed && TIMESTAMP.test(id));

const isJsonBehind = (run: string, body: Uint8Array, end: number): boolean =>
  run !== '' && isJson(body.subarray(run.length, end));

const isJsonBefore = (run: string, body: Uint8Array, end: number): boolean =>
  run !== '' && isJson(body.subarray(0, end - run.length));

function lengthWithoutLineEnds(body: Uint8Array): number {
  let end = body.length;
  while (end > 0 && (body[end - 1] === 10 || body[end - 1] === 13)) end--;
  return end;
}

/** An object or a list. */
function isJson(bytes: Uint8Array): boolean {
  if (!opensJson(bytes[0]) || !closesJson(bytes.at(-1))) return false;
  try {
    JSON.parse(Buffer.from(bytes).toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const opensJson = (byte: number | undefined): boolean => byte === 0x7b || byte === 0x5b;
const closesJson = (byte: number | undefined): boolean => byte === 0x7d || byte === 0x5d;
