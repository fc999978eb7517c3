import { describe, expect, test } from 'vitest';
import type { FollowState } from '../../src/deliveries/follow/memory.ts';
import { type FollowEvent, type FollowOptions, follow } from '../../src/deliveries/follow.ts';
import { Failure } from '../../src/errors.ts';
import { directApi, FakeLog, type LogFault } from '../support/fake-log-api.ts';
import { FULL } from '../support/full.ts';
import { entryOf, START } from './follow/schedule.ts';

/** So that a tail which never tells what is waited for ends by the time-out of its test. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const at = (ms: number): string => new Date(START + ms).toISOString();

/** A log, a tail of it, and a clock that passes as fast as it is asked to. */
function setUp(
  given: Partial<FollowOptions> & { entries?: number; faults?: (LogFault | undefined)[]; log?: FakeLog } = {},
) {
  const { entries = 0, faults = [], log = new FakeLog(), ...options } = given;
  for (let n = 0; n < entries; n += 1)
    log.insert(entryOf({ id: `old_${n}`, created_at: at((n - entries) * 60_000) }));
  const stop = new AbortController();
  const sleeps: number[] = [];
  let now = START;
  const clock = {
    now: () => now,
    random: () => 0,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      now += ms;
      await turn();
    },
  };
  const asked: (string | null)[] = [];
  const onRequest = (after: string | null) => {
    asked.push(after);
    return faults.shift();
  };
  const api = directApi(log, 'v2', { onRequest });
  const events = follow({ api, clock, signal: stop.signal, pageSize: 5, ...options });
  return { log, stop, sleeps, asked, events, faults, clock, api };
}

const next = async (events: AsyncGenerator<FollowEvent>): Promise<FollowEvent> => {
  const { value, done } = await events.next();
  if (done) throw new Error('the tail has ended');
  return value;
};

async function take(events: AsyncGenerator<FollowEvent>, count: number): Promise<readonly FollowEvent[]> {
  const taken: FollowEvent[] = [];
  while (taken.length < count) taken.push(await next(events));
  return taken;
}

const ids = (events: readonly FollowEvent[]): readonly string[] =>
  events.map((event) => ('id' in event ? event.id : event.type));

