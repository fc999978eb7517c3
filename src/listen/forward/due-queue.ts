interface Entry<T> {
  readonly item: T;
  readonly atMs: number;
  /** Order of arrival: equal times go by it. */
  readonly seq: number;
}

/** Items by time, earliest first; a binary heap, so that a hundred thousand cost no more than a few. */
export class DueQueue<T> {
  readonly #heap: Entry<T>[] = [];
  #seq = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the next item is due; undefined when there is none. */
  nextAtMs(): number | undefined {
    return this.#heap[0]?.atMs;
  }

  add(item: T, atMs: number): void {
    const entry = { item, atMs, seq: this.#seq++ };
    let at = this.#heap.length;
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = this.#heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      this.#heap[at] = parent;
      at = above;
    }
    this.#heap[at] = entry;
  }

  /** Takes the next item that is due by now. */
  take(nowMs: number): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.atMs > nowMs) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return first.item;
  }

  /** Puts `entry` in from the top. */
  #sink(entry: Entry<T>): void {
    let at = 0;
    for (;;) {
      const below = this.#earlierBelow(at);
      const child = this.#heap[below];
      if (child === undefined || isBefore(entry, child)) break;
      this.#heap[at] = child;
      at = below;
    }
    this.#heap[at] = entry;
  }

  #earlierBelow(at: number): number {
    const left = 2 * at + 1;
    const [first, second] = [this.#heap[left], this.#heap[left + 1]];
    return first !== undefined && second !== undefined && isBefore(second, first) ? left + 1 : left;
  }
}

function isBefore(one: Entry<unknown>, other: Entry<unknown>): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.seq < other.seq);
}
