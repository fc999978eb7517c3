import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { readEnvelope } from './event-line.ts';
import type { Forwarder } from './forward.ts';
import type { Amendment, KeptDelivery } from './kept.ts';
import type { ForwardLine } from './line.ts';
import { Redelivery, type RedeliveryAttempt } from './redelivery.ts';

export interface OwedOptions {
  readonly forward: Forwarder['forward'];
  readonly clock: Clock;
  /** Reads a delivery from the inbox; null when it is no longer there. */
  readonly load: (id: string) => Promise<KeptDelivery | null>;
  /** Has what became of it on disk on return. */
  readonly amend: (id: string, change: Amendment) => Promise<void>;
  /** What earlier runs acknowledged and did not bring to the app. */
  readonly resume: () => AsyncIterable<KeptDelivery>;
}

/** Who hears what becomes of it. */
export interface OwedHears {
  forwarded(line: ForwardLine): Promise<void>;
  /** One of an earlier run. */
  owes(): void;
  /** One that was owed is gone: it will never be forwarded. */
  lost(): void;
  report(error: unknown, otherwise: string): void;
}

/** Deliveries that were acknowledged before the app has them: forwarded until it takes them, in this run or the next. */
export class Owed {
  readonly #options: OwedOptions;
  readonly #redelivery: Redelivery;
  #hears: OwedHears | undefined;
  #resumed: Promise<void> = Promise.resolve();

  constructor(options: OwedOptions) {
    this.#options = options;
    const { forward, load, clock } = options;
    this.#redelivery = new Redelivery({
      forward,
      load,
      clock,
      onAttempt: (attempt) => this.#onAttempt(attempt),
      onLost: () => {
        this.#hears?.lost();
        this.#hears?.report(goneFromInbox(), 'Deliveries are gone');
      },
      onError: (error) => this.#hears?.report(error, 'A delivery could not be forwarded'),
    });
  }

  /** True while nothing more may be acknowledged. */
  get isFull(): boolean {
    return this.#redelivery.isFull;
  }

  /** Begins with what earlier runs left. */
  start(hears: OwedHears): void {
    this.#hears = hears;
    this.#resumed = this.#resume(hears);
  }

  /** Takes what was acknowledged and is kept; also when it is full. */
  add(delivery: KeptDelivery): void {
    if (delivery.owedTo === null || this.#redelivery.add(delivery, delivery.owedTo)) return;
    this.#hears?.report(leftForTheNext(), 'Deliveries are left for the next run');
  }

  /** What does not end in `graceMs` is left for the next run. */
  async close(graceMs: number): Promise<void> {
    await this.#redelivery.close(graceMs);
    await this.#resumed;
  }

  async #resume(hears: OwedHears): Promise<void> {
    let isTold = false;
    try {
      for await (const delivery of this.#options.resume()) {
        if (this.#redelivery.isClosed) return;
        if (!isTold) hears.report(goesOn(delivery), 'Deliveries of an earlier run are forwarded');
        isTold = true;
        hears.owes();
        this.add(delivery);
      }
    } catch (error) {
      hears.report(error, 'What an earlier run left to forward could not be read');
    }
  }

  async #onAttempt({ delivery, forward, nextAttemptMs, isDone }: RedeliveryAttempt): Promise<void> {
    const { id } = delivery;
    const { eventType, eventId } = readEnvelope(delivery);
    await this.#options.amend(id, { forward, ...(isDone && { owedTo: null }) });
    await this.#hears?.forwarded({
      type: 'forward',
      id,
      event_type: eventType,
      event_id: eventId,
      forward,
      is_last: isDone,
      next_attempt_at: nextAttemptMs === null ? null : new Date(nextAttemptMs).toISOString(),
    });
  }
}

function goesOn({ owedTo }: KeptDelivery): Failure {
  const where = owedTo === null ? 'its app' : new URL(owedTo).origin;
  return new Failure(
    'condition_not_met',
    `Going on with what an earlier run acknowledged, meant for ${where}`,
  );
}

function goneFromInbox(): Failure {
  return new Failure(
    'condition_not_met',
    'Deliveries that were still to be forwarded are no longer in the inbox: they were cleared, or pushed out by newer ones',
  );
}

function leftForTheNext(): Failure {
  return new Failure(
    'condition_not_met',
    'Not all that was acknowledged can be forwarded now: the rest stays in the inbox for the next listen with --ack on-receipt',
  );
}
