import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { JsonText } from '../json-text.ts';
import { Foreign } from './foreign.tsx';
import { count, counted } from './format.ts';
import {
  type Folding,
  LONG_CHARS,
  parentOf,
  showMore,
  sizeOf,
  type TreeLine,
  treeLines,
  turn,
} from './tree.ts';

const UNTOUCHED: Folding = { turned: new Set(), shown: new Map() };

interface Tree {
  readonly lines: readonly TreeLine[];
  readonly active: string;
  readonly activate: (path: string) => void;
  readonly toggle: (path: string) => void;
}

/** JSON as it was written, folded. One stop for the keyboard; arrows move, open and close. */
export function JsonTree({ root, label }: { readonly root: JsonText; readonly label: string }): JSX.Element {
  const [folding, fold] = useState(UNTOUCHED);
  const [active, activate] = useState('0');
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => treeLines(root, folding), [root, folding]);
  const toggle = (path: string): void => fold(turn(folding, path));
  useEffect(() => {
    if (document.activeElement === box.current)
      document.getElementById(lineId(active))?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <div
      ref={box}
      class="tree"
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={lineId(active)}
      onKeyDown={(event) => moveByKey(event, { lines, active, activate, toggle })}
    >
      {lines.map((line) => (
        <Line
          key={line.path}
          {...{ line, toggle }}
          isActive={line.path === active}
          onActivate={() => activate(line.path)}
          onMore={() => fold(showMore(folding, line.path))}
        />
      ))}
    </div>
  );
}

const lineId = (path: string): string => `body-line-${path}`;

function moveByKey(event: KeyboardEvent, { lines, active, activate, toggle }: Tree): void {
  const at = lines.findIndex(({ path }) => path === active);
  const line = lines[at];
  if (line === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const goTo = (to: TreeLine | undefined) => (): void => {
    if (to) activate(to.path);
  };
  const acts: Readonly<Record<string, () => void>> = {
    ArrowDown: goTo(lines[at + 1]),
    ArrowUp: goTo(lines[at - 1]),
    Home: goTo(lines[0]),
    End: goTo(lines.at(-1)),
    ArrowRight: line.isOpen === false ? () => toggle(active) : goTo(lines[at + 1]),
    ArrowLeft:
      line.isOpen === true ? () => toggle(active) : goTo(lines.find(({ path }) => path === parentOf(active))),
    Enter: () => line.isOpen !== null && toggle(active),
    ' ': () => line.isOpen !== null && toggle(active),
  };
  const act = acts[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
}

interface LineProps {
  readonly line: TreeLine;
  readonly isActive: boolean;
  readonly onActivate: () => void;
  readonly toggle: (path: string) => void;
  readonly onMore: () => void;
}

function Line({ line, isActive, onActivate, toggle, onMore }: LineProps): JSX.Element {
  const { path, depth, key, index, node, isOpen, hidden } = line;
  const press = (): void => {
    onActivate();
    if (isOpen !== null) toggle(path);
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the tree hears the keys of all of its lines */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the focus is on the tree, which names its active line */}
      <div
        id={lineId(path)}
        class={`tree-line${isActive ? ' is-active' : ''}`}
        role="treeitem"
        aria-level={depth + 1}
        aria-expanded={isOpen ?? undefined}
        aria-selected={isActive}
        style={{ '--depth': String(depth) }}
        onClick={press}
      >
        <span class={`twist${isOpen === null ? '' : isOpen ? ' is-open' : ' is-closed'}`} />
        {key !== null && (
          <span class="tree-key">
            <Foreign text={key.length > LONG_CHARS ? `${key.slice(0, LONG_CHARS)}…` : key} />
          </span>
        )}
        {index !== null && <span class="tree-index">{index}</span>}
        <Value node={node} isOpen={isOpen} />
      </div>
      {hidden > 0 && (
        <button
          type="button"
          class="link tree-more"
          style={{ '--depth': String(depth + 1) }}
          onClick={onMore}
        >
          {count(hidden)} more
        </button>
      )}
    </>
  );
}

function Value({ node, isOpen }: { readonly node: JsonText; readonly isOpen: boolean | null }): JSX.Element {
  if (node.kind === 'scalar') {
    const isCut = isOpen === false;
    return (
      <span class={`tree-value is-${kindOf(node.raw)}`}>
        <Foreign text={isCut ? node.raw.slice(0, LONG_CHARS) : node.raw} />
        {isCut && <span class="quiet">… {count(node.raw.length - LONG_CHARS)} more characters</span>}
      </span>
    );
  }
  const size = sizeOf(node);
  const what = node.kind === 'list' ? counted(size, 'item', 'items') : counted(size, 'field', 'fields');
  return <span class="tree-size">{size === 0 ? (node.kind === 'list' ? '[ ]' : '{ }') : what}</span>;
}

function kindOf(raw: string): string {
  if (raw.startsWith('"')) return 'string';
  return raw === 'true' || raw === 'false' || raw === 'null' ? 'word' : 'number';
}
