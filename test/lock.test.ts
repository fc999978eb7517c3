import { mkdirSync, readFileSync, rmdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { systemClock } from '../src/clock.ts';
import { withLock } from '../src/lock.ts';
import { failureOf, filesIn, scratch } from './config/scratch.ts';
import { bundleWorkers, type Workers } from './config/workers.ts';

let workers: Workers;
beforeAll(async () => {
  workers = await bundleWorkers();
});
afterAll(() => workers.remove());

/** The clock of the system, which can be moved on as if the machine had slept. */
function sleepyClock() {
  let asleepMs = 0;
  return {
    ...systemClock,
    now: () => systemClock.now() + asleepMs,
    sleepFor: (ms: number) => (asleepMs += ms),
  };
}

const age = (lock: string): void => utimesSync(lock, 1, 1);

it('returns what the work returns, and leaves nothing', async () => {
  const dir = scratch();
  const result = await withLock(join(dir, 'x'), systemClock, (lock) => {
    expect(filesIn(dir)).toEqual(['x.lock']);
    return [lock.held(), lock.lost()];
  });
  expect(result).toEqual([true, false]);
  expect(filesIn(dir)).toEqual([]);
});

it('is released when the work fails', async () => {
  const dir = scratch();
  const work = () => {
    throw new Error('no');
  };
  await expect(withLock(join(dir, 'x'), systemClock, work)).rejects.toThrow('no');
  expect(filesIn(dir)).toEqual([]);
});

/** How many of `count` callers were inside at the same time as each of them. */
async function crowd(path: string, count: number): Promise<readonly number[]> {
  let inside = 0;
  const work = async () => {
    inside += 1;
    await stat(path).catch(() => undefined);
    const seen = inside;
    inside -= 1;
    return seen;
  };
  return Promise.all(Array.from({ length: count }, () => withLock(path, systemClock, work)));
}

it('lets one at a time in, within a process', async () => {
  expect(await crowd(join(scratch(), 'x'), 8)).toEqual(Array(8).fill(1));
});

it('that is stale is taken by one of those who all see it at once', async () => {
  const path = join(scratch(), 'x');
  mkdirSync(`${path}.lock`);
  age(`${path}.lock`);
  expect(await crowd(path, 16)).toEqual(Array(16).fill(1));
});

it('that another process took right after it was seen stale stays with that process', async () => {
  const path = join(scratch(), 'x');
  mkdirSync(`${path}.lock`);
  age(`${path}.lock`);
  let asked = 0;
  const now = () => {
    asked += 1;
    // The first time is asked before the lock is tried, the second once its age was read.
    if (asked === 2) {
      rmdirSync(`${path}.lock`);
      mkdirSync(`${path}.lock`);
    }
    return systemClock.now();
  };
  await failureOf(() => withLock(path, { ...systemClock, now }, () => 'taken', 0));
  expect(asked).toBeGreaterThan(2);
  expect(filesIn(join(path, '..'))).toEqual(['x.lock']);
});

it('lets one at a time in, among processes', async () => {
  const dir = join(scratch(), 'x');
  writeFileSync(dir, '0');
  await workers.all(Array.from({ length: 6 }, () => ({ do: 'count', dir, count: 30 }) as const));
  expect(readFileSync(dir, 'utf8')).toBe('180');
});

it('of a killed process is taken over by one of those who wait, one after the other', {
  timeout: 60_000,
}, async () => {
  const dir = join(scratch(), 'x');
  writeFileSync(dir, '0');
  for (let round = 1; round <= 5; round += 1) {
    const holder = workers.start({ do: 'hold', dir });
    await holder.said(1);
    await holder.kill();
    age(`${dir}.lock`);
    await workers.all(Array.from({ length: 6 }, () => ({ do: 'count', dir, count: 5 }) as const));
    expect(readFileSync(dir, 'utf8')).toBe(String(round * 30));
  }
});

it('of a living process is not taken, and the wait for it ends with a clear failure', async () => {
  const dir = join(scratch(), 'x');
  const holder = workers.start({ do: 'hold', dir });
  await holder.said(1);
  const failure = await failureOf(() => withLock(dir, systemClock, () => 'taken', 50));
  expect(failure).toMatchObject({ kind: 'store_unwritable', hint: expect.stringContaining('try again') });
  expect(failure.message).toContain('Another process');
  await holder.kill();
});

it('is kept fresh for as long as it is held', async () => {
  const path = join(scratch(), 'x');
  await withLock(path, systemClock, async (lock) => {
    const first = statSync(`${path}.lock`).mtimeMs;
    await vi.waitFor(() => expect(statSync(`${path}.lock`).mtimeMs).not.toBe(first), { timeout: 5000 });
    expect(lock.held()).toBe(true);
  });
});

it('that was made before the clock was set back does not block for ever', async () => {
  const path = join(scratch(), 'x');
  mkdirSync(`${path}.lock`);
  const nextYear = Date.now() / 1000 + 31_536_000;
  utimesSync(`${path}.lock`, nextYear, nextYear);
  expect(await withLock(path, systemClock, () => 'taken', 0)).toBe('taken');
});

it('is in doubt after a sleep, until it is refreshed', async () => {
  const path = join(scratch(), 'x');
  const clock = sleepyClock();
  await withLock(path, clock, async (lock) => {
    clock.sleepFor(10_000);
    expect([lock.held(), lock.lost()]).toEqual([false, false]);
    await vi.waitFor(() => expect(lock.held()).toBe(true), { timeout: 5000 });
  });
});

it('is lost when another process took it meanwhile, which keeps it', async () => {
  const path = join(scratch(), 'x');
  await withLock(path, systemClock, async (lock) => {
    rmdirSync(`${path}.lock`);
    mkdirSync(`${path}.lock`);
    age(`${path}.lock`);
    await vi.waitFor(() => expect(lock.lost()).toBe(true), { timeout: 5000 });
    expect(lock.held()).toBe(false);
  });
  expect(statSync(`${path}.lock`).isDirectory()).toBe(true);
});

it('cannot be had where there is no folder', async () => {
  const failure = await failureOf(() => withLock(join(scratch(), 'a', 'x'), systemClock, () => 'taken'));
  expect(failure).toMatchObject({ kind: 'store_unwritable', cause: expect.any(Error) });
});

it('cannot be had where something else has its name', async () => {
  const path = join(scratch(), 'x');
  writeFileSync(`${path}.lock`, '');
  age(`${path}.lock`);
  expect(await failureOf(() => withLock(path, systemClock, () => 'taken'))).toMatchObject({
    kind: 'store_unwritable',
  });
});
