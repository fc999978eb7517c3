import { DURATION_EXAMPLES, parseDuration } from '../duration.ts';
import { Failure } from '../errors.ts';
import { EVENT_GROUPS, isDocumentedType, typesOfGroup } from '../events/catalog.ts';
import { isRecord } from '../record.ts';
import type { Context } from './context.ts';

/** Parsers of option values: each takes the text as typed and throws Failure `usage`. */

export const collect = (value: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  value,
];

/** For an option whose second value would silently replace the first. */
export function single(flag: string): (value: string, previous?: string) => string {
  return (value, previous) => {
    if (previous === undefined && value !== '') return value;
    const problem = previous === undefined ? 'needs a value' : 'is given more than once';
    throw new Failure('usage', `${flag} ${problem}`);
  };
}

/** An address to listen on: empty would mean every one of this machine. */
export function host(flag: string): (value: string) => string {
  return (value) => {
    if (/^[\w.:[\]-]+$/.test(value)) return value;
    throw new Failure('usage', `${flag} takes an address, not "${value}"`, { hint: 'Such as 127.0.0.1.' });
  };
}

export function wholeNumber(
  flag: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER } = {},
): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new Failure('usage', `${flag} takes a whole number ${range}, not "${text}"`);
  };
}

export const port = (flag: string): ((text: string) => number) => wholeNumber(flag, { max: 65_535 });

const SIZE_UNITS: Readonly<Record<string, number>> = { b: 1, kb: 1024, mb: 1024 * 1024 };

/** Bytes, from `512kb` or `1mb`. */
export function bytes(flag: string): (text: string) => number {
  return (text) => {
    const [, digits = '', unit = ''] = /^(\d{1,9})(b|kb|mb)$/i.exec(text) ?? [];
    const size = Number(digits) * (SIZE_UNITS[unit.toLowerCase()] ?? 0);
    if (size > 0) return size;
    throw new Failure('usage', `${flag} takes a size, not "${text}"`, { hint: 'Such as 512kb or 1mb.' });
  };
}

/** Milliseconds. */
export function duration(flag: string): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms !== undefined) return ms;
    throw new Failure('usage', `${flag} takes a duration, not "${text}"`, {
      hint: `Such as ${DURATION_EXAMPLES}.`,
    });
  };
}

/** What `--event` values stand for. */
export interface ChosenEvents {
  /** Documented types of groups and single types, in order, each once. */
  readonly types: readonly string[];
  /** Types the catalogue does not list. */
  readonly unknown: readonly string[];
  /** True when a group or more than one type was named. */
  readonly many: boolean;
}

/** Expands groups (`screening.*`) into their documented types. */
export function chooseEvents(values: readonly string[]): ChosenEvents {
  const types = [...new Set(values.flatMap(expand))];
  const unknown = types.filter((type) => !isDocumentedType(type));
  return { types, unknown, many: values.length > 1 || values.some(isGroup) };
}

const isGroup = (value: string): boolean => value.endsWith('.*');

function expand(value: string): readonly string[] {
  if (value.trim() === '') throw new Failure('usage', '--event needs an event type or group');
  if (!isGroup(value)) return [value];
  const types = typesOfGroup(value);
  if (types) return types;
  throw new Failure('usage', `There is no event group ${value}`, {
    hint: `Groups are ${EVENT_GROUPS.join(', ')}.`,
  });
}

/** A JSON object given as text, `@file` or `-` for standard input. */
export async function readJsonObject(
  context: Context,
  flag: string,
  value: string,
): Promise<Readonly<Record<string, unknown>>> {
  const text = await readText(context, value);
  try {
    const parsed: unknown = JSON.parse(text);
    if (isRecord(parsed)) return parsed;
  } catch (error) {
    throw new Failure('usage', `${flag} is not valid JSON`, {
      hint: `Quote it for the shell, or use ${flag} @file.json.`,
      cause: error,
    });
  }
  throw new Failure('usage', `${flag} takes a JSON object, such as '{"key": "value"}'`);
}

function readText(context: Context, value: string): Promise<string> {
  if (value === '-') return context.stdin();
  return value.startsWith('@') ? context.readInput(value.slice(1)) : Promise.resolve(value);
}
