import type { JsonText } from '../json-text.ts';

/** A line of the folded tree. */
export interface TreeLine {
  /** The way from the root, as positions: `0.2.11`. */
  readonly path: string;
  readonly depth: number;
  /** Of an object's member, decoded; null at the root, and where the position says it. */
  readonly key: string | null;
  readonly index: number | null;
  readonly node: JsonText;
  /** Null where there is nothing to open. */
  readonly isOpen: boolean | null;
  /** How many members an open node does not show yet. */
  readonly hidden: number;
}

/** What was opened, closed and asked for beyond the first members. */
export interface Folding {
  /** Paths whose state is not the one they start with. */
  readonly turned: ReadonlySet<string>;
  /** How many members each shows, where it is not `STEP`. */
  readonly shown: ReadonlyMap<string, number>;
}

/** Members shown at first, and more at each asking. */
export const STEP = 100;
/** Levels that start open. */
const OPEN_LEVELS = 2;
/** Members of a node that starts open below the root. */
const SMALL = 12;
/** Longer values start cut. */
export const LONG_CHARS = 240;

interface Member {
  readonly key: string | null;
  readonly node: JsonText;
}

function membersOf(node: JsonText): readonly Member[] {
  if (node.kind === 'scalar') return [];
  if (node.kind === 'list') return node.items.map((item) => ({ key: null, node: item }));
  return node.entries.map(([rawKey, member]) => ({ key: decode(rawKey), node: member }));
}

export const decode = (rawString: string): string => String(JSON.parse(rawString));

export const sizeOf = (node: JsonText): number =>
  node.kind === 'scalar' ? 0 : node.kind === 'list' ? node.items.length : node.entries.length;

function startsOpen(node: JsonText, depth: number): boolean {
  if (node.kind === 'scalar') return false;
  return depth === 0 || (depth < OPEN_LEVELS && sizeOf(node) <= SMALL);
}

const canOpen = (node: JsonText): boolean =>
  node.kind === 'scalar' ? node.raw.length > LONG_CHARS : sizeOf(node) > 0;

/** The lines that are to be seen, from the root down. */
export function treeLines(root: JsonText, folding: Folding): readonly TreeLine[] {
  const lines: TreeLine[] = [];
  const add = (member: Member, index: number | null, path: string, depth: number): void => {
    const { node, key } = member;
    const isOpen = canOpen(node) ? startsOpen(node, depth) !== folding.turned.has(path) : null;
    const members = isOpen ? membersOf(node) : [];
    const shown = folding.shown.get(path) ?? STEP;
    lines.push({ path, depth, key, index, node, isOpen, hidden: Math.max(0, members.length - shown) });
    for (const [at, inner] of members.slice(0, shown).entries())
      add(inner, node.kind === 'list' ? at : null, `${path}.${at}`, depth + 1);
  };
  add({ key: null, node: root }, null, '0', 0);
  return lines;
}

export function turn(folding: Folding, path: string): Folding {
  const turned = new Set(folding.turned);
  if (!turned.delete(path)) turned.add(path);
  return { ...folding, turned };
}

export function showMore(folding: Folding, path: string): Folding {
  return { ...folding, shown: new Map(folding.shown).set(path, (folding.shown.get(path) ?? STEP) + STEP) };
}

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('.')));
