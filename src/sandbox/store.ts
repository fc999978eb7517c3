import type { Secret } from '../secret.ts';
import { IDEMPOTENCY_RETENTION_MS } from './assumptions.ts';
import { DeliveryLog } from './delivery-log.ts';
import type { Change, KeptAnswer, Subscription } from './records.ts';

export const MAX_SUBSCRIPTIONS = 10_000;
/** Beyond this the oldest answers are forgotten before their time. */
const MAX_ANSWERS = 50_000;

/** Where changes are kept; resolves when they are on disk. */
export type Persist = (changes: readonly Change[]) => Promise<void>;

/**
 * The state of the sandbox. It changes at once in memory; what is answered to a caller waits for `synced`, so
 * that nobody is told what a crash could undo.
 */
export class Store {
  readonly subscriptions = new Map<string, Subscription>();
  readonly deliveries = new DeliveryLog();
  readonly #answers = new Map<string, KeptAnswer>();
  #apiKey: Secret | undefined;
  #persist: Persist | undefined;
  #synced: Promise<void> = Promise.resolve();

  /** From here on changes are handed to `persist`; what was applied before came from there. */
  persistTo(persist: Persist): void {
    this.#persist = persist;
  }

  get apiKey(): Secret | undefined {
    return this.#apiKey;
  }

  /** Applies changes together: after a crash all of them are there, or none. */
  commit(...changes: readonly Change[]): void {
    for (const change of changes) this.apply(change);
    if (!this.#persist) return;
    this.#synced = this.#persist(changes);
    // Whoever needs to know awaits `synced`; a change that nobody waits for must not end the process.
    this.#synced.catch(() => undefined);
  }

  /** Resolves when every change so far is on disk; throws Failure `store_unwritable` when one cannot be. */
  synced(): Promise<void> {
    return this.#synced;
  }

  apply(change: Change): void {
    switch (change.kind) {
      case 'api_key':
        this.#apiKey = change.apiKey;
        break;
      case 'subscription':
        this.subscriptions.set(change.subscription.id, change.subscription);
        break;
      case 'subscription_deleted':
        this.subscriptions.delete(change.id);
        break;
      case 'answer':
        this.#keep(change.answer);
        break;
      case 'event':
        this.deliveries.putEvent(change.event);
        break;
      case 'delivery':
        this.deliveries.put(change.delivery);
        break;
    }
  }

  answerTo(key: string, nowMs: number): KeptAnswer | undefined {
    const answer = this.#answers.get(key);
    return answer && isKept(answer, nowMs) ? answer : undefined;
  }

  #keep(answer: KeptAnswer): void {
    this.#answers.delete(answer.key);
    this.#answers.set(answer.key, answer);
    const [oldest] = this.#answers.keys();
    if (oldest !== undefined && this.#answers.size > MAX_ANSWERS) this.#answers.delete(oldest);
  }

  /** The shortest list of changes that leads to this state. */
  *snapshot(nowMs: number): Generator<Change> {
    if (this.#apiKey) yield { kind: 'api_key', apiKey: this.#apiKey };
    for (const subscription of this.subscriptions.values()) yield { kind: 'subscription', subscription };
    for (const answer of this.#answers.values()) if (isKept(answer, nowMs)) yield { kind: 'answer', answer };
    for (const event of this.deliveries.events()) yield { kind: 'event', event };
    for (const delivery of this.deliveries.all()) yield { kind: 'delivery', delivery };
  }
}

function isKept(answer: KeptAnswer, nowMs: number): boolean {
  return nowMs - answer.createdAtMs < IDEMPOTENCY_RETENTION_MS;
}