describe('a tail', () => {
  test('begins with the newest lines that match, oldest first', async () => {
    const { events } = setUp({ entries: 20, lines: 3 });
    expect(ids(await take(events, 4))).toEqual(['ready', 'old_17', 'old_18', 'old_19']);
  });

  test('brings a burst of many pages in order, in one go', async () => {
    const { log, events } = setUp({ entries: 20 });
    expect(await next(events)).toEqual({ type: 'ready' });
    const burst = Array.from({ length: 42 }, (_none, n) => `new_${n}`);
    for (const [n, id] of burst.entries())
      log.insert(entryOf({ id, created_at: at(1_000 + Math.floor(n / 3)) }));
    expect(ids(await take(events, 42))).toEqual(burst);
  });

  test('tells a change once, with what it was before', async () => {
    const { log, events } = setUp({ entries: 3 });
    await next(events);
    log.insert(entryOf({ id: 'a', created_at: at(0), status: 'pending', http_status_code: null }));
    expect(await next(events)).toMatchObject({ type: 'entry', id: 'a', status: 'pending' });
    log.change('a', { status: 'failed', http_status_code: 500, error_message: 'x' });
    log.insert(entryOf({ id: 'b', created_at: at(1) }));
    const told = await take(events, 2);
    expect(told[0]).toEqual({ type: 'update', ...log.get('a'), previous_status: 'pending' });
    expect(told[1]).toMatchObject({ type: 'entry', id: 'b' });
  });

  test('tells an entry with a filter when it comes to match', async () => {
    const { log, events } = setUp({ entries: 3, filter: { statuses: new Set(['failed']) } });
    await next(events);
    log.insert(entryOf({ id: 'good', created_at: at(0) }));
    log.insert(entryOf({ id: 'slow', created_at: at(1), status: 'pending' }));
    log.insert(entryOf({ id: 'bad', created_at: at(2), status: 'failed' }));
    expect(ids([await next(events)])).toEqual(['bad']);
    log.change('slow', { status: 'failed' });
    expect(await next(events)).toMatchObject({ type: 'update', id: 'slow', previous_status: 'pending' });
  });

  test('tells its problems, waits as it is asked to, and says what it caught up with', async () => {
    const { log, events, faults, sleeps } = setUp({ entries: 3 });
    await next(events);
    faults.push('error', 'limited');
    log.insert(entryOf({ id: 'a', created_at: at(0) }));
    expect(await take(events, 4)).toEqual([
      { type: 'problem', message: 'The API answered 500', retry_in_ms: 1_000 },
      { type: 'problem', message: 'The API answered 429', retry_in_ms: 3_000 },
      expect.objectContaining({ type: 'entry', id: 'a' }),
      { type: 'recovered', entries: 1, gap_ms: 4_000 },
    ]);
    expect(sleeps.slice(-2)).toEqual([1_000, 3_000]);
  });

  test('starts again from the newest where its cursor has expired in a gap, and misses nothing', async () => {
    const { log, events, faults } = setUp({ entries: 3 });
    await next(events);
    for (let n = 0; n < 12; n += 1) log.insert(entryOf({ id: `new_${n}`, created_at: at(n) }));
    faults.push(undefined, 'expired');
    const told = await take(events, 14);
    expect(told.map(({ type }) => type)).toEqual(['problem', ...Array(12).fill('entry'), 'recovered']);
  });

  test('ends with a failure that does not pass by itself', async () => {
    const { events } = setUp({ faults: ['forbidden'] });
    const failure = await events.next().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ kind: 'not_logged_in' });
  });

  test('ends quietly when it is stopped, but not where something else fails at the same time', async () => {
    const quiet = setUp({ entries: 3 });
    await next(quiet.events);
    quiet.stop.abort(new Error('stopped'));
    expect(await quiet.events.next()).toMatchObject({ done: true });
    const broken = setUp({
      ...{ entries: 3 },
      onLook: () => {
        broken.stop.abort(new Error('stopped'));
        throw new Error('broken');
      },
    });
    await next(broken.events);
    await expect(broken.events.next()).rejects.toThrow('broken');
  });

  test.each<[string, Partial<FollowOptions>, number]>([
    ['lines that match', { lines: 3, filter: { statuses: new Set(['failed']) } }, 250],
    ['a time and a number', { lines: 1_000, filter: { since: START - 300 * 60_000 } }, 250],
  ])('says where it stops looking for %s', async (_what, options, count) => {
    const { events } = setUp({ entries: 400, ...options });
    const cut = new Date(START - count * 60_000).toISOString();
    expect(await next(events)).toEqual({
      type: 'problem',
      message: expect.stringContaining(`created before ${cut} are left out`),
      retry_in_ms: 0,
    });
    expect(await next(events)).toEqual({ type: 'ready' });
  });

  test('asks quickly after something came, and up to the interval less often when it is quiet', async () => {
    const { log, events, sleeps, stop } = setUp({
      entries: 3,
      onLook: () => sleeps.length > 8 && stop.abort(),
    });
    await next(events);
    log.insert(entryOf({ id: 'a', created_at: at(0) }));
    for await (const event of events) expect(event.type).toBe('entry');
    expect(sleeps.slice(0, 5)).toEqual([500, 1_000, 2_000, 2_000, 2_000]);
  });

  test('keeps an entry of the far future from hiding what comes after it', async () => {
    const { log, events } = setUp({ entries: 30 });
    await next(events);
    log.insert(entryOf({ id: 'future', created_at: '2099-01-01T00:00:00Z' }));
    expect(ids([await next(events)])).toEqual(['future']);
    for (let n = 0; n < 12; n += 1) log.insert(entryOf({ id: `new_${n}`, created_at: at(n) }));
    expect(ids(await take(events, 12))).toEqual(Array.from({ length: 12 }, (_none, n) => `new_${n}`));
  });
});

describe('between the newest entries and the floor', () => {
  test('an entry that is listed minutes late, deep below known ones, is told', async () => {
    const { log, events } = setUp({ entries: 1 });
    await next(events);
    for (let n = 0; n < 60; n += 1) log.insert(entryOf({ id: `new_${n}`, created_at: at(n * 5_000) }));
    await take(events, 60);
    log.insert(entryOf({ id: 'late', created_at: at(1) }));
    expect(await next(events)).toMatchObject({ type: 'entry', id: 'late' });
  });

  test('what was there before the tail and was not read at its start is not told as new', async () => {
    const { log, events } = setUp({ entries: 2_000 });
    await next(events);
    const told: string[] = [];
    for (let n = 0; n < 40; n += 1) {
      log.insert(entryOf({ id: `new_${n}`, created_at: at(n * 60_000) }));
      told.push(...ids([await next(events)]));
    }
    expect(told).toEqual(Array.from({ length: 40 }, (_none, n) => `new_${n}`));
  });

  test('an entry that stays open is watched far behind the floor, until it settles', async () => {
    const { log, events } = setUp({ entries: 300 });
    log.change('old_10', { status: 'retrying' });
    await next(events);
    log.insert(entryOf({ id: 'slow', created_at: at(0), status: 'retrying' }));
    await next(events);
    for (let n = 1; n < 400; n += 1) log.insert(entryOf({ id: `new_${n}`, created_at: at(n * 60_000) }));
    await take(events, 399);
    log.change('slow', { status: 'failed', attempt_number: 9 });
    expect(await next(events)).toMatchObject({ type: 'update', id: 'slow', attempt_number: 9 });
  });

  test('more open entries than can be watched are told once all the same', async () => {
    const { log, events, stop, sleeps } = setUp({
      ...{ entries: 5, pageSize: 2_000, log: new FakeLog(2_000) },
      // Long enough for sweeps that come upon them again.
      onLook: () => sleeps.length > 20 && stop.abort(),
    });
    await next(events);
    const count = 12_000;
    for (let n = 0; n < count; n += 1)
      log.insert(entryOf({ id: `new_${n}`, created_at: at(n * 10), status: 'retrying' }));
    const told: string[] = [];
    for await (const event of events) told.push(...ids([event]));
    expect(told).toHaveLength(count);
    expect(new Set(told).size).toBe(count);
  });

  test.runIf(FULL)('more than can be remembered is left out with a word, never in silence', async () => {
    const { log, events } = setUp({ entries: 5, pageSize: 2_000, log: new FakeLog(2_000) });
    await next(events);
    const count = 203_000;
    for (let n = 0; n < count; n += 1) log.insert(entryOf({ id: `new_${n}`, created_at: at(n * 10) }));
    let [told, last] = [0, await next(events)];
    const first = last;
    for (; last.type === 'entry'; last = await next(events)) told += 1;
    expect(told).toBe(200_000);
    expect(first).toMatchObject({ id: `new_${count - told}` });
    expect(last).toMatchObject({
      type: 'problem',
      message: expect.stringContaining('More than 200000 deliveries'),
    });
    log.insert(entryOf({ id: 'after', created_at: at(count * 10) }));
    expect(ids([await next(events)])).toEqual(['after']);
  });
});

