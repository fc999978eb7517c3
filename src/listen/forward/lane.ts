import type { Clock } from '../../clock.ts';
import { SteadyTime } from '../../steady-time.ts';
import { DueQueue } from './due-queue.ts';

/** Runs items at their time, a bounded number at once. One slow app has a lane of its own, and holds up no other. */
export class Lane<T> {
  readonly #clock: Clock;
  readonly #time: SteadyTime;
  readonly #maxRunning: number;
  readonly #run: (item: T) => Promise<void>;
  readonly #queue = new DueQueue<T>();
  readonly #running = new Set<Promise<void>>();
  #alarm: { readonly atMs: number; readonly off: AbortController } | null = null;
  #isStopped = false;

  /** `run` does not reject. */
  constructor(clock: Clock, maxRunning: number, run: (item: T) => Promise<void>) {
    this.#clock = clock;
    this.#time = new SteadyTime(clock);
    this.#maxRunning = maxRunning;
    this.#run = run;
  }

  /** Waiting and running. */
  get size(): number {
    return this.#queue.size + this.#running.size;
  }

  /** @param atMs by the clock, as it stands now */
  add(item: T, atMs: number): void {
    this.#queue.add(item, this.#time.of(atMs));
    this.#pump();
  }

  /** Starts nothing more; resolves when nothing runs. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#setAlarm(undefined);
    await Promise.all(this.#running);
  }

  #pump(): void {
    if (this.#isStopped) return;
    while (this.#running.size < this.#maxRunning) {
      const item = this.#queue.take(this.#time.now());
      if (item === undefined) break;
      this.#start(item);
    }
    // With all places taken the end of a run is what to wait for.
    this.#setAlarm(this.#running.size < this.#maxRunning ? this.#queue.nextAtMs() : undefined);
  }

  #start(item: T): void {
    const run = this.#run(item).then(() => {
      this.#running.delete(run);
      this.#pump();
    });
    this.#running.add(run);
  }

  #setAlarm(atMs: number | undefined): void {
    if (atMs === this.#alarm?.atMs) return;
    this.#alarm?.off.abort();
    this.#alarm = null;
    if (atMs === undefined) return;
    const alarm = { atMs, off: new AbortController() };
    this.#alarm = alarm;
    this.#clock.sleep(Math.max(0, atMs - this.#time.now()), alarm.off.signal).then(
      () => {
        this.#time.reached(atMs);
        this.#alarm = null;
        this.#pump();
      },
      () => undefined,
    );
  }
}
