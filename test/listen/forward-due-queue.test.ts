import { expect, test } from 'vitest';
import { DueQueue } from '../../src/listen/forward/due-queue.ts';
import { FakeClock } from '../sandbox/fake-clock.ts';

test('gives items by time, equal times in the order they came, while others are added', () => {
  const clock = new FakeClock();
  const queue = new DueQueue<readonly [atMs: number, seq: number]>();
  let waiting: (readonly [number, number])[] = [];
  for (let step = 0; step < 3_000; step += 1) {
    if (clock.random() < 0.6) {
      const item = [Math.floor(clock.random() * 50), step] as const;
      queue.add(item, item[0]);
      waiting.push(item);
    } else {
      const nowMs = Math.floor(clock.random() * 50);
      const [first] = waiting.toSorted(([a, x], [b, y]) => a - b || x - y);
      const expected = first !== undefined && first[0] <= nowMs ? first : undefined;
      expect(queue.nextAtMs()).toBe(first?.[0]);
      expect(queue.take(nowMs)).toEqual(expected);
      waiting = waiting.filter((item) => item !== expected);
    }
    expect(queue.size).toBe(waiting.length);
  }
});
