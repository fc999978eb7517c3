import type { JsonText } from '../json-text.ts';

export interface Difference {
  readonly name: string;
  readonly left: string | null;
  readonly right: string | null;
}

type Named = ReadonlyMap<string, string>;

export const isSame = ({ left, right }: Difference): boolean => left === right;

/** All names of both: those of the left one in its order, then those that only the right one has. */
export function compare(left: Named, right: Named): readonly Difference[] {
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].map((name) => ({ name, left: left.get(name) ?? null, right: right.get(name) ?? null }));
}

/** By name in lower case; values of repeats stand below each other. */
export function namedHeaders(headers: readonly (readonly [name: string, value: string])[]): Named {
  const named = new Map<string, string>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    const known = named.get(key);
    named.set(key, known === undefined ? value : `${known}\n${value}`);
  }
  return named;
}

/** Paths compared of one body; what is beyond is said to be left out. */
export const MAX_PATHS = 5000;

/** Each value of a body under its path: `$.user.tags[0]`. */
export function namedValues(root: JsonText): Named {
  const named = new Map<string, string>();
  const times = new Map<string, number>();
  const put = (path: string, raw: string): void => {
    const time = (times.get(path) ?? 0) + 1;
    times.set(path, time);
    named.set(time === 1 ? path : `${path} (${time})`, raw);
  };
  const walk = (node: JsonText, path: string): void => {
    if (named.size >= MAX_PATHS) return;
    if (node.kind === 'scalar') {
      put(path, node.raw);
      return;
    }
    const { members, empty } = inside(node);
    if (members.length === 0) put(path, empty);
    for (const [step, inner] of members) walk(inner, path + step);
  };
  walk(root, '$');
  return named;
}

function inside(node: Exclude<JsonText, { kind: 'scalar' }>): {
  readonly members: readonly (readonly [step: string, JsonText])[];
  readonly empty: string;
} {
  if (node.kind === 'list')
    return { members: node.items.map((item, index) => [`[${index}]`, item]), empty: '[]' };
  return { members: node.entries.map(([rawKey, value]) => [stepOf(rawKey), value]), empty: '{}' };
}

function stepOf(rawKey: string): string {
  const key = rawKey.slice(1, -1);
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${rawKey}]`;
}

/** A value in three: what both begin with, what differs, what both end with. */
export interface Marked {
  readonly before: string;
  readonly changed: string;
  readonly after: string;
}

/** With less in common, two values are marked as a whole. */
const ALIKE = 0.4;

/** The two values in thirds: between the longest common beginning and the longest common end they differ. */
export function markChange(left: string, right: string): readonly [Marked, Marked] {
  const [one, other] = [[...left], [...right]];
  const most = Math.min(one.length, other.length);
  let before = 0;
  while (before < most && one[before] === other[before]) before += 1;
  let after = 0;
  while (after < most - before && one.at(-1 - after) === other.at(-1 - after)) after += 1;
  // Two words that end alike by chance are two words.
  if (before + after < most * ALIKE) [before, after] = [0, 0];
  const cut = (letters: readonly string[]): Marked => ({
    before: letters.slice(0, before).join(''),
    changed: letters.slice(before, letters.length - after).join(''),
    after: letters.slice(letters.length - after).join(''),
  });
  return [cut(one), cut(other)];
}

/** Where two bodies part: the position of the first byte that is not the same; null where all are. */
export function firstDifference(left: Uint8Array, right: Uint8Array): number | null {
  const most = Math.min(left.length, right.length);
  for (let at = 0; at < most; at += 1) if (left[at] !== right[at]) return at;
  return left.length === right.length ? null : most;
}
