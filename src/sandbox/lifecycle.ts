import { randomUUID } from 'node:crypto';
import { EVENT_ID_PREFIX } from './assumptions.ts';
import type { Outcome } from './attempt.ts';
import type { Delivery, FiredEvent, Subscription } from './records.ts';

/** What becomes of deliveries and subscriptions: old state in, new state out. */

export function newEventId(): string {
  return `${EVENT_ID_PREFIX}${randomUUID().replaceAll('-', '')}`;
}

/**
 * The text that is delivered. Assumption: the provider documents no envelope; this one is the sandbox's own,
 * and marked as simulated.
 */
export function newEvent(
  id: string,
  eventType: string,
  data: Readonly<Record<string, unknown>>,
  createdAtMs: number,
): FiredEvent {
  const created_at = new Date(createdAtMs).toISOString();
  return { id, body: JSON.stringify({ id, event_type: eventType, created_at, data, simulated: true }) };
}

export interface Addressed {
  readonly seq: number;
  readonly eventId: string;
  readonly eventType: string;
  readonly subscriptionId: string | null;
  readonly webhookUrl: string;
  readonly createdAtMs: number;
}

/** A delivery before its first attempt. */
export function newDelivery(addressed: Addressed): Delivery {
  return {
    ...addressed,
    id: randomUUID(),
    status: 'pending',
    httpStatusCode: null,
    attemptNumber: 1,
    errorMessage: null,
    nextRetryAtMs: null,
    single: false,
  };
}

/** True while an attempt is still to come by itself. */
export function isOpen({ status }: Delivery): boolean {
  return status === 'pending' || status === 'retrying';
}

/** The number of the attempt that comes next. */
export function nextAttempt({ status, attemptNumber }: Delivery): number {
  return status === 'pending' ? attemptNumber : attemptNumber + 1;
}

/** Asked for by hand: pending again, under its old id. */
export function retried(delivery: Delivery): Delivery {
  return {
    ...delivery,
    status: 'pending',
    attemptNumber: delivery.attemptNumber + 1,
    nextRetryAtMs: null,
    single: !isOpen(delivery),
  };
}

/** Ended without another attempt. */
export function abandoned(delivery: Delivery, errorMessage: string): Delivery {
  return { ...delivery, status: 'failed', errorMessage, nextRetryAtMs: null };
}

/** Delivered, waiting for the next attempt of the schedule, or failed for good. */
export function attempted(
  delivery: Delivery,
  outcome: Outcome,
  scheduleMs: readonly number[],
  nowMs: number,
): Delivery {
  const attemptNumber = nextAttempt(delivery);
  const { httpStatusCode, errorMessage } = outcome;
  const ended = { ...delivery, attemptNumber, httpStatusCode, errorMessage, nextRetryAtMs: null };
  if (outcome.delivered) return { ...ended, status: 'delivered' };
  const waitMs = scheduleMs[attemptNumber - 1];
  if (waitMs === undefined || delivery.single || outcome.gone) return { ...ended, status: 'failed' };
  return { ...ended, status: 'retrying', nextRetryAtMs: nowMs + Math.max(waitMs, outcome.retryAfterMs) };
}

/** The subscription after an attempt; a receiver that is gone for good disables it. */
export function counted(subscription: Subscription, outcome: Outcome, nowMs: number): Subscription {
  const { stats } = subscription;
  return {
    ...subscription,
    isActive: subscription.isActive && !outcome.gone,
    updatedAtMs: outcome.gone ? nowMs : subscription.updatedAtMs,
    stats: {
      total_deliveries: stats.total_deliveries + 1,
      successful_deliveries: stats.successful_deliveries + (outcome.delivered ? 1 : 0),
      failed_deliveries: stats.failed_deliveries + (outcome.delivered ? 0 : 1),
    },
    lastTriggeredAtMs: nowMs,
  };
}
