import type { Browser } from './browser.ts';
import { type Cell, createCell } from './cell.ts';
import { isAbort, type Server } from './server.ts';

/** What the server found beyond the fields of the list: bodies, headers and answers that hold a text. */
export interface TextHits {
  /** Ids by text. */
  readonly byText: ReadonlyMap<string, ReadonlySet<string>>;
  readonly isComplete: boolean;
}

export interface TextSearch {
  readonly hits: Cell<TextHits>;
  readonly isBusy: Cell<boolean>;
  /** Looks for the texts once nothing new was asked for a moment; none ends the search. */
  ask(texts: readonly string[]): void;
}

export const NOTHING: TextHits = { byText: new Map(), isComplete: true };
/** Nobody types the next key later. */
const TYPING_MS = 250;
/** Shorter texts are in every body. */
const MIN_CHARS = 2;
/** Each is one reading of the whole inbox. */
const MAX_TEXTS = 4;

export function createSearch(
  browser: Browser,
  server: Server,
  onProblem: (error: unknown) => void,
): TextSearch {
  const hits = createCell(NOTHING);
  const isBusy = createCell(false);
  let cancel: () => void = () => undefined;
  let asking = new AbortController();
  const look = async (texts: readonly string[], signal: AbortSignal): Promise<void> => {
    try {
      const found = await lookForAll(server, texts, signal);
      if (!signal.aborted) hits.set(found);
    } catch (error) {
      if (!isAbort(error)) onProblem(error);
    }
    if (!signal.aborted) isBusy.set(false);
  };
  return {
    hits,
    isBusy,
    ask(asked) {
      cancel();
      asking.abort();
      asking = new AbortController();
      const { signal } = asking;
      const texts = asked.filter(({ length }) => length >= MIN_CHARS).slice(0, MAX_TEXTS);
      // Hits of another text are no hits; those of the same stay while what came in is looked at.
      const { byText } = hits.get();
      if (byText.size !== texts.length || texts.some((text) => !byText.has(text))) hits.set(NOTHING);
      isBusy.set(texts.length > 0);
      if (texts.length > 0) cancel = browser.after(TYPING_MS, () => void look(texts, signal));
    },
  };
}

async function lookForAll(server: Server, texts: readonly string[], signal: AbortSignal): Promise<TextHits> {
  const byText = new Map<string, ReadonlySet<string>>();
  let isComplete = true;
  for (const text of texts) {
    const found = await server.search(text, signal);
    byText.set(text, new Set(found.ids));
    isComplete &&= found.is_complete;
  }
  return { byText, isComplete };
}
