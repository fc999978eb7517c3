import type { Browser } from './browser.ts';
import { type Cell, createCell } from './cell.ts';
import { isAbort, type Server } from './server.ts';

/** What bodies were found to hold the text. */
export interface BodyHits {
  readonly text: string;
  readonly ids: ReadonlySet<string>;
  readonly isComplete: boolean;
}

export interface BodySearch {
  readonly hits: Cell<BodyHits>;
  readonly isBusy: Cell<boolean>;
  /** Looks for the text once nothing new was asked for a moment; an empty one ends the search. */
  ask(text: string): void;
}

const NOTHING: BodyHits = { text: '', ids: new Set(), isComplete: true };
/** Nobody types the next key later. */
const TYPING_MS = 250;
/** Shorter texts are in every body. */
const MIN_CHARS = 2;

export function createSearch(
  browser: Browser,
  server: Server,
  onProblem: (error: unknown) => void,
): BodySearch {
  const hits = createCell(NOTHING);
  const isBusy = createCell(false);
  let cancel: () => void = () => undefined;
  let asking = new AbortController();
  const look = async (text: string, signal: AbortSignal): Promise<void> => {
    try {
      const found = await server.search(text, signal);
      if (!signal.aborted) hits.set({ text, ids: new Set(found.ids), isComplete: found.is_complete });
    } catch (error) {
      if (!isAbort(error)) onProblem(error);
    }
    if (!signal.aborted) isBusy.set(false);
  };
  return {
    hits,
    isBusy,
    ask(text) {
      cancel();
      asking.abort();
      asking = new AbortController();
      const { signal } = asking;
      const isWorthIt = text.length >= MIN_CHARS;
      // Hits of another text are no hits; those of the same stay while bodies that came in are looked at.
      if (hits.get().text !== text) hits.set(NOTHING);
      isBusy.set(isWorthIt);
      if (isWorthIt) cancel = browser.after(TYPING_MS, () => void look(text, signal));
    },
  };
}
