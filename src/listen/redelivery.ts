import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { Lane } from './forward/lane.ts';
import { type Forwarder, isDelivered } from './forward.ts';
import type { KeptDelivery } from './kept.ts';
import type { ForwardFields } from './line.ts';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Over all runs; with these waits the last one comes some 14 to 19 minutes after the first. */
const MAX_FORWARD_ATTEMPTS = 12;
/** Of one target, at once. */
const MAX_RUNNING = 16;
/** An id and a time each: some 30 MB. */
const MAX_OWED = 100_000;
/** Of bodies that stay in memory until their first attempt is over; the others are read from the inbox when they are due. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;

export interface RedeliveryAttempt {
  readonly delivery: KeptDelivery;
  /** `attempts` counts those of earlier runs, too. */
  readonly forward: ForwardFields;
  /** Milliseconds since the epoch; null when there is none, or not in this run. */
  readonly nextAttemptMs: number | null;
  /** Delivered or given up: nothing is owed any more. */
  readonly isDone: boolean;
}

export interface RedeliveryOptions {
  readonly forward: Forwarder['forward'];
  /** Reads a delivery from the inbox; null when it is no longer there. */
  readonly load: (id: string) => Promise<KeptDelivery | null>;
  /** Hears of each attempt; its promise holds up the next one, so that a slow reader slows the attempts down. */
  readonly onAttempt: (attempt: RedeliveryAttempt) => Promise<void> | void;
  /** Hears what went wrong on this side: of `load` and of `onAttempt`. */
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
}

interface Owed {
  readonly id: string;
  readonly url: URL;
  readonly attempts: number;
  /** Null: to be read from the inbox. */
  readonly held: KeptDelivery | null;
}

/**
 * Owns deliveries that their sender was told are taken, and that still have to reach the app. Whatever is not 2xx
 * is tried again, 410 and the other 4xx too: an app under work answers anything, and nobody else will send it again.
 */
export class Redelivery {
  readonly #options: RedeliveryOptions;
  readonly #lanes = new Map<string, Lane<Owed>>();
  readonly #closing = new AbortController();
  readonly #ended = new AbortController();
  #heldBytes = 0;

  constructor(options: RedeliveryOptions) {
    this.#options = options;
  }

  /** Deliveries that wait or are under way. */
  get size(): number {
    let size = 0;
    for (const lane of this.#lanes.values()) size += lane.size;
    return size;
  }

  /** True when `add` would refuse: then a delivery should not be acknowledged. */
  get isFull(): boolean {
    return this.#closing.signal.aborted || this.size >= MAX_OWED;
  }

  /** Makes the next attempt at once; false when there is no room or it is closed: the delivery stays owed to `url`. */
  add(delivery: KeptDelivery, url: URL): boolean {
    if (this.isFull) return false;
    const { id, body, forward } = delivery;
    const isHeld = this.#heldBytes + body.byteLength <= MAX_HELD_BYTES;
    if (isHeld) this.#heldBytes += body.byteLength;
    const owed = { id, url, attempts: forward?.attempts ?? 0, held: isHeld ? delivery : null };
    this.#enqueue(owed, this.#options.clock.now());
    return true;
  }

  /** Starts nothing more, lets running attempts end for up to `graceMs`, then stops them: those stay owed. */
  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    const over = new AbortController();
    const ended = Promise.all([...this.#lanes.values()].map((lane) => lane.stop()));
    await Promise.race([ended, this.#options.clock.sleep(graceMs, over.signal).catch(() => undefined)]);
    over.abort();
    this.#ended.abort();
  }

  #enqueue(owed: Owed, atMs: number): void {
    const key = owed.url.href;
    const lane = this.#lanes.get(key) ?? this.#openLane();
    this.#lanes.set(key, lane);
    lane.add(owed, atMs);
  }

  #openLane(): Lane<Owed> {
    return new Lane(this.#options.clock, MAX_RUNNING, (owed) => this.#run(owed));
  }

  async #run(owed: Owed): Promise<void> {
    try {
      const delivery = await this.#take(owed);
      if (delivery === null || this.#ended.signal.aborted) return;
      await this.#attempt(owed, delivery);
    } catch (error) {
      // An attempt that was stopped is not one: the delivery stays owed.
      if (!this.#ended.signal.aborted) this.#options.onError(error);
    } finally {
      this.#heldBytes -= owed.held?.body.byteLength ?? 0;
    }
  }

  /** The delivery whole; null when it is not to be had. */
  async #take(owed: Owed): Promise<KeptDelivery | null> {
    if (owed.held !== null) return owed.held;
    try {
      const delivery = await this.#options.load(owed.id);
      if (delivery === null) this.#options.onError(goneFromInbox());
      return delivery;
    } catch (error) {
      this.#options.onError(error);
      this.#enqueue(owed, this.#options.clock.now() + LONGEST_WAIT_MS);
      return null;
    }
  }

  async #attempt(owed: Owed, delivery: KeptDelivery): Promise<void> {
    const { forward: send, onAttempt, clock } = this.#options;
    const { forward: last } = await send(delivery, owed.url, this.#ended.signal);
    const attempts = owed.attempts + 1;
    const forward = { ...last, attempts };
    const isDone = isDelivered(forward) || attempts >= MAX_FORWARD_ATTEMPTS;
    const isLast = isDone || this.#closing.signal.aborted;
    const nextAttemptMs = isLast ? null : clock.now() + waitMs(attempts, clock.random());
    try {
      await onAttempt({ delivery, forward, nextAttemptMs, isDone });
    } finally {
      // The inbox has it: only its id waits.
      if (nextAttemptMs !== null) this.#enqueue({ ...owed, attempts, held: null }, nextAttemptMs);
    }
  }
}

/** After that many attempts: doubled each time, and anything from half to the whole of it, so that many do not come at once. */
function waitMs(attempts: number, chance: number): number {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), LONGEST_WAIT_MS);
  return Math.round((longest * (1 + chance)) / 2);
}

function goneFromInbox(): Failure {
  return new Failure(
    'condition_not_met',
    'Deliveries that were still to be forwarded are no longer in the inbox',
    { hint: 'They were cleared, or pushed out by newer ones.' },
  );
}
