import type { Keeping } from '../../src/provision/keeping.ts';

/** What a killed process does not get to see. */
class Killed extends Error {}

/** A process that dies right before or right after its n-th step: from then on it does nothing any more. */
export class Life {
  readonly #stepsLeft: number;
  readonly #diesAfterIt: boolean;
  #steps = 0;
  #isOver = false;

  /** Halves: it dies before step `half / 2`, or after it where `half` is odd. */
  constructor(half: number) {
    this.#stepsLeft = Math.floor(half / 2);
    this.#diesAfterIt = half % 2 === 1;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The same means of a process, each call of which is a step. */
  keeping(keeping: Keeping): Keeping {
    const { api, secrets, journal } = keeping;
    return {
      ...keeping,
      api: this.#watch(api),
      secrets: this.#watch(secrets),
      journal: this.#watch(journal),
    };
  }

  #watch<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value === 'object' && value !== null) return this.#watch(value);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => this.#step(() => value.apply(target, args));
      },
    });
  }

  #step(work: () => unknown): unknown {
    const isLast = this.#steps++ === this.#stepsLeft;
    if (this.#isOver || (isLast && !this.#diesAfterIt)) this.#die();
    const result = work();
    if (result instanceof Promise) return result.finally(() => this.#checkAfter(isLast));
    this.#checkAfter(isLast);
    return result;
  }

  #checkAfter(isLast: boolean): void {
    if (this.#isOver || isLast) this.#die();
  }

  #die(): never {
    this.#isOver = true;
    throw new Killed('Killed');
  }
}

/** Runs `work` in processes that die at every step of it in turn, until one gets through. */
export async function atEveryStep(
  keeping: Keeping,
  work: (keeping: Keeping) => Promise<unknown>,
  afterwards: (half: number) => Promise<void>,
): Promise<number> {
  for (let half = 0; ; half += 1) {
    const life = new Life(half);
    const result = await work(life.keeping(keeping)).catch((error: unknown) => error);
    if (!life.isOver) {
      if (result instanceof Error) throw result;
      return half;
    }
    await afterwards(half);
  }
}
