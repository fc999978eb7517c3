import type { Clock } from '../../clock.ts';
import { DEEP_PACE_MS, MIN_SWEEP_PAUSE_MS, PAGE_PACE_MS, QUICK_MS } from './bounds.ts';
import { withJitter } from './pager.ts';

/**
 * When to ask next. Time is the sum of the pauses, so that a clock that jumps or a machine that sleeps cannot
 * hurry or hold back anything.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #intervalMs: number;
  readonly #quickMs: number;
  #pauseMs: number;
  #elapsedMs = 0;
  #sweepAtMs = 0;
  #deepAtMs = 0;

  constructor(clock: Clock, signal: AbortSignal, intervalMs: number) {
    this.#clock = clock;
    this.#signal = signal;
    this.#intervalMs = intervalMs;
    this.#quickMs = Math.min(QUICK_MS, intervalMs);
    this.#pauseMs = this.#quickMs;
  }

  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  get isSweepDue(): boolean {
    return this.#elapsedMs >= this.#sweepAtMs;
  }

  get isDeepDue(): boolean {
    return this.#elapsedMs >= this.#deepAtMs;
  }

  swept(pages: number, wasDeep: boolean): void {
    this.#sweepAtMs = this.#elapsedMs + Math.max(MIN_SWEEP_PAUSE_MS, pages * PAGE_PACE_MS);
    if (wasDeep) this.#deepAtMs = this.#elapsedMs + Math.max(MIN_SWEEP_PAUSE_MS, pages * DEEP_PACE_MS);
  }

  /** Rests after a pass over so many pages: briefly after one that brought something, longer the longer it is quiet. */
  async rest(broughtSomething: boolean, pages: number): Promise<void> {
    const wishedMs = broughtSomething ? this.#quickMs * Math.max(1, pages) : this.#pauseMs * 2;
    this.#pauseMs = Math.min(this.#intervalMs, wishedMs);
    await this.#clock.sleep(withJitter(this.#pauseMs, this.#clock), this.#signal);
    this.#elapsedMs += this.#pauseMs;
  }
}
