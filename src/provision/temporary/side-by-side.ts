/** What became of one item; `skipped`: an item before it failed. */
export type Done<T> = { readonly value: T } | { readonly error: unknown } | { readonly skipped: true };

interface Bounds {
  /** How many are at work at a time. */
  readonly atOnce: number;
  /** Begins no further item once one has failed; those at work are waited for. */
  readonly stopAtFailure: boolean;
}

/** Does the work for each item, a few at a time; the results are in the order of the items. */
export async function sideBySide<Item, T>(
  items: readonly Item[],
  { atOnce, stopAtFailure }: Bounds,
  work: (item: Item) => Promise<T>,
): Promise<readonly Done<T>[]> {
  const done = new Map<Item, Done<T>>();
  const waiting = items.values();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      if (hasFailed && stopAtFailure) return;
      try {
        done.set(item, { value: await work(item) });
      } catch (error) {
        hasFailed = true;
        done.set(item, { error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return items.map((item) => done.get(item) ?? { skipped: true });
}
