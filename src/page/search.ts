import type { Browser } from './browser.ts';
import { createCell } from './cell.ts';
import { isAbort, type Server } from './server.ts';

/** What bodies were found to hold the text. */
export interface BodyHits {
  readonly text: string;
  readonly ids: ReadonlySet<string>;
  readonly isComplete: boolean;
}

const NOTHING: BodyHits = { text: '', ids: new Set(), isComplete: true };
/** Nobody types the next key later. */
const TYPING_MS = 250;
/** Before the same text is looked for again, in bodies that came in: looking through all of them is work. */
const AGAIN_MS = 2_000;
/** Shorter texts are in every body. */
const MIN_CHARS = 2;

/** Looks for a text in bodies, for one at a time. */
export class BodySearch {
  readonly hits = createCell(NOTHING);
  readonly isBusy = createCell(false);
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #onProblem: (error: unknown) => void;
  #wanted = '';
  #isAskedAgain = false;
  #cancel: () => void = () => undefined;
  #asking = new AbortController();

  constructor(browser: Browser, server: Server, onProblem: (error: unknown) => void) {
    this.#browser = browser;
    this.#server = server;
    this.#onProblem = onProblem;
  }

  /** Looks for the text once nothing new was asked for a moment; an empty one ends the search. */
  ask(text: string): void {
    // What comes in faster than it is looked at must not put it off for ever.
    this.#isAskedAgain = text === this.#wanted && this.isBusy.get();
    if (this.#isAskedAgain) return;
    this.#cancel();
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#wanted = text;
    // Hits of another text are no hits; those of the same stay while bodies that came in are looked at.
    if (this.hits.get().text !== text) this.hits.set(NOTHING);
    if (text.length >= MIN_CHARS) this.#begin(TYPING_MS);
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

  async #look(text: string, signal: AbortSignal): Promise<void> {
    try {
      const found = await this.#server.search(text, signal);
      if (!signal.aborted) this.hits.set({ text, ids: new Set(found.ids), isComplete: found.is_complete });
    } catch (error) {
      if (!isAbort(error)) this.#onProblem(error);
    }
    if (signal.aborted) return;
    this.isBusy.set(false);
    if (this.#isAskedAgain) this.#begin(AGAIN_MS);
  }
}
