import { Failure, type FailureKind } from '../../errors.ts';
import { OBSTACLES } from '../recover.ts';

/** After so many calls in a row that could not get through, the next would wait and fail as well. */
const MAX_OBSTACLES = 8;

/** No key of this run is going to be any better. */
const HOPELESS: ReadonlySet<FailureKind> = new Set(['not_logged_in']);

/** Ends the tries of a batch that cannot succeed: each further one would take all its retries to fail. */
export class Breaker {
  #inRow = 0;
  #last: Failure | undefined;

  /** Throws, with the kind of what went wrong before, where there is no use in trying. */
  check(): void {
    if (this.#last && (this.#inRow >= MAX_OBSTACLES || HOPELESS.has(this.#last.kind))) {
      throw new Failure(this.#last.kind, 'Not tried, since calls before it failed', { cause: this.#last });
    }
  }

  passed(): void {
    this.#inRow = 0;
  }

  failed(error: unknown): void {
    if (!(error instanceof Failure)) return;
    if (HOPELESS.has(error.kind)) this.#last = error;
    if (!OBSTACLES.has(error.kind)) return;
    this.#inRow += 1;
    this.#last = error;
  }
}
