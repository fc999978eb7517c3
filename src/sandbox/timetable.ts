import type { Clock } from '../clock.ts';
import { SteadyTime } from '../steady-time.ts';
import { type Due, DueQueue } from './due-queue.ts';

const MAX_CONCURRENT = 32;

/** Runs attempts at their time, a bounded number at once and never two of one delivery. */
export class Timetable {
  readonly #clock: Clock;
  readonly #time: SteadyTime;
  readonly #run: (due: Due, signal: AbortSignal) => Promise<void>;
  readonly #queue = new DueQueue();
  readonly #running = new Map<string, Promise<void>>();
  /** Due already, while an earlier attempt of the same delivery runs. */
  #held: readonly Due[] = [];
  readonly #closing = new AbortController();
  #alarm = new AbortController();
  #idleWaiters: (() => void)[] = [];

  /** `run` does not reject; its signal aborts when the timetable is closed. */
  constructor(clock: Clock, run: (due: Due, signal: AbortSignal) => Promise<void>) {
    this.#clock = clock;
    this.#time = new SteadyTime(clock);
    this.#run = run;
  }

  /** Attempts that wait for their time. */
  get backlog(): number {
    return this.#queue.size + this.#held.length;
  }

  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  isRunning(deliveryId: string): boolean {
    return this.#running.has(deliveryId);
  }

  /** Its time is by the clock, as it stands now. */
  add(due: Due): void {
    this.#queue.add({ ...due, atMs: this.#time.of(due.atMs) });
    this.#pump();
  }

  /** Resolves when nothing runs and nothing is due by now. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idleWaiters.push(resolve);
      this.#announceIdle();
    });
  }

  /** Starts nothing more, stops what runs, and waits for it. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#alarm.abort();
    await Promise.all(this.#running.values());
    this.#announceIdle();
  }

  #pump(): void {
    if (this.#closing.signal.aborted) return;
    while (this.#running.size < MAX_CONCURRENT) {
      const due = this.#queue.take(this.#time.now());
      if (!due) break;
      if (this.isRunning(due.deliveryId)) this.#held = [...this.#held, due];
      else this.#start(due);
    }
    this.#setAlarm();
    this.#announceIdle();
  }

  #start(due: Due): void {
    const run = this.#run(due, this.#closing.signal).then(() => {
      this.#running.delete(due.deliveryId);
      this.#release(due.deliveryId);
      this.#pump();
    });
    this.#running.set(due.deliveryId, run);
  }

  #release(deliveryId: string): void {
    const held = this.#held;
    this.#held = held.filter((due) => due.deliveryId !== deliveryId);
    for (const due of held) if (due.deliveryId === deliveryId) this.#queue.add(due);
  }

  #setAlarm(): void {
    this.#alarm.abort();
    const atMs = this.#queue.nextAtMs();
    if (atMs === undefined || this.#running.size >= MAX_CONCURRENT) return;
    this.#alarm = new AbortController();
    this.#clock.sleep(Math.max(0, atMs - this.#time.now()), this.#alarm.signal).then(
      () => {
        this.#time.reached(atMs);
        this.#pump();
      },
      () => undefined,
    );
  }

  #announceIdle(): void {
    const isDue = (this.#queue.nextAtMs() ?? Number.POSITIVE_INFINITY) <= this.#time.now();
    if (this.#running.size > 0 || (isDue && !this.#closing.signal.aborted)) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}
