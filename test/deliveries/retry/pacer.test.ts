import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { Pacer } from '../../../src/deliveries/retry/pacer.ts';
import { Failure } from '../../../src/errors.ts';
import { FakeClock } from '../../sandbox/fake-clock.ts';

const STEP_MS = 5;
const { signal } = new AbortController();

/** No signal: that of thousands of sleeps would keep a listener of each. */
const withoutSignals = (clock: FakeClock): Clock => ({
  now: () => clock.now(),
  random: () => clock.random(),
  sleep: (ms) => clock.sleep(ms),
});

/** Workers that start requests as the pacer lets them; `answer` says whether one succeeded. */
function work(pacer: Pacer, clock: FakeClock, workers: number, answer: (startedMs: number) => boolean) {
  const starts: number[] = [];
  const first = clock.now();
  const worker = async (): Promise<void> => {
    for (;;) {
      const startedMs = await pacer.turn(signal);
      starts.push(startedMs - first);
      await clock.sleep(STEP_MS);
      if (answer(startedMs - first)) pacer.succeeded();
      else pacer.limited(startedMs, null);
    }
  };
  for (let count = 0; count < workers; count += 1) void worker();
  return {
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        clock.advance(STEP_MS);
      }
    },
    /** Requests that started from one time to another. */
    between: (from: number, to: number): number => starts.filter((at) => at >= from && at < to).length,
  };
}

describe('the pace of a bulk retry', () => {
  test('is the rate that was asked for, however many workers there are', async () => {
    const clock = new FakeClock();
    const run = work(new Pacer(withoutSignals(clock), 20), clock, 16, () => true);
    await run.pass(10_000);
    expect(run.between(0, 10_000)).toBeGreaterThanOrEqual(195);
    expect(run.between(0, 10_000)).toBeLessThanOrEqual(203);
  });

  test('is as quick as it goes without a rate', async () => {
    const clock = new FakeClock();
    const run = work(new Pacer(withoutSignals(clock), null), clock, 4, () => true);
    await run.pass(1_000);
    expect(run.between(0, 1_000)).toBeGreaterThan(700);
  });

  test('after one 429 all workers pause, go on at half the rate, and recover', async () => {
    const clock = new FakeClock();
    let isLimited = false;
    const run = work(new Pacer(withoutSignals(clock), 40), clock, 16, (at) => {
      const isRefused = !isLimited && at >= 2_000;
      isLimited ||= isRefused;
      return !isRefused;
    });
    await run.pass(60_000);
    expect(run.between(1_000, 2_000)).toBeGreaterThanOrEqual(39);
    expect(run.between(2_100, 3_000)).toBe(0);
    expect(run.between(3_100, 4_100)).toBeLessThanOrEqual(27);
    expect(run.between(3_100, 4_100)).toBeGreaterThanOrEqual(18);
    expect(run.between(58_000, 59_000)).toBeGreaterThanOrEqual(39);
  });

  test('takes the 429s of one burst for one', async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(withoutSignals(clock), 40);
    const run = work(pacer, clock, 16, (at) => at < 2_000 || at > 2_400);
    await run.pass(4_500);
    // Half of 40 a second, not a sixteenth of a half.
    expect(run.between(3_500, 4_500)).toBeGreaterThanOrEqual(18);
  });

  test('asks ever less while the API takes nothing, and gives up after about three minutes', async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(withoutSignals(clock), null);
    const run = work(pacer, clock, 8, () => false);
    await run.pass(100_000);
    expect(pacer.isExhausted).toBe(false);
    // After pauses of 1, 2, 4, 8, 16 and 32 s each worker has asked once at most.
    expect(run.between(0, 100_000)).toBeLessThanOrEqual(7 * 8);
    await run.pass(200_000);
    expect(pacer.isExhausted).toBe(true);
  });

  test('waits at least as long as the API asks, also where a later answer of one burst asks for more', async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, null);
    const startedMs = await pacer.turn(signal);
    expect(pacer.limited(startedMs, 30_000)).toBe(30_000);
    expect(pacer.limited(startedMs, 30_000)).toBe(0);
    expect(pacer.limited(startedMs, 90_000)).toBe(90_000);
    let turns = 0;
    const waiting = pacer.turn(signal).then(() => {
      turns += 1;
    });
    clock.advance(89_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(turns).toBe(0);
    clock.advance(1);
    await waiting;
  });

  test('waits ten minutes at most, and a second where the API asks for less', async () => {
    const clock = new FakeClock();
    const startedMs = clock.now();
    expect(new Pacer(clock, null).limited(startedMs, 86_400_000)).toBe(600_000);
    expect(new Pacer(clock, null).limited(startedMs, 0)).toBe(1_000);
  });

  test('is never quicker after a 429 than the rate that was asked for', async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 0.02);
    pacer.limited(await pacer.turn(signal), null);
    clock.advance(60_000);
    await pacer.turn(signal);
    let turns = 0;
    const waiting = pacer.turn(signal).then(() => {
      turns += 1;
    });
    clock.advance(49_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(turns).toBe(0);
    clock.advance(1_000);
    await waiting;
  });

  test('does not wait for a time that a clock set back has put far away', async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 1);
    await pacer.turn(signal);
    clock.advance(-3_600_000);
    await pacer.turn(signal);
  });

  test('ends with the reason of its signal', async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock, 1);
    const stop = new AbortController();
    await pacer.turn(stop.signal);
    const waiting = pacer.turn(stop.signal);
    const reason = new Failure('interrupted', 'Interrupted');
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});
