import type { Clock } from './clock.ts';

/**
 * Time for what is due later: as the clock says, but it never goes back. A clock that is set back by hours must not
 * put off by hours what was to wait for seconds.
 */
export class SteadyTime {
  readonly #clock: Pick<Clock, 'now'>;
  /** How far the clock is behind this time. */
  #behindMs = 0;
  #latestMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Milliseconds, never fewer than before. */
  now(): number {
    const readMs = this.#clock.now() + this.#behindMs;
    this.#behindMs += Math.max(0, this.#latestMs - readMs);
    this.#latestMs = Math.max(this.#latestMs, readMs);
    return this.#latestMs;
  }

  /** What a time that was just reckoned from the clock is in this time. */
  of(clockMs: number): number {
    this.now();
    return clockMs + this.#behindMs;
  }

  /** It is no earlier than this: a timer that was set for it has run out. */
  reached(steadyMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, steadyMs);
  }
}
