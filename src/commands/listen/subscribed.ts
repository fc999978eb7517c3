import type { Context } from '../../cli/context.ts';
import type { ReadyLine } from '../../listen/line.ts';
import { accent } from '../../terminal/view.ts';
import { openSubscription, type SubscribeWish, type Subscription } from './subscribe.ts';

/** The temporary subscriptions of one run of `listen`, if it wants any. */
export class Subscribed {
  readonly #context: Context;
  readonly #wish: SubscribeWish | null;
  readonly #path: string;
  readonly #lost = new AbortController();
  #subscription: Subscription | undefined;
  #closed: Promise<void> | undefined;

  constructor(context: Context, wish: SubscribeWish | null, path: string) {
    this.#context = context;
    this.#wish = wish;
    this.#path = path;
  }

  /** Aborts, with a Failure as reason, when no delivery can get here any more. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Once the socket accepts. They go as soon as the run is to end, beside what is still open. */
  async open({ port, url }: ReadyLine): Promise<void> {
    if (this.#wish === null) return;
    const { talk, signal } = this.#context;
    const { protocol, hostname } = new URL(url);
    const subscription = await openSubscription(this.#context, this.#wish, {
      origin: `${protocol}//${hostname}:${port}`,
      path: this.#path,
      onProblem: (message) => talk.warn(message),
    });
    this.#subscription = subscription;
    subscription.lost.addEventListener('abort', () => this.#lost.abort(subscription.lost.reason));
    signal.addEventListener('abort', () => void this.close());
    if (signal.aborted) return this.close();
    const { publicUrl, webhookIds } = subscription;
    const many =
      webhookIds.length === 1
        ? '1 temporary subscription delivers'
        : `${webhookIds.length} temporary subscriptions deliver`;
    talk.notice([`${many} to `, accent(publicUrl)]);
  }

  async close(): Promise<void> {
    this.#closed ??= this.#subscription?.close();
    await this.#closed;
  }
}
