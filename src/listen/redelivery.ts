import type { Clock } from '../clock.ts';
import { Lane } from './forward/lane.ts';
import { readAddress } from './forward/target.ts';
import { type Forwarder, isDelivered } from './forward.ts';
import type { KeptDelivery } from './kept.ts';
import type { ForwardFields } from './line.ts';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Over all runs; with these waits the last one comes some 14 to 19 minutes after the first. */
const MAX_FORWARD_ATTEMPTS = 12;
/** To one app, at once. */
const MAX_RUNNING = 16;
/**
 * Acknowledged and not yet taken by the app. The inbox keeps the newest 10,000 deliveries or 256 MiB of them: as many
 * again may come in meanwhile that are not owed, and what is said of each attempt is kept there, too.
 */
export const MAX_OWED = 5_000;
/** Of their bodies, paths and headers; for the same reason. */
export const MAX_OWED_BYTES = 100 * 1024 * 1024;
/** Ids and addresses in memory: what was acknowledged an instant before it was full, and what several runs left. */
const MAX_ENTRIES = 20_000;
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
  /** Hears once of a delivery that is no longer in the inbox: cleared, or pushed out by newer ones. */
  readonly onLost: (id: string) => void;
  /** Hears what went wrong on this side: of `load` and of `onAttempt`. */
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
}

interface Owed {
  readonly id: string;
  readonly address: string;
  /** Of its record in the inbox, roughly. */
  readonly bytes: number;
  readonly attempts: number;
  /** Null: to be read from the inbox. */
  readonly held: KeptDelivery | null;
}

interface Next {
  readonly owed: Owed;
  readonly atMs: number;
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
  #size = 0;
  #bytes = 0;
  #heldBytes = 0;

  constructor(options: RedeliveryOptions) {
    this.#options = options;
  }

  /** Deliveries that wait or are under way. */
  get size(): number {
    return this.#size;
  }

  /** True once `close` was called. */
  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** True when no more should be acknowledged: the inbox might let go of them. */
  get isFull(): boolean {
    return this.isClosed || this.#size >= MAX_OWED || this.#bytes >= MAX_OWED_BYTES;
  }

  /**
   * Makes the next attempt at once, to exactly `address`; also when it is full, for what was acknowledged already.
   * False when it is closed or holds far too many: the delivery stays owed.
   */
  add(delivery: KeptDelivery, address: string): boolean {
    if (this.isClosed || this.#size >= MAX_ENTRIES) return false;
    const { id, body, forward } = delivery;
    const isHeld = this.#heldBytes + body.byteLength <= MAX_HELD_BYTES;
    if (isHeld) this.#heldBytes += body.byteLength;
    const bytes = keptBytes(delivery);
    this.#size += 1;
    this.#bytes += bytes;
    const owed = { id, address, bytes, attempts: forward?.attempts ?? 0, held: isHeld ? delivery : null };
    this.#enqueue({ owed, atMs: this.#options.clock.now() });
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

  #enqueue({ owed, atMs }: Next): void {
    // By app: however many paths it has, it gets so many at once.
    const key = readAddress(owed.address)?.origin.origin ?? '';
    const lane = this.#lanes.get(key) ?? this.#openLane();
    this.#lanes.set(key, lane);
    lane.add(owed, atMs);
  }

  #openLane(): Lane<Owed> {
    return new Lane(this.#options.clock, MAX_RUNNING, (owed) => this.#run(owed));
  }

  async #run(owed: Owed): Promise<void> {
    const next = await this.#once(owed);
    this.#heldBytes -= owed.held?.body.byteLength ?? 0;
    if (next !== null) return this.#enqueue(next);
    this.#size -= 1;
    this.#bytes -= owed.bytes;
  }

  /** Null when there is nothing more to do for it, in this run. */
  async #once(owed: Owed): Promise<Next | null> {
    try {
      const delivery = owed.held ?? (await this.#options.load(owed.id));
      if (this.#ended.signal.aborted) return null;
      if (delivery !== null) return await this.#attempt(owed, delivery);
      this.#options.onLost(owed.id);
      return null;
    } catch (error) {
      // An attempt that was stopped is not one: the delivery stays owed.
      if (this.#ended.signal.aborted) return null;
      this.#options.onError(error);
      return this.isClosed ? null : { owed: { ...owed, held: null }, atMs: this.#laterMs(LONGEST_WAIT_MS) };
    }
  }

  async #attempt(owed: Owed, delivery: KeptDelivery): Promise<Next | null> {
    const { forward: send, onAttempt, onError, clock } = this.#options;
    const { forward: last } = await send(delivery, owed.address, this.#ended.signal);
    const attempts = owed.attempts + 1;
    const forward = { ...last, attempts };
    const isDone = isDelivered(forward) || attempts >= MAX_FORWARD_ATTEMPTS;
    const isLast = isDone || this.isClosed;
    const nextAttemptMs = isLast ? null : this.#laterMs(waitMs(attempts, clock.random()));
    try {
      await onAttempt({ delivery, forward, nextAttemptMs, isDone });
    } catch (error) {
      if (!this.#ended.signal.aborted) onError(error);
    }
    // The inbox has it: only its id waits.
    return nextAttemptMs === null ? null : { owed: { ...owed, attempts, held: null }, atMs: nextAttemptMs };
  }

  #laterMs(waitMs: number): number {
    return this.#options.clock.now() + waitMs;
  }
}

/** After that many attempts: doubled each time, and anything from half to the whole of it, so that many do not come at once. */
function waitMs(attempts: number, chance: number): number {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (attempts - 1), LONGEST_WAIT_MS);
  return Math.round((longest * (1 + chance)) / 2);
}

/** Its record has some more: the names of its fields, and what is said of its signature. */
function keptBytes({ path, query, headers, body }: KeptDelivery): number {
  const headerBytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return body.byteLength + path.length + (query?.length ?? 0) + headerBytes;
}
