import { useEffect, useState } from 'preact/hooks';
import type { Problem } from '../inspector/protocol.ts';
import { isAbort, problemOf } from './server.ts';

export interface Loaded<T> {
  /** The last that was loaded, for its key. */
  readonly value: T | null;
  readonly problem: Problem | null;
}

/** Loads again when one of `keys` changes; an answer to an earlier question is dropped. */
export function useLoaded<T>(load: (signal: AbortSignal) => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ value: null, problem: null });
  useEffect(() => {
    const controller = new AbortController();
    load(controller.signal).then(
      (value) => {
        if (!controller.signal.aborted) setLoaded({ value, problem: null });
      },
      (error: unknown) => {
        if (!isAbort(error)) setLoaded({ value: null, problem: problemOf(error) });
      },
    );
    return () => controller.abort();
  }, keys);
  return loaded;
}
