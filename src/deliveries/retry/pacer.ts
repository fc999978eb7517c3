import type { Clock } from '../../clock.ts';

/** The first pause after a 429; each further one without a success between is twice as long, up to the cap. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
/** A longer wait that the API asks for is cut to this. */
const MAX_ASKED_PAUSE_MS = 600_000;
/** A pause that grows by less than this is the same one. */
const GROWTH_MS = 1_000;
/** So many pauses in a row, about three minutes, and the API is taken to be closed. */
const MAX_PAUSES_IN_A_ROW = 8;
/** Requests a second below which nothing is slowed down. */
const MIN_RATE = 0.1;
/** After so many successes in a row the rate grows by this factor. */
const RECOVERY_SUCCESSES = 10;
const RECOVERY_FACTOR = 1.25;
/** How much a timer that came late may be made up for. */
const CATCH_UP_MS = 20;
/** The pace of now is measured over so many requests. */
const MEASURED_REQUESTS = 32;

/**
 * When the next request may start: one for all workers, so that a 429 slows all of them down. The rate is halved
 * at each, and grows back as requests succeed.
 */
export class Pacer {
  readonly #clock: Clock;
  /** Requests a second that were asked for; infinite without. */
  readonly #ceiling: number;
  #rate: number;
  #nextMs = Number.NEGATIVE_INFINITY;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  /** A 429 to a request from before this says nothing new. */
  #slowedAtMs = Number.NEGATIVE_INFINITY;
  #pausesInARow = 0;
  #successes = 0;
  readonly #starts: number[] = [];

  /** @param ratePerSecond null: as quick as it goes. */
  constructor(clock: Clock, ratePerSecond: number | null) {
    this.#clock = clock;
    this.#ceiling = ratePerSecond ?? Number.POSITIVE_INFINITY;
    this.#rate = this.#ceiling;
  }

  /** True once the API has limited for so long that going on makes no sense. */
  get isExhausted(): boolean {
    return this.#pausesInARow >= MAX_PAUSES_IN_A_ROW;
  }

  /** Resolves, with the time, when a request may start. Rejects with the signal's reason. */
  async turn(signal: AbortSignal): Promise<number> {
    for (;;) {
      signal.throwIfAborted();
      const now = this.#clock.now();
      const waitMs = Math.max(this.#nextMs, this.#pausedUntilMs) - now;
      if (waitMs <= 0 || waitMs > MAX_ASKED_PAUSE_MS + this.#intervalMs()) return this.#start(now);
      await this.#clock.sleep(waitMs, signal);
    }
  }

  /** The wait is over; one that no pause explains comes from a clock that was set back. */
  #start(now: number): number {
    const dueMs = Math.min(now, Math.max(this.#nextMs, now - CATCH_UP_MS));
    this.#nextMs = dueMs + this.#intervalMs();
    this.#starts.push(now);
    if (this.#starts.length > MEASURED_REQUESTS) this.#starts.shift();
    return now;
  }

  succeeded(): void {
    this.#pausesInARow = 0;
    this.#successes += 1;
    if (this.#successes < RECOVERY_SUCCESSES) return;
    this.#successes = 0;
    this.#rate = Math.min(this.#ceiling, this.#rate * RECOVERY_FACTOR);
  }

  /**
   * A request that started at `startedMs` was answered 429: all pause, at least as long as the API asks, and then go
   * on at half the rate. Returns the milliseconds of a pause that is new or clearly longer than before, else 0.
   */
  limited(startedMs: number, retryAfterMs: number | null): number {
    const now = this.#clock.now();
    const askedMs = Math.min(MAX_ASKED_PAUSE_MS, retryAfterMs ?? 0);
    if (startedMs > this.#slowedAtMs) {
      const pauseMs = Math.max(askedMs, this.#slowDown(now));
      this.#pausedUntilMs = now + pauseMs;
      return pauseMs;
    }
    const growthMs = now + askedMs - this.#pausedUntilMs;
    if (growthMs <= 0) return 0;
    this.#pausedUntilMs += growthMs;
    return growthMs < GROWTH_MS ? 0 : askedMs;
  }

  /** How long to pause where the API does not ask for more. */
  #slowDown(now: number): number {
    const pauseMs = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#pausesInARow);
    const halved = Math.min(this.#rate, this.#measured()) / 2;
    this.#rate = Math.min(this.#ceiling, Math.max(MIN_RATE, halved));
    this.#pausesInARow += 1;
    this.#successes = 0;
    this.#slowedAtMs = now;
    return pauseMs;
  }

  #intervalMs(): number {
    return 1000 / this.#rate;
  }

  /** Requests a second of late. */
  #measured(): number {
    const [first] = this.#starts;
    const last = this.#starts.at(-1);
    if (first === undefined || last === undefined || last <= first) return Math.max(1, this.#starts.length);
    return ((this.#starts.length - 1) * 1000) / (last - first);
  }
}
