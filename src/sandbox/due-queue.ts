/** An attempt to be made at a certain time. */
export interface Due {
  readonly deliveryId: string;
  readonly attemptNumber: number;
  readonly atMs: number;
}

/** Attempts by time, earliest first; equal times in the order they came. */
export class DueQueue {
  /** Latest first, so that the next one is taken off the end. */
  readonly #waiting: Due[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  add(due: Due): void {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#waiting[middle]?.atMs ?? 0) > due.atMs) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, due);
  }

  /** When the next attempt is due; undefined when there is none. */
  nextAtMs(): number | undefined {
    return this.#waiting.at(-1)?.atMs;
  }

  /** Takes the next attempt that is due by now. */
  take(nowMs: number): Due | undefined {
    const next = this.nextAtMs();
    return next !== undefined && next <= nowMs ? this.#waiting.pop() : undefined;
  }
}
