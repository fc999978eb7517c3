import type { Context, Invoked } from '../../cli/context.ts';
import type { StreamItem } from '../../cli/define.ts';
import { Failure } from '../../errors.ts';
import type { HttpResponse } from '../../http.ts';
import type { View } from '../../terminal/view.ts';

/** Long past what anything here takes; a demo must never hang. */
const WAIT_MS = 8_000;
const PAUSE_MS = 50;
const MAX_ANSWER_BYTES = 1024 * 1024;

/** What a command gave. */
export interface Played {
  readonly data: unknown;
  readonly view: () => View;
}

/** A command that goes on in the background. */
export interface Playing {
  /** Its next event; throws Failure `condition_not_met` when none comes in time. */
  next(): Promise<Played>;
}

/** Where the demo plays: a folder, an environment and a signal of its own. */
export class Stage {
  readonly #context: Context;
  readonly #signal: AbortSignal;
  readonly #open: AsyncIterator<StreamItem>[] = [];
  #env: Context['env'];

  constructor(context: Context, folder: string, signal: AbortSignal) {
    this.#context = context;
    this.#signal = AbortSignal.any([context.signal, signal]);
    this.#env = { KYCGENIE_CONFIG_DIR: folder, KYCGENIE_NO_INPUT: '1' };
  }

  export(variables: Context['env']): void {
    this.#env = { ...this.#env, ...variables };
  }

  async run(argv: readonly string[]): Promise<Played> {
    const invoked = await this.#invoke(argv);
    if (invoked.kind === 'value') return invoked;
    throw new Failure('internal', `${argv.join(' ')} goes on`);
  }

  async open(argv: readonly string[]): Promise<Playing> {
    const invoked = await this.#invoke(argv);
    if (invoked.kind !== 'stream') throw new Failure('internal', `${argv.join(' ')} ends`);
    const items = invoked.items[Symbol.asyncIterator]();
    this.#open.push(items);
    return { next: () => this.#inTime(items.next().then(toPlayed), argv.join(' ')) };
  }

  /** Lets what goes on in the background end: the signal must have been aborted. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#open.map((items) => items.return?.()));
  }

  /** A request that is no command: what curl would do. */
  async post(url: URL, headers: readonly (readonly [string, string])[], body: string): Promise<HttpResponse> {
    const { createSend } = await import('../../http.ts');
    return createSend({ env: {} })({
      method: 'POST',
      url,
      headers: [['content-type', 'application/json'], ...headers],
      body: Buffer.from(body),
      timeoutMs: WAIT_MS,
      maxBodyBytes: MAX_ANSWER_BYTES,
      signal: this.#signal,
    });
  }

  /** Between two looks at something that is about to happen. */
  pause(): Promise<void> {
    return this.#context.clock.sleep(PAUSE_MS, this.#signal);
  }

  #invoke(argv: readonly string[]): Promise<Invoked> {
    return this.#context.invoke(argv, { env: this.#env, signal: this.#signal });
  }

  async #inTime<T>(work: Promise<T>, what: string): Promise<T> {
    const late = new AbortController();
    const alarm = this.#context.clock
      .sleep(WAIT_MS, AbortSignal.any([late.signal, this.#signal]))
      .then(() => {
        throw new Failure('condition_not_met', `${what} said nothing for ${WAIT_MS / 1000} s`);
      });
    try {
      return await Promise.race([work, alarm]);
    } finally {
      late.abort();
      alarm.catch(() => undefined);
    }
  }
}

function toPlayed({ value, done }: IteratorResult<StreamItem, unknown>): Played {
  if (done) throw new Failure('condition_not_met', 'It ended too early');
  return { data: value.data, view: () => value.view() ?? { kind: 'lines', lines: [] } };
}
