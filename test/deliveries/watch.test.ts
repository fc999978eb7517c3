import { describe, expect, test } from 'vitest';
import { type WatchOptions, watch } from '../../src/deliveries/watch.ts';
import { directApi, FakeLog, type LogFault } from '../support/fake-log-api.ts';
import { entryOf, START } from './follow/schedule.ts';

const at = (ms: number): string => new Date(START + ms).toISOString();

/** A log of `count` failed entries, a second apart, which does `step` at each pause. */
function setUp(
  count: number,
  step: (log: FakeLog, pause: number) => void,
  given: Partial<WatchOptions> = {},
) {
  const log = new FakeLog();
  for (let n = 0; n < count; n += 1)
    log.insert(
      entryOf({ id: `log_${n}`, created_at: at(n * 1000), status: 'failed', http_status_code: 500 }),
    );
  const stop = new AbortController();
  const sleeps: number[] = [];
  const clock = {
    now: () => START,
    random: () => 0,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      step(log, sleeps.length);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  const asked: (string | null)[] = [];
  const faults: LogFault[] = [];
  const onRequest = (after: string | null) => {
    asked.push(after);
    return faults.shift();
  };
  const api = directApi(log, 'v2', { onRequest });
  const watched = watch({ api, clock, signal: stop.signal, pageSize: 10, ...given });
  const add = (...numbers: readonly number[]): void => {
    for (const n of numbers) {
      const entry = log.get(`log_${n}`);
      if (entry) watched.add(entry);
    }
  };
  return { log, stop, sleeps, asked, faults, watched, add };
}

async function outcomesOf({ watched }: ReturnType<typeof setUp>): Promise<readonly string[]> {
  const told: string[] = [];
  for await (const { id, status } of watched.outcomes()) told.push(`${id} ${status}`);
  return told;
}

describe('watching entries to their outcomes', () => {
  test('gives each once it has settled anew, and ends when no more come', async () => {
    const world = setUp(30, (log, pause) => {
      if (pause === 1) log.change('log_20', { status: 'pending' });
      if (pause === 2) log.change('log_20', { status: 'delivered', attempt_number: 2 });
      if (pause === 2) log.change('log_25', { status: 'failed', attempt_number: 2 });
    });
    world.add(20, 25);
    world.watched.finish();
    expect(await outcomesOf(world)).toEqual(['log_25 failed', 'log_20 delivered']);
    expect(world.sleeps).toHaveLength(2);
  });

  test('takes an end that looks as before for an outcome only when it was seen on its way', async () => {
    const world = setUp(3, (log, pause) => {
      if (pause === 3) log.change('log_1', { status: 'retrying' });
      if (pause === 4) log.change('log_1', { status: 'failed' });
    });
    world.add(1);
    world.watched.finish();
    expect(await outcomesOf(world)).toEqual(['log_1 failed']);
    expect(world.sleeps).toHaveLength(4);
  });

  test('reads no deeper than the oldest one, once for all', async () => {
    const world = setUp(5_000, (log) => {
      for (const n of [4_950, 4_960, 4_990]) log.change(`log_${n}`, { status: 'delivered' });
    });
    world.add(4_950, 4_960, 4_990);
    world.watched.finish();
    expect(await outcomesOf(world)).toHaveLength(3);
    expect(world.asked.length).toBe(5 + 5);
    expect(world.sleeps).toEqual([5 * 500]);
  });

  test('looks for one that is not listed no further than where it could be', async () => {
    const world = setUp(5_000, () => world.stop.abort());
    world.watched.add(entryOf({ id: 'gone', created_at: at(4_950_000), status: 'failed' }));
    expect(await outcomesOf(world)).toEqual([]);
    expect(world.asked.length).toBe(36);
  });

  test('waits for the first entry, and takes more while it runs', async () => {
    const world = setUp(5, (log) => {
      for (const n of [1, 2]) log.change(`log_${n}`, { status: 'delivered' });
    });
    const outcomes = world.watched.outcomes();
    const first = outcomes.next();
    world.add(1);
    expect((await first).value).toMatchObject({ id: 'log_1' });
    const second = outcomes.next();
    world.watched.add(entryOf({ id: 'log_2', created_at: at(2_000), status: 'failed' }));
    expect((await second).value).toMatchObject({ id: 'log_2' });
    world.watched.finish();
    expect(await outcomes.next()).toEqual({ done: true, value: undefined });
  });

  test('goes on through failures and lost places, and tells them', async () => {
    const problems: string[] = [];
    const onProblem = (message: string): void => void problems.push(message);
    const world = setUp(40, (log) => log.change('log_5', { status: 'delivered' }), { onProblem });
    world.faults.push('error', 'limited', 'expired');
    world.add(5);
    world.watched.finish();
    expect(await outcomesOf(world)).toEqual(['log_5 delivered']);
    expect(problems).toEqual(['The API answered 500', 'The API answered 429']);
  });

  test.each(['close', 'signal'] as const)('ends quietly by %s, whatever is open', async (by) => {
    const world = setUp(5, () => (by === 'close' ? world.watched.close() : world.stop.abort()));
    world.add(1);
    expect(await outcomesOf(world)).toEqual([]);
  });

  test('ends with a failure that does not pass by itself', async () => {
    const world = setUp(5, () => undefined);
    world.faults.push('forbidden');
    world.add(1);
    await expect(outcomesOf(world)).rejects.toMatchObject({ kind: 'not_logged_in' });
  });
});
