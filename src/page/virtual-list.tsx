import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

interface Props<T> {
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  /** Changes when other items are shown, rather than more of the same. */
  readonly version: string;
  readonly rowPx: number;
  /** -1: none. */
  readonly chosen: number;
  readonly label: string;
  /** The `id` of the element of the chosen item. */
  readonly activeId: string | null;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly render: (item: T, index: number) => ComponentChildren;
}

/** Rows drawn beyond each edge, so that scrolling meets no gap. */
const OVERSCAN = 8;
/** How many rows a page key moves by, at least. */
const MIN_ROWS = 1;

/** A list box that draws only the rows that are seen. */
export function VirtualList<T>(props: Props<T>): JSX.Element {
  const { items, rowPx, chosen, render } = props;
  const box = useRef<HTMLDivElement>(null);
  const [edge, setEdge] = useState({ first: 0, rows: 30 });
  const look = (): void => {
    const seen = box.current;
    if (seen === null) return;
    const first = Math.floor(seen.scrollTop / rowPx);
    const rows = Math.max(MIN_ROWS, Math.ceil(seen.clientHeight / rowPx));
    setEdge((before) => (first === before.first && rows === before.rows ? before : { first, rows }));
  };
  useAnchor(box, props);
  useLayoutEffect(() => reveal(box.current, chosen, rowPx), [chosen < 0 ? null : props.activeId]);
  useLayoutEffect(look);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(look);
    if (box.current) observer.observe(box.current);
    return () => observer.disconnect();
  }, [rowPx]);
  const from = Math.max(0, Math.min(edge.first, items.length) - OVERSCAN);
  const shown = items.slice(from, edge.first + edge.rows + OVERSCAN);
  const slots = edge.rows + 2 * OVERSCAN;
  const isActiveDrawn = chosen >= from && chosen < from + shown.length;
  return (
    <div
      ref={box}
      class="rows"
      role="listbox"
      tabIndex={0}
      aria-label={props.label}
      aria-activedescendant={isActiveDrawn ? (props.activeId ?? undefined) : undefined}
      onScroll={look}
      onKeyDown={props.onKeyDown}
    >
      <div class="rows-all" role="presentation" style={{ height: `${items.length * rowPx}px` }}>
        <div class="rows-seen" role="presentation" style={{ transform: `translateY(${from * rowPx}px)` }}>
          {shown.map((item, at) => (
            // A row that goes out at one end comes in at the other: elements are filled anew, not made anew.
            <Row key={(from + at) % slots} item={item} index={from + at} render={render} />
          ))}
        </div>
      </div>
    </div>
  );
}

function Row<T>({
  item,
  index,
  render,
}: {
  readonly item: T;
  readonly index: number;
  readonly render: Props<T>['render'];
}): JSX.Element {
  return <>{render(item, index)}</>;
}

/** Who has scrolled down keeps looking at the same rows while others come in above them. */
function useAnchor<T>(
  box: { readonly current: HTMLDivElement | null },
  { items, keyOf, rowPx, version }: Props<T>,
): void {
  const before = useRef<{ readonly top: string | null; readonly version: string }>({ top: null, version });
  useLayoutEffect(() => {
    const { top, version: earlier } = before.current;
    const [first] = items;
    before.current = { top: first === undefined ? null : keyOf(first), version };
    if (box.current === null) return;
    if (earlier !== version) box.current.scrollTop = 0;
    else if (top !== null && box.current.scrollTop > 0) {
      const added = items.findIndex((item) => keyOf(item) === top);
      if (added > 0) box.current.scrollTop += added * rowPx;
    }
  }, [items, version]);
}

function reveal(box: HTMLDivElement | null, index: number, rowPx: number): void {
  if (box === null || index < 0) return;
  const [top, bottom] = [index * rowPx, (index + 1) * rowPx];
  if (top < box.scrollTop) box.scrollTop = top;
  else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
}
