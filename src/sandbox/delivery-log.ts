import type { Delivery, FiredEvent } from './records.ts';

/** Beyond either bound the oldest deliveries that are over are forgotten. */
export const MAX_DELIVERIES = 100_000;
const MAX_BODY_CHARS = 256 * 1024 * 1024;
/** Forgetting walks the whole log: it is done for so many at a time. */
const FORGET_AT_ONCE = 1_000;

/** One page of the log, newest first. */
export interface Page {
  readonly deliveries: readonly Delivery[];
  /** Whether there are newer, and older ones. */
  readonly newer: boolean;
  readonly older: boolean;
}

/** All deliveries in the order of their creation, and the events that they send. */
export class DeliveryLog {
  #ordered: Delivery[] = [];
  readonly #byId = new Map<string, Delivery>();
  readonly #events = new Map<string, FiredEvent>();
  /** How many deliveries send an event. */
  readonly #uses = new Map<string, number>();
  #bodyChars = 0;
  #lastSeq = 0;

  nextSeq(): number {
    return this.#lastSeq + 1;
  }

  get(id: string): Delivery | undefined {
    return this.#byId.get(id);
  }

  eventOf(delivery: Delivery): FiredEvent | undefined {
    return this.#events.get(delivery.eventId);
  }

  /** Oldest first. */
  all(): readonly Delivery[] {
    return this.#ordered;
  }

  /** Those that a known delivery sends. */
  *events(): Generator<FiredEvent> {
    for (const event of this.#events.values()) if (this.#uses.has(event.id)) yield event;
  }

  total(): number {
    return this.#ordered.length;
  }

  putEvent(event: FiredEvent): void {
    if (this.#events.has(event.id)) return;
    this.#events.set(event.id, event);
    this.#bodyChars += event.body.length;
  }

  /** Adds a delivery, or puts it in the place of its earlier state. */
  put(delivery: Delivery): void {
    const isNew = !this.#byId.has(delivery.id);
    this.#byId.set(delivery.id, delivery);
    this.#ordered.splice(this.#position(delivery.seq), isNew ? 0 : 1, delivery);
    if (!isNew) return;
    this.#lastSeq = Math.max(this.#lastSeq, delivery.seq);
    this.#uses.set(delivery.eventId, (this.#uses.get(delivery.eventId) ?? 0) + 1);
    this.#forgetOldest();
  }

  /** The `size` newest deliveries that are older than `before`. */
  olderThan(before: number, size: number): Page {
    const end = this.#position(before);
    return this.#page(Math.max(0, end - size), end);
  }

  /** The `size` oldest deliveries that are newer than `after`. */
  newerThan(after: number, size: number): Page {
    const start = this.#position(after + 1);
    return this.#page(start, Math.min(this.#ordered.length, start + size));
  }

  /** Page `number` (from 1) of pages of `size`. */
  numbered(number: number, size: number): Page {
    const end = Math.max(0, this.#ordered.length - (number - 1) * size);
    return this.#page(Math.max(0, end - size), end);
  }

  #page(start: number, end: number): Page {
    return {
      deliveries: this.#ordered.slice(start, end).reverse(),
      newer: end < this.#ordered.length,
      older: start > 0,
    };
  }

  /** Index of the first delivery whose number is not below `seq`. */
  #position(seq: number): number {
    let low = 0;
    let high = this.#ordered.length;
    // New ones go to the end, nearly always.
    if (seq > (this.#ordered[high - 1]?.seq ?? 0)) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ordered[middle]?.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forgetOldest(): void {
    const tooMany = this.#ordered.length >= MAX_DELIVERIES + FORGET_AT_ONCE;
    if (!tooMany && this.#bodyChars <= MAX_BODY_CHARS) return;
    let left = Math.max(FORGET_AT_ONCE, this.#ordered.length - MAX_DELIVERIES);
    this.#ordered = this.#ordered.filter((delivery) => {
      const kept = left === 0 || delivery.status === 'pending' || delivery.status === 'retrying';
      if (kept) return true;
      left -= 1;
      this.#forget(delivery);
      return false;
    });
  }

  #forget({ id, eventId }: Delivery): void {
    this.#byId.delete(id);
    const uses = (this.#uses.get(eventId) ?? 1) - 1;
    if (uses > 0) {
      this.#uses.set(eventId, uses);
      return;
    }
    this.#uses.delete(eventId);
    this.#bodyChars -= this.#events.get(eventId)?.body.length ?? 0;
    this.#events.delete(eventId);
  }
}