describe('a tail that goes on where another ended', () => {
  /** Runs a tail until it was given `count` events, keeping its state as a file would. */
  async function run(
    kept: { state: FollowState | null },
    log: FakeLog,
    count: number,
    given: Partial<FollowOptions> = {},
  ) {
    const resume = {
      state: kept.state,
      save: async (state: FollowState) => {
        kept.state = JSON.parse(JSON.stringify(state));
      },
    };
    const clock = { now: () => START, random: () => 0, sleep: turn };
    const told: FollowEvent[] = [];
    const stop = new AbortController();
    const onLook = (): void => (told.length >= count ? stop.abort() : undefined);
    const options = { clock, signal: stop.signal, pageSize: 5, resume, onLook, ...given };
    for await (const event of follow({ api: directApi(log, 'v2'), ...options })) {
      told.push(event);
      if (told.length === count) break;
    }
    return told;
  }

  test('tells what came meanwhile exactly once, however it is cut', async () => {
    const kept: { state: FollowState | null } = { state: null };
    const log = new FakeLog();
    for (let n = 0; n < 20; n += 1) log.insert(entryOf({ id: `old_${n}`, created_at: at(n - 20) }));
    expect(ids(await run(kept, log, 1))).toEqual(['ready']);
    const fresh = Array.from({ length: 30 }, (_none, n) => `new_${n}`);
    for (const [n, id] of fresh.entries()) log.insert(entryOf({ id, created_at: at(3_600_000 + n) }));
    const told: string[] = [];
    while (told.length < 30) {
      const events = await run(kept, log, Math.min(8, 31 - told.length));
      expect(events[0]).toEqual({ type: 'ready' });
      told.push(...ids(events.slice(1)));
    }
    expect(told).toEqual(fresh);
  });

  test('tells the lines that it begins with to their end, however it is cut', async () => {
    const kept: { state: FollowState | null } = { state: null };
    const log = new FakeLog();
    const old = Array.from({ length: 40 }, (_none, n) => `old_${n}`);
    for (const [n, id] of old.entries()) log.insert(entryOf({ id, created_at: at((n - 40) * 60_000) }));
    const told: string[] = [];
    while (told.length < 20) {
      const events = await run(kept, log, Math.min(4, 21 - told.length), { lines: 20 });
      told.push(...ids(events.slice(1)));
    }
    expect(told).toEqual(old.slice(20));
    log.insert(entryOf({ id: 'new', created_at: at(0) }));
    expect(ids(await run(kept, log, 2))).toEqual(['ready', 'new']);
  });

  test('saves what it told before a state that could not be written, once that can be', async () => {
    const { events, log, faults } = setUp({ entries: 3, resume: failingOnce() });
    await next(events);
    log.insert(entryOf({ id: 'a', created_at: at(0) }));
    await next(events);
    faults.push('error');
    await expect(take(events, 9)).rejects.toThrow('the disk is full');
    expect(saved).toHaveLength(1);
    expect(saved[0]?.known.map(([id]) => id)).toContain('a');
  });

  const saved: FollowState[] = [];

  function failingOnce() {
    let isFull = true;
    const save = async (state: FollowState): Promise<void> => {
      if (!isFull) saved.push(state);
      else {
        isFull = false;
        throw new Error('the disk is full');
      }
    };
    return { state: null, save };
  }
});
