import type { Browser } from './browser.ts';
import { createCell } from './cell.ts';
import { isAbort, type Server } from './server.ts';

/** What the server found beyond the fields of the list: bodies, headers and answers that hold a text. */
export interface TextHits {
  /** Ids by text. */
  readonly byText: ReadonlyMap<string, ReadonlySet<string>>;
  readonly isComplete: boolean;
}

const NOTHING: TextHits = { byText: new Map(), isComplete: true };
/** Nobody types the next key later. */
const TYPING_MS = 250;
/** Before the same texts are looked for again, in what came in: looking through everything is work. */
const AGAIN_MS = 2_000;
/** Shorter texts are in every body. */
const MIN_CHARS = 2;
/** Each is one reading of the whole inbox. */
const MAX_TEXTS = 4;

/** Looks for texts in what the list does not hold, for one at a time. */
export class TextSearch {
  readonly hits = createCell(NOTHING);
  readonly isBusy = createCell(false);
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #onProblem: (error: unknown) => void;
  #wanted: readonly string[] = [];
  #isAskedAgain = false;
  #cancel: () => void = () => undefined;
  #asking = new AbortController();

  constructor(browser: Browser, server: Server, onProblem: (error: unknown) => void) {
    this.#browser = browser;
    this.#server = server;
    this.#onProblem = onProblem;
  }

  /** Looks for the texts once nothing new was asked for a moment; none ends the search. */
  ask(asked: readonly string[]): void {
    const texts = asked.filter(({ length }) => length >= MIN_CHARS).slice(0, MAX_TEXTS);
    const isSame = texts.join('\n') === this.#wanted.join('\n');
    // What comes in faster than it is looked at must not put it off for ever.
    this.#isAskedAgain = isSame && this.isBusy.get();
    if (this.#isAskedAgain) return;
    this.#cancel();
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#wanted = texts;
    // Hits of another text are no hits; those of the same stay while what came in is looked at.
    if (!isSame) this.hits.set(NOTHING);
    if (texts.length > 0) this.#begin(TYPING_MS);
    else this.isBusy.set(false);
  }

  #begin(delayMs: number): void {
    const { signal } = this.#asking;
    this.isBusy.set(true);
    this.#cancel = this.#browser.after(delayMs, () => {
      this.#isAskedAgain = false;
      void this.#look(this.#wanted, signal);
    });
  }

  async #look(texts: readonly string[], signal: AbortSignal): Promise<void> {
    try {
      const found = await lookForAll(this.#server, texts, signal);
      if (!signal.aborted) this.hits.set(found);
    } catch (error) {
      if (!isAbort(error)) this.#onProblem(error);
    }
    if (signal.aborted) return;
    this.isBusy.set(false);
    if (this.#isAskedAgain) this.#begin(AGAIN_MS);
  }
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
