import type { Clock } from '../clock.ts';

/** What may wait for one page; beyond it all of it is dropped, and the page is told. */
const MAX_WAITING = 1_000;
/** After so long without a line there is a sign of life. */
const KEEP_ALIVE_MS = 15_000;

interface Listener<Line> {
  waiting: (Line | { readonly type: 'lost' })[];
  wake: () => void;
}

interface FeedOptions {
  readonly clock: Clock;
  /** Hears when there is somebody to tell, and when there is nobody any more. */
  readonly onHeard?: ((isHeard: boolean) => void) | undefined;
}

/** Tells all open pages; a page that lags holds up nobody. */
export class Feed<Line> {
  readonly #clock: Clock;
  readonly #onHeard: (isHeard: boolean) => void;
  readonly #listeners = new Set<Listener<Line>>();

  constructor({ clock, onHeard = () => undefined }: FeedOptions) {
    this.#clock = clock;
    this.#onHeard = onHeard;
  }

  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  tell(line: Line): void {
    for (const listener of this.#listeners) {
      if (listener.waiting.length >= MAX_WAITING) listener.waiting = [{ type: 'lost' }];
      else listener.waiting.push(line);
      listener.wake();
    }
  }

  /** Told from now on, after `first`, until the signal aborts; null is a sign of life. */
  open(
    signal: AbortSignal,
    first: readonly Line[] = [],
  ): AsyncIterable<Line | { readonly type: 'lost' } | null> {
    const listener: Listener<Line> = { waiting: [...first], wake: () => undefined };
    if (!signal.aborted) {
      this.#listeners.add(listener);
      signal.addEventListener('abort', () => this.#leave(listener), { once: true });
      if (this.#listeners.size === 1) this.#onHeard(true);
    }
    return this.#read(listener, signal);
  }

  #leave(listener: Listener<Line>): void {
    this.#listeners.delete(listener);
    listener.wake();
    if (this.#listeners.size === 0) this.#onHeard(false);
  }

  async *#read(listener: Listener<Line>, signal: AbortSignal) {
    while (!signal.aborted) {
      const lines = listener.waiting;
      listener.waiting = [];
      yield* lines;
      if (listener.waiting.length > 0) continue;
      if (!signal.aborted && !(await this.#comes(listener))) yield null;
    }
  }

  /** False when nothing came for long. */
  async #comes(listener: Listener<Line>): Promise<boolean> {
    const timer = new AbortController();
    const late = this.#clock.sleep(KEEP_ALIVE_MS, timer.signal).then(
      () => false,
      () => true,
    );
    const woken = new Promise<true>((resolve) => {
      listener.wake = () => resolve(true);
    });
    const comes = await Promise.race([woken, late]);
    timer.abort();
    return comes;
  }
}
