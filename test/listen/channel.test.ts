import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Channel } from '../../src/listen/channel.ts';

const BOUNDS = { maxItems: 3, maxBytes: 100 };

/** Whether a push is through by now. */
async function isSettled(push: Promise<boolean>): Promise<boolean> {
  const pending = Symbol('pending');
  await turn();
  return (await Promise.race([push, Promise.resolve(pending)])) !== pending;
}

async function readAll<T>(channel: Channel<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of channel.read()) items.push(item);
  return items;
}

describe('a channel', () => {
  it('hands on what it holds in order, then ends', async () => {
    const channel = new Channel<number>(BOUNDS);
    for (const item of [1, 2, 3]) expect(await channel.push(item, 1)).toBe(true);
    channel.close();
    expect(await readAll(channel)).toEqual([1, 2, 3]);
  });

  it('wakes a reader that waits', async () => {
    const channel = new Channel<number>(BOUNDS);
    const next = channel.read().next();
    await turn();
    await channel.push(7, 1);
    expect(await next).toEqual({ done: false, value: 7 });
  });

  it('ends a reader that waits when it is closed', async () => {
    const channel = new Channel<number>(BOUNDS);
    const next = channel.read().next();
    await turn();
    channel.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('lets writers wait for room once it holds its number of items', async () => {
    const channel = new Channel<number>(BOUNDS);
    const pushes = [1, 2, 3, 4, 5].map((item) => channel.push(item, 1));
    expect(await Promise.all(pushes.map(isSettled))).toEqual([true, true, true, false, false]);
    await channel.read().next();
    expect(await Promise.all(pushes.map(isSettled))).toEqual([true, true, true, true, false]);
  });

  it('lets writers wait for room once it holds its number of bytes', async () => {
    const channel = new Channel<string>(BOUNDS);
    await channel.push('most', 90);
    const large = channel.push('large', 20);
    const small = channel.push('small', 1);
    expect(await isSettled(large)).toBe(false);
    expect(await isSettled(small)).toBe(false);
    channel.read().next();
    expect(await Promise.all([large, small])).toEqual([true, true]);
    channel.close();
    expect(await readAll(channel)).toEqual(['large', 'small']);
  });

  it('takes an item larger than its bound when it is empty', async () => {
    const channel = new Channel<string>(BOUNDS);
    expect(await channel.push('huge', 1_000_000)).toBe(true);
    expect(await isSettled(channel.push('next', 1))).toBe(false);
  });

  it('drops a writer that gives up, and only that one', async () => {
    const channel = new Channel<number>({ maxItems: 1, maxBytes: 100 });
    const giveUp = new AbortController();
    const [, second, third] = [
      channel.push(1, 1),
      channel.reserve(1, () => giveUp.signal),
      channel.reserve(1, () => new AbortController().signal),
    ];
    giveUp.abort();
    expect(await second).toBe(false);
    channel.read().next();
    expect(await third).toBe(true);
    expect(channel.put(3, 1)).toBe(true);
    channel.close();
    expect(await readAll(channel)).toEqual([3]);
  });

  it('takes nothing from a writer that has given up already', async () => {
    const channel = new Channel<number>({ maxItems: 1, maxBytes: 100 });
    await channel.push(1, 1);
    expect(await channel.reserve(1, () => AbortSignal.abort())).toBe(false);
    channel.close();
    expect(await readAll(channel)).toEqual([1]);
  });

  it('takes nothing once it is closed, and sends away who waits', async () => {
    const channel = new Channel<number>({ maxItems: 1, maxBytes: 100 });
    await channel.push(1, 1);
    const waiting = channel.push(2, 1);
    channel.close();
    expect([await waiting, await channel.push(3, 1)]).toEqual([false, false]);
    expect(await readAll(channel)).toEqual([1]);
  });

  it('yields exactly what it took in, whatever the bounds and sizes', async () => {
    const bounds = fc.record({
      maxItems: fc.integer({ min: 1, max: 5 }),
      maxBytes: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(bounds, fc.array(fc.integer({ min: 0, max: 60 })), async (limits, sizes) => {
        const channel = new Channel<number>(limits);
        const reading = readAll(channel);
        const taken = await Promise.all(sizes.map((size, item) => channel.push(item, size)));
        channel.close();
        expect(taken.every(Boolean)).toBe(true);
        expect(await reading).toEqual(sizes.map((_, item) => item));
      }),
    );
  });
});
