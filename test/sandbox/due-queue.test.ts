import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueQueue } from '../../src/sandbox/due-queue.ts';

test('whatever is added comes out by time, equal times in the order they came', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const queue = new DueQueue();
      const added = times.map((atMs, attemptNumber) => ({ deliveryId: 'd', attemptNumber, atMs }));
      for (const due of added) queue.add(due);
      const taken = added.map(() => queue.take(20));
      expect(taken).toEqual([...added].sort((a, b) => a.atMs - b.atMs || a.attemptNumber - b.attemptNumber));
      expect([queue.take(20), queue.nextAtMs(), queue.size]).toEqual([undefined, undefined, 0]);
    }),
  );
});

test('nothing comes out before its time', () => {
  const queue = new DueQueue();
  queue.add({ deliveryId: 'd', attemptNumber: 1, atMs: 10 });
  expect([queue.take(9), queue.nextAtMs()]).toEqual([undefined, 10]);
  expect(queue.take(10)).toMatchObject({ atMs: 10 });
});
