import type { Clock } from '../../src/clock.ts';

/** A clock that stands still until told to go on. */
export function fakeClock(): Clock & { go(ms: number): void } {
  let now = 1_700_000_000_000;
  return {
    now: () => now,
    random: () => 0,
    sleep: () => Promise.reject(new Error('nothing here sleeps')),
    go(ms) {
      now += ms;
    },
  };
}
