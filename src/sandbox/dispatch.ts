import { samplePayload } from '../events/payloads.ts';
import { attempt, type Outcome, type Sending } from './attempt.ts';
import type { Due } from './due-queue.ts';
import * as lifecycle from './lifecycle.ts';
import { type Notify, problemNotice } from './notices.ts';
import type { Change, Delivery, FiredEvent, Subscription } from './records.ts';
import { signingSecrets } from './secrets.ts';
import { iso, isoOrNull } from './shapes.ts';
import type { Store } from './store.ts';
import { Timetable } from './timetable.ts';

export interface DispatchOptions extends Sending {
  readonly store: Store;
  readonly retryScheduleMs: readonly number[];
  readonly random: () => number;
  readonly notify: Notify;
}

export interface Fired {
  readonly event: FiredEvent;
  readonly deliveries: readonly Delivery[];
}

/** Makes every delivery at its time: new ones at once, failed ones on the schedule, across restarts. */
export class Dispatcher {
  readonly #options: DispatchOptions;
  readonly timetable: Timetable;

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.timetable = new Timetable(options.clock, (due, signal) => this.#run(due, signal));
  }

  /** Takes up what an earlier run left open. */
  resume(): void {
    for (const delivery of this.#options.store.deliveries.all())
      if (lifecycle.isOpen(delivery)) this.#enqueue(delivery);
  }

  /** Delivers an event to every active subscription that wants it; made-up data where none is given. */
  fire(eventType: string, data?: Readonly<Record<string, unknown>>): Fired {
    const { store, clock, notify } = this.#options;
    const createdAtMs = clock.now();
    const event = lifecycle.newEvent(
      lifecycle.newEventId(),
      eventType,
      data ?? this.#sample(eventType),
      createdAtMs,
    );
    const seq = store.deliveries.nextSeq();
    const deliveries = subscribersOf(store, eventType).map(({ id, webhookUrl }, index) =>
      lifecycle.newDelivery({
        seq: seq + index,
        eventId: event.id,
        eventType,
        subscriptionId: id,
        webhookUrl,
        createdAtMs,
      }),
    );
    if (deliveries.length > 0) store.commit({ kind: 'event', event }, ...deliveries.map(changeOf));
    notify({
      type: 'event',
      at: iso(createdAtMs),
      id: event.id,
      event_type: eventType,
      deliveries: deliveries.length,
    });
    for (const delivery of deliveries) this.#enqueue(delivery);
    return { event, deliveries };
  }

  /** One more attempt of a delivery that is not under way, now. */
  retry(delivery: Delivery): void {
    const next = lifecycle.retried(delivery);
    this.#options.store.commit(changeOf(next));
    this.#enqueue(next);
  }

  /** A test event, sent while the caller waits. Throws the signal's reason. */
  async test(webhookUrl: string, signal: AbortSignal): Promise<Outcome> {
    const { store, clock } = this.#options;
    const createdAtMs = clock.now();
    const eventType = 'test';
    const event = lifecycle.newEvent(lifecycle.newEventId(), eventType, this.#sample(eventType), createdAtMs);
    const secrets = signingSecrets(subscriptionAt(store, webhookUrl), createdAtMs);
    const either = AbortSignal.any([signal, this.timetable.signal]);
    const outcome = await attempt(this.#options, event, { webhookUrl, secrets }, either);
    const seq = store.deliveries.nextSeq();
    const pending = lifecycle.newDelivery({
      seq,
      eventId: event.id,
      eventType,
      subscriptionId: null,
      webhookUrl,
      createdAtMs,
    });
    const delivery = lifecycle.attempted(pending, outcome, [], clock.now());
    store.commit({ kind: 'event', event }, changeOf(delivery));
    this.#report(delivery, outcome.durationMs);
    return outcome;
  }

  #enqueue(delivery: Delivery): void {
    const attemptNumber = lifecycle.nextAttempt(delivery);
    const atMs = delivery.nextRetryAtMs ?? this.#options.clock.now();
    this.timetable.add({ deliveryId: delivery.id, attemptNumber, atMs });
  }

  async #run(due: Due, signal: AbortSignal): Promise<void> {
    const { store, clock, notify } = this.#options;
    try {
      // Nobody hears of an event that a crash could still undo.
      await store.synced();
      const delivery = store.deliveries.get(due.deliveryId);
      if (!delivery || !isStillDue(delivery, due)) return;
      await this.#deliver(delivery, signal);
    } catch (error) {
      if (signal.aborted) return;
      notify(problemNotice(error, 'A delivery failed inside the sandbox', clock.now()));
    }
  }

  async #deliver(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#options;
    const subscription = store.subscriptions.get(delivery.subscriptionId ?? '');
    const reason = delivery.single ? undefined : reasonToStop(delivery, subscription);
    if (reason !== undefined) {
      this.#settle(lifecycle.abandoned(delivery, reason), [], 0);
      return;
    }
    const secrets = signingSecrets(subscription, clock.now());
    const target = { webhookUrl: delivery.webhookUrl, secrets };
    const outcome = await attempt(this.#options, this.#eventOf(delivery), target, signal);
    const next = lifecycle.attempted(delivery, outcome, this.#options.retryScheduleMs, clock.now());
    this.#settle(next, this.#count(delivery, outcome), outcome.durationMs);
  }

  /** The subscription as it is now, after the attempt: it may have been changed meanwhile. */
  #count(delivery: Delivery, outcome: Outcome): readonly Change[] {
    const { store, clock, notify } = this.#options;
    const subscription = store.subscriptions.get(delivery.subscriptionId ?? '');
    if (!subscription) return [];
    const next = lifecycle.counted(subscription, outcome, clock.now());
    if (subscription.isActive && !next.isActive) {
      const { id, webhookUrl } = subscription;
      notify({ type: 'disabled', at: iso(clock.now()), webhook_id: id, webhook_url: webhookUrl });
    }
    return [{ kind: 'subscription', subscription: next }];
  }

  #settle(delivery: Delivery, others: readonly Change[], durationMs: number): void {
    this.#options.store.commit(...others, changeOf(delivery));
    this.#report(delivery, durationMs);
    if (lifecycle.isOpen(delivery)) this.#enqueue(delivery);
  }

