export interface ChannelBounds {
  readonly maxItems: number;
  /** One item alone may be larger. */
  readonly maxBytes: number;
}

interface Entry<T> {
  readonly item: T;
  readonly sizeBytes: number;
}

interface Waiter<T> {
  readonly entry: Entry<T>;
  settle(admitted: boolean): void;
}

/**
 * A bounded queue from many writers to one reader. A writer that finds it full waits, so a reader that lags (a
 * slow standard output) slows the writers down: memory does not grow, and nothing that was taken in is lost.
 */
export class Channel<T> {
  readonly #bounds: ChannelBounds;
  readonly #queue: Entry<T>[] = [];
  /** In order of arrival. */
  readonly #waiters = new Set<Waiter<T>>();
  #queuedBytes = 0;
  #closed = false;
  #wakeReader: () => void = () => undefined;

  constructor(bounds: ChannelBounds) {
    this.#bounds = bounds;
  }

  /** True once the item is in the queue; false when the signal aborted or the channel closed first: it is not in. */
  async push(item: T, sizeBytes: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#closed || signal?.aborted) return false;
    const entry = { item, sizeBytes };
    if (this.#waiters.size > 0 || !this.#hasRoom(sizeBytes)) return this.#waitForRoom(entry, signal);
    this.#enqueue(entry);
    return true;
  }

  /** Takes nothing in from now on; the reader still gets what is queued, then its end. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.settle(false);
    this.#wakeReader();
  }

  /** For one reader. */
  async *read(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const entry = this.#queue.shift();
      if (entry) {
        this.#queuedBytes -= entry.sizeBytes;
        this.#admitWaiters();
        yield entry.item;
      } else if (this.#closed) {
        return;
      } else {
        await this.#nextChange();
      }
    }
  }

  #hasRoom(sizeBytes: number): boolean {
    if (this.#queue.length === 0) return true;
    return (
      this.#queue.length < this.#bounds.maxItems && this.#queuedBytes + sizeBytes <= this.#bounds.maxBytes
    );
  }

  #enqueue(entry: Entry<T>): void {
    this.#queue.push(entry);
    this.#queuedBytes += entry.sizeBytes;
    this.#wakeReader();
  }

  #admitWaiters(): void {
    for (const waiter of this.#waiters) {
      if (!this.#hasRoom(waiter.entry.sizeBytes)) return;
      this.#enqueue(waiter.entry);
      waiter.settle(true);
    }
  }

  #waitForRoom(entry: Entry<T>, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = (): void => waiter.settle(false);
      const waiter: Waiter<T> = {
        entry,
        settle: (admitted) => {
          this.#waiters.delete(waiter);
          signal?.removeEventListener('abort', giveUp);
          resolve(admitted);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }
}
