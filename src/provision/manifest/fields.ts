import { Failure } from '../../errors.ts';
import type { Located, LocatedEntry, LocatedMapping, Place } from '../../located.ts';
import { nearest } from '../../nearest.ts';
import type { Filters } from '../subscription.ts';
import { type Env, hasVariable, substitute } from './substitute.ts';

/** Reading single fields of a manifest. Each throws Failure `usage` that names file, line and column. */

export interface Reading {
  /** The name of the file. */
  readonly source: string;
  readonly env: Env;
  /** Why nothing may be delivered to a URL; null where it may. */
  readonly urlProblem: (
    url: string,
  ) => { readonly message: string; readonly hint?: string | undefined } | null;
}

export function refusal(
  { source }: Reading,
  { line, column }: Place,
  message: string,
  hint?: string,
): Failure {
  return new Failure('usage', `${source}, line ${line}, column ${column}: ${message}`, { hint });
}

/** What the API calls the same. */
const NAMES_OF_API: Readonly<Record<string, string>> = {
  event_type: 'event',
  event_types: 'events',
  is_active: 'active',
  webhook_url: 'url',
};

/** The fields of a mapping, of which `known` are all that there may be. */
export function fieldsOf(
  reading: Reading,
  node: Located,
  name: string,
  known: readonly string[],
): ReadonlyMap<string, LocatedEntry> {
  const { entries } = mappingOf(reading, node, name);
  for (const { key, at } of entries) {
    if (known.includes(key)) continue;
    const alias = Object.hasOwn(NAMES_OF_API, key) ? NAMES_OF_API[key] : undefined;
    const meant = alias !== undefined && known.includes(alias) ? alias : nearest(key, known);
    const hint = meant === null ? `Known here are ${known.join(', ')}.` : `Did you mean ${meant}?`;
    throw refusal(reading, at, `${JSON.stringify(key)} is not a key here`, hint);
  }
  return new Map(entries.map((entry) => [entry.key, entry]));
}

/** Enough to mend a file in few turns. */
const MAX_REFUSALS = 10;

/** Reads each item. Throws the first refusal, with those of the items after it as its details. */
export function readEach<T>(items: readonly Located[], read: (item: Located) => T): readonly T[] {
  const done: T[] = [];
  const refusals: Failure[] = [];
  for (const item of items) {
    try {
      done.push(read(item));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      refusals.push(error);
      if (refusals.length === MAX_REFUSALS) break;
    }
  }
  const [first, ...others] = refusals;
  if (!first) return done;
  const details = others.map(({ message, hint }) => (hint === undefined ? message : `${message}. ${hint}`));
  throw new Failure(first.kind, first.message, {
    hint: first.hint,
    ...(details.length > 0 && { details }),
  });
}

function mappingOf(reading: Reading, node: Located, name: string): LocatedMapping {
  if (node.kind === 'mapping') return node;
  throw refusal(reading, node.at, `${name} has to be a mapping of keys to values`);
}

export function listOf(reading: Reading, node: Located, name: string): readonly Located[] {
  if (node.kind === 'list' && node.items.length > 0) return node.items;
  throw refusal(reading, node.at, `${name} has to be a list with at least one item`);
}

export function textOf(reading: Reading, node: Located, name: string): string {
  if (node.kind === 'value' && typeof node.value === 'string') return complete(reading, node.at, node.value);
  throw refusal(reading, node.at, `${name} has to be a text`, 'Put it in quotes.');
}

/** Also from a variable, which holds nothing but texts. */
export function switchOf(reading: Reading, node: Located, name: string): boolean {
  const value = node.kind === 'value' ? node.value : null;
  const said =
    typeof value === 'string' && hasVariable(value) ? complete(reading, node.at, value) : String(value);
  const isTyped = typeof value === 'boolean' || (typeof value === 'string' && hasVariable(value));
  if (isTyped && (said === 'true' || said === 'false')) return said === 'true';
  throw refusal(reading, node.at, `${name} has to be true or false`);
}

export function urlOf(reading: Reading, node: Located): string {
  const url = textOf(reading, node, 'url');
  const problem = reading.urlProblem(url);
  if (problem) throw refusal(reading, node.at, problem.message, problem.hint);
  return url;
}

/** A JSON object, with the variables in its texts completed. */
export function filtersOf(reading: Reading, node: Located): Filters {
  const { entries } = mappingOf(reading, node, 'filters');
  return Object.fromEntries(entries.map(({ key, value }) => [key, dataOf(reading, value)]));
}

function dataOf(reading: Reading, node: Located): unknown {
  switch (node.kind) {
    case 'value':
      if (typeof node.value === 'string') return complete(reading, node.at, node.value);
      // JSON knows no -0.
      return node.value === 0 ? 0 : node.value;
    case 'list':
      return node.items.map((item) => dataOf(reading, item));
    case 'mapping':
      return filtersOf(reading, node);
  }
}

function complete(reading: Reading, at: Place, text: string): string {
  const completed = substitute(text, reading.env);
  if ('text' in completed) return completed.text;
  throw refusal(reading, at, completed.problem.message, completed.problem.hint);
}
