import { useLayoutEffect, useState } from 'preact/hooks';

/** A value that is watched. */
export interface Cell<T> {
  get(): T;
  set(value: T): void;
  /** Calls `seen` after each change, until the function that it returns is called. */
  watch(seen: () => void): () => void;
}

export function createCell<T>(first: T): Cell<T> {
  let value = first;
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const seen of [...watchers]) seen();
    },
    watch(seen) {
      watchers.add(seen);
      return () => void watchers.delete(seen);
    },
  };
}

/** The value now; the component is drawn again when it changes. */
export function useCell<T>(cell: Cell<T>): T {
  const [, draw] = useState<object>({});
  const value = cell.get();
  useLayoutEffect(() => {
    // It may have changed between drawing and here.
    if (!Object.is(cell.get(), value)) draw({});
    return cell.watch(() => draw({}));
  }, [cell]);
  return value;
}
