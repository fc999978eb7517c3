import { expect, test } from 'vitest';
import { SteadyTime } from '../src/steady-time.ts';

const HOUR_MS = 3_600_000;

function bench() {
  let nowMs = 10 * HOUR_MS;
  const time = new SteadyTime({ now: () => nowMs });
  return {
    time,
    move: (ms: number): void => {
      nowMs += ms;
    },
  };
}

test('is the time of the clock while that goes on', () => {
  const { time, move } = bench();
  expect(time.now()).toBe(10 * HOUR_MS);
  move(HOUR_MS);
  expect([time.now(), time.of(12 * HOUR_MS)]).toEqual([11 * HOUR_MS, 12 * HOUR_MS]);
});

test('stands where the clock is set back, and goes on with it', () => {
  const { time, move } = bench();
  time.now();
  move(-2 * HOUR_MS);
  expect(time.now()).toBe(10 * HOUR_MS);
  move(5);
  expect(time.now()).toBe(10 * HOUR_MS + 5);
});

test('what is reckoned from a clock that was set back is as far away as it was meant to be', () => {
  const { time, move } = bench();
  time.now();
  move(-2 * HOUR_MS);
  expect(time.of(8 * HOUR_MS + 1_000) - time.now()).toBe(1_000);
});

test('a timer that has run out counts, whatever the clock says', () => {
  const { time, move } = bench();
  const dueMs = time.of(10 * HOUR_MS + 1_000);
  move(1_000 - 2 * HOUR_MS);
  time.reached(dueMs);
  expect(time.now()).toBe(dueMs);
});
