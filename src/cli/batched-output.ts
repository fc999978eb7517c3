import type { Edge } from './edge.ts';

/** Beyond so much that waits, whoever prints waits too. */
const MAX_WAITING_CHARS = 256 * 1024;

/**
 * Output of a command that goes on: what comes in the same turn of the event loop, or while a write is under way,
 * goes out in one write. Memory does not grow: with a slow reader `print` waits.
 */
export class BatchedOutput {
  readonly #write: (text: string) => Promise<void>;
  readonly #turn: Edge['turn'];
  readonly #onFailure: (error: unknown) => void;
  #waiting = '';
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `onFailure` hears at once what writing threw: whoever waits for something to print is not to wait on. */
  constructor(
    write: (text: string) => Promise<void>,
    turn: Edge['turn'],
    onFailure: (error: unknown) => void = () => undefined,
  ) {
    this.#write = write;
    this.#turn = turn;
    this.#onFailure = onFailure;
  }

  /** Throws what writing threw, then or before. */
  async print(text: string): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    this.#waiting += text;
    this.#writing ??= this.#writeAll();
    if (this.#waiting.length > MAX_WAITING_CHARS) await this.flush();
  }

  /** Resolves when everything is with the reader. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#failure) throw this.#failure.error;
  }

  /** Never rejects. */
  async #writeAll(): Promise<void> {
    try {
      await this.#turn();
      while (this.#waiting !== '') {
        const text = this.#waiting;
        this.#waiting = '';
        await this.#write(text);
      }
    } catch (error) {
      this.#failure = { error };
      this.#onFailure(error);
    } finally {
      this.#writing = undefined;
    }
  }
}