  #report(delivery: Delivery, durationMs: number): void {
    this.#options.notify({
      type: 'attempt',
      at: iso(this.#options.clock.now()),
      log_id: delivery.id,
      event_id: delivery.eventId,
      event_type: delivery.eventType,
      webhook_id: delivery.subscriptionId,
      webhook_url: delivery.webhookUrl,
      attempt_number: delivery.attemptNumber,
      status: delivery.status,
      http_status_code: delivery.httpStatusCode,
      error_message: delivery.errorMessage,
      next_retry_at: isoOrNull(delivery.nextRetryAtMs),
      duration_ms: durationMs,
    });
  }

  /** Seeded deliveries get their event when it is first sent: then it stays the same. */
  #eventOf(delivery: Delivery): FiredEvent {
    const { store } = this.#options;
    const known = store.deliveries.eventOf(delivery);
    if (known) return known;
    const { eventId, eventType, createdAtMs } = delivery;
    const event = lifecycle.newEvent(eventId, eventType, this.#sample(eventType), createdAtMs);
    store.commit({ kind: 'event', event });
    return event;
  }

  #sample(eventType: string): Readonly<Record<string, unknown>> {
    return samplePayload(eventType, this.#options.random, this.#options.clock.now());
  }
}

const changeOf = (delivery: Delivery): Change => ({ kind: 'delivery', delivery });

function subscribersOf(store: Store, eventType: string): readonly Subscription[] {
  return [...store.subscriptions.values()].filter(
    (subscription) =>
      subscription.isActive && (subscription.eventType === eventType || subscription.eventType === 'all'),
  );
}

/** Whose secret signs a test call: an active subscription with this URL, or else any. */
function subscriptionAt(store: Store, webhookUrl: string): Subscription | undefined {
  const there = [...store.subscriptions.values()].filter((candidate) => candidate.webhookUrl === webhookUrl);
  return there.find(({ isActive }) => isActive) ?? there[0];
}

/** False for what a retry by hand has overtaken. */
function isStillDue(delivery: Delivery, due: Due): boolean {
  return lifecycle.isOpen(delivery) && lifecycle.nextAttempt(delivery) === due.attemptNumber;
}

function reasonToStop(delivery: Delivery, subscription: Subscription | undefined): string | undefined {
  if (delivery.subscriptionId === null) return undefined;
  if (!subscription) return 'The webhook was deleted before this delivery';
  return subscription.isActive ? undefined : 'The webhook was disabled before this delivery';
}
