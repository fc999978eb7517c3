import { pattern } from './pattern.ts';
import type { Paint } from './style.ts';

/**
 * What JSON and YAML leave raw in strings and a terminal may act on or hide: DEL, C1 controls, separators, direction marks
 * and invisible format characters. The joiners stay, since emoji and several scripts are spelled with them.
 */
export const UNSAFE_SOURCE = '[\\u{7f}-\\u{9f}\\u{2028}\\u{2029}]|(?![\\u{200c}\\u{200d}])\\p{Cf}';

export const unsafe = pattern(UNSAFE_SOURCE, 'gu');
/** Most texts: ASCII and the letters of most alphabets, among which nothing of the above stands but the soft hyphen. */
const HARMLESS = /^[\n -~\u{a0}-\u{ac}\u{ae}-\u{5ff}]*$/u;

/** One JSON text, exact and harmless: what is absent is null, what a terminal would act on is escaped. */
export function toJson(value: unknown, indent = 0): string {
  return harmless(JSON.stringify(value, absentAsNull, indent) ?? 'null');
}

/** The same for a value in which nothing is undefined, in a third of the time. */
export function wholeToJson(value: unknown): string {
  return harmless(JSON.stringify(value));
}

/** The same for many, each on a line of its own: they are looked through together. */
export function wholeToJsonLines(values: readonly unknown[]): string {
  return harmless(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}

/** Whether a text of JSON is on one line, and nothing in it would be escaped. */
export const isHarmlessLine = (json: string): boolean => HARMLESS.test(json) && !json.includes('\n');

const harmless = (json: string): string => (HARMLESS.test(json) ? json : json.replace(unsafe(), escapeUnits));

function absentAsNull(_key: string, value: unknown): unknown {
  return value === undefined ? null : value;
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`;
  }).join('');
}

/** Indented JSON with its keys and scalars in colour; the same text when the colours are taken away. */
export function paintJson(json: string, paint: Paint): string {
  return json
    .split('\n')
    .map((line) => paintRow(line, paint))
    .join('\n');
}

/** A row of indented JSON: spaces, perhaps a key, then a scalar or a bracket, perhaps a comma. */
function paintRow(row: string, paint: Paint): string {
  const start = row.length - row.trimStart().length;
  const keyEnd = row.startsWith('"', start) ? stringEnd(row, start) : start;
  const hasKey = row.startsWith(': ', keyEnd);
  const valueStart = hasKey ? keyEnd + 2 : start;
  const valueEnd = row.endsWith(',') ? row.length - 1 : row.length;
  const key = hasKey ? `${paint('accent', row.slice(start, keyEnd))}: ` : '';
  return row.slice(0, start) + key + paintValue(row.slice(valueStart, valueEnd), paint) + row.slice(valueEnd);
}

/** The offset after the closing quote of the string that opens at `start`. */
function stringEnd(row: string, start: number): number {
  let at = start + 1;
  while (at < row.length && row[at] !== '"') at += row[at] === '\\' ? 2 : 1;
  return at + 1;
}

function paintValue(value: string, paint: Paint): string {
  if (value.startsWith('"')) return paint('good', value);
  if (value === 'null') return paint('dim', value);
  return /^[-\dtf]/.test(value) ? paint('warn', value) : value;
}
