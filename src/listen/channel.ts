export interface ChannelBounds {
  readonly maxItems: number;
  /** One item alone may be larger. */
  readonly maxBytes: number;
}

interface Waiter {
  readonly sizeBytes: number;
  settle(admitted: boolean): void;
}

/**
 * A bounded queue from many writers to one reader. Room is reserved before an item is made and waited for where
 * there is none, so a reader that lags (a slow standard output) slows the writers down: memory does not grow, and
 * nothing that was put in is lost.
 */
export class Channel<T> {
  readonly #bounds: ChannelBounds;
  readonly #queue: { readonly item: T; readonly sizeBytes: number }[] = [];
  /** In order of arrival. */
  readonly #waiters = new Set<Waiter>();
  /** Of what is queued and what has room reserved. */
  #items = 0;
  #bytes = 0;
  #closed = false;
  #wakeReader: () => void = () => undefined;

  constructor(bounds: ChannelBounds) {
    this.#bounds = bounds;
  }

  /** True once there is room, which is taken until `put` or `release`; false when the signal aborted or it closed. */
  async reserve(sizeBytes: number, signal?: () => AbortSignal): Promise<boolean> {
    if (this.#closed) return false;
    if (this.#waiters.size > 0 || !this.#hasRoom(sizeBytes)) return this.#waitForRoom(sizeBytes, signal?.());
    this.#take(sizeBytes);
    return true;
  }

  /** Queues an item in room that was reserved for it; false after `close`: it is not in. */
  put(item: T, sizeBytes: number): boolean {
    if (this.#closed) return false;
    this.#queue.push({ item, sizeBytes });
    this.#wakeReader();
    return true;
  }

  /** Gives up room that was reserved. */
  release(sizeBytes: number): void {
    this.#items--;
    this.#bytes -= sizeBytes;
    for (const waiter of this.#waiters) {
      if (!this.#hasRoom(waiter.sizeBytes)) return;
      this.#take(waiter.sizeBytes);
      waiter.settle(true);
    }
  }

  /** Reserves and puts. */
  async push(item: T, sizeBytes: number): Promise<boolean> {
    return (await this.reserve(sizeBytes)) && this.put(item, sizeBytes);
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
        this.release(entry.sizeBytes);
        yield entry.item;
      } else if (this.#closed) {
        return;
      } else {
        await this.#nextChange();
      }
    }
  }

  #hasRoom(sizeBytes: number): boolean {
    if (this.#items === 0) return true;
    return this.#items < this.#bounds.maxItems && this.#bytes + sizeBytes <= this.#bounds.maxBytes;
  }

  #take(sizeBytes: number): void {
    this.#items++;
    this.#bytes += sizeBytes;
  }

  #waitForRoom(sizeBytes: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const giveUp = (): void => waiter.settle(false);
      const waiter: Waiter = {
        sizeBytes,
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
