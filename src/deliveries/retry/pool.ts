interface Pooling<Item, Done> {
  readonly items: Iterable<Item> | AsyncIterable<Item>;
  readonly atOnce: number;
  readonly work: (item: Item) => Promise<Done>;
  /** Told when the reader leaves before the end: what is at work should end soon. */
  readonly onLeft: () => void;
}

/**
 * Does the work for each item, at most `atOnce` at a time, and gives the results as they end. Items are taken when
 * there is room for them. Throws what the items or the work throw. Whatever is at work is waited for.
 */
export async function* pooled<Item, Done>({
  items,
  atOnce,
  work,
  onLeft,
}: Pooling<Item, Done>): AsyncGenerator<Done, void, undefined> {
  const source = toAsync(items);
  let isLeft = true;
  const running = new Map<number, Promise<Step<Item, Done>>>();
  let key = TAKING;
  let hasMore = true;
  try {
    while (hasMore || running.size > 0) {
      if (hasMore && running.size < atOnce && !running.has(TAKING)) running.set(TAKING, take(source));
      const step = await Promise.race(running.values());
      running.delete(step.key);
      if (step.kind === 'done') yield step.done;
      else if (step.next.done) hasMore = false;
      else {
        key += 1;
        running.set(key, finish(key, work(step.next.value)));
      }
    }
    isLeft = false;
  } catch (error) {
    isLeft = false;
    throw error;
  } finally {
    if (isLeft) onLeft();
    await Promise.allSettled(running.values());
  }
}

/** The key of the one call that takes an item; work has those after it. */
const TAKING = 0;

type Step<Item, Done> =
  | { readonly kind: 'taken'; readonly key: number; readonly next: IteratorResult<Item, unknown> }
  | { readonly kind: 'done'; readonly key: number; readonly done: Done };

const take = async <Item, Done>(source: AsyncGenerator<Item>): Promise<Step<Item, Done>> => ({
  kind: 'taken',
  key: TAKING,
  next: await source.next(),
});

const finish = async <Item, Done>(key: number, work: Promise<Done>): Promise<Step<Item, Done>> => ({
  kind: 'done',
  key,
  done: await work,
});

async function* toAsync<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncGenerator<Item> {
  yield* items;
}
