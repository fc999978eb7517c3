import { attempt, type Outcome, type Outgoing, type Sending } from './attempt.ts';
import { Gate } from './gate.ts';

/** How long deliveries under way may take once it is time to stop; leaves time for a summary within five seconds. */
export const DRAIN_GRACE_MS = 3_000;

export interface SendManyOptions extends Sending {
  /** Taken one by one, when there is room for it: what is made on the way is as fresh as can be. */
  readonly deliveries: Iterable<Outgoing> | AsyncIterable<Outgoing>;
  /** At most so many at once, and so many outcomes that wait for their reader. */
  readonly concurrency: number;
  /** Starts no more deliveries; those under way have DRAIN_GRACE_MS to end. A slow `deliveries` has to heed it too. */
  readonly signal: AbortSignal;
}

/**
 * Makes deliveries and gives the outcome of each as it ends, in flat memory. The first ones out are the first ones
 * sent, but with more than one at a time they arrive as the network has it. Throws what `deliveries` throws, after
 * the outcomes of those before, and Failure `usage` for what cannot be sent at all.
 */
export async function* sendMany(options: SendManyOptions): AsyncGenerator<Outcome, void, undefined> {
  const round = new Round(options);
  const pumping = round.pump(options.deliveries);
  // Its failure is thrown below, after the outcomes; until then it must not count as unhandled.
  pumping.catch(() => undefined);
  try {
    yield* round.outcomes();
    await pumping;
  } finally {
    // Also when the reader has left.
    round.end();
    await pumping.catch(() => undefined);
  }
}

class Round {
  readonly #options: SendManyOptions;
  readonly #finished: Outcome[] = [];
  readonly #room = new Gate();
  readonly #news = new Gate();
  /** Stops what is under way. */
  readonly #stop = new AbortController();
  /** Under way or not read yet. */
  #taken = 0;
  #hasMore = true;
  #failure: { readonly error: unknown } | null = null;

  constructor(options: SendManyOptions) {
    this.#options = options;
    if (options.signal.aborted) this.#drain();
    else options.signal.addEventListener('abort', this.#drain, { once: true });
  }

  get #isStopping(): boolean {
    return this.#options.signal.aborted || this.#stop.signal.aborted || this.#failure !== null;
  }

  readonly #drain = (): void => {
    this.#room.open();
    const { clock } = this.#options;
    // Ends with the round, if that is sooner.
    clock.sleep(DRAIN_GRACE_MS, this.#stop.signal).then(
      () => this.#stop.abort(),
      () => undefined,
    );
  };

  /** Starts deliveries as there is room for them. */
  async pump(deliveries: SendManyOptions['deliveries']): Promise<void> {
    try {
      if (!this.#isStopping) await this.#startAll(deliveries);
    } finally {
      this.#hasMore = false;
      this.#news.open();
    }
  }

  async #startAll(deliveries: SendManyOptions['deliveries']): Promise<void> {
    for await (const delivery of deliveries) {
      if (this.#isStopping) return;
      this.#taken++;
      void this.#make(delivery);
      while (this.#taken >= this.#options.concurrency && !this.#isStopping) await this.#room.wait();
      if (this.#isStopping) return;
    }
  }

  async #make(delivery: Outgoing): Promise<void> {
    try {
      this.#finished.push(await attempt(this.#options, delivery, this.#stop.signal));
    } catch (error) {
      this.#failure ??= { error };
      this.#taken--;
    }
    this.#news.open();
  }

  async *outcomes(): AsyncGenerator<Outcome, void, undefined> {
    while (this.#failure === null) {
      const outcome = this.#finished.shift();
      if (outcome !== undefined) {
        this.#taken--;
        this.#room.open();
        yield outcome;
      } else if (this.#hasMore || this.#taken > 0) await this.#news.wait();
      else return;
    }
    throw this.#failure.error;
  }

  end(): void {
    this.#options.signal.removeEventListener('abort', this.#drain);
    this.#stop.abort();
    this.#room.open();
  }
}
