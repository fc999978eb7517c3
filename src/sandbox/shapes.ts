import type { ApiVersion, LogEntry, Webhook } from '../api/wire.ts';
import type { Page } from './delivery-log.ts';
import type { Delivery, Subscription } from './records.ts';

/** Stored records as the API shows them. Source: the response bodies of the Webhooks API reference. */

/** `2026-01-19T10:30:00.000Z`, as lists have it. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export function isoOrNull(ms: number | null): string | null {
  return ms === null ? null : iso(ms);
}

/** `2026-01-19T10:30:00.123000+00:00`, as the detail call has it. */
function isoWithMicroseconds(ms: number): string {
  return `${iso(ms).slice(0, -1)}000+00:00`;
}

/** The answer of the list call. */
export function webhookList(version: ApiVersion, subscriptions: readonly Subscription[]): unknown {
  if (version === 'v1') return { webhooks: subscriptions.map(listedInV1) };
  return { count: subscriptions.length, results: subscriptions.map(listedInV2) };
}

function listedInV1({ id, eventType, webhookUrl, isActive, description, stats }: Subscription) {
  return { id, event_type: eventType, webhook_url: webhookUrl, is_active: isActive, description, stats };
}

function listedInV2(subscription: Subscription): Omit<Webhook, 'updated_at'> {
  const { stats, ...fields } = listedInV1(subscription);
  return {
    ...fields,
    filters: subscription.filters,
    created_at: iso(subscription.createdAtMs),
    stats,
    last_triggered_at: isoOrNull(subscription.lastTriggeredAtMs),
  };
}

/** The answer of the detail call, the same in both versions. */
export function webhookDetail(subscription: Subscription): Webhook {
  const { stats, ...fields } = listedInV1(subscription);
  const { filters, createdAtMs, updatedAtMs, lastTriggeredAtMs } = subscription;
  return {
    ...fields,
    filters,
    created_at: isoWithMicroseconds(createdAtMs),
    updated_at: isoWithMicroseconds(updatedAtMs),
    stats,
    last_triggered_at: lastTriggeredAtMs === null ? null : isoWithMicroseconds(lastTriggeredAtMs),
  };
}

function logEntry(delivery: Delivery): LogEntry {
  return {
    id: delivery.id,
    event_type: delivery.eventType,
    webhook_url: delivery.webhookUrl,
    status: delivery.status,
    http_status_code: delivery.httpStatusCode,
    attempt_number: delivery.attemptNumber,
    error_message: delivery.errorMessage,
    created_at: iso(delivery.createdAtMs),
    next_retry_at: isoOrNull(delivery.nextRetryAtMs),
  };
}

export function numberedPage(page: Page, total: number, number: number, size: number): unknown {
  return { total, page: number, page_size: size, logs: page.deliveries.map(logEntry) };
}

export function cursorPage({ deliveries, newer, older }: Page): unknown {
  const first = deliveries.at(0);
  const last = deliveries.at(-1);
  return {
    has_more: older,
    next_cursor: older && last ? encodeCursor(last.seq) : null,
    prev_cursor: newer && first ? encodeCursor(first.seq) : null,
    results: deliveries.map(logEntry),
  };
}

/** Opaque to clients; in the form of the reference's sample. */
function encodeCursor(seq: number): string {
  return Buffer.from(JSON.stringify({ id: seq })).toString('base64');
}

/** The number a cursor names; undefined when it is none of ours. */
export function decodeCursor(cursor: string): number | undefined {
  const [, digits] = /^\{"id":(\d{1,15})\}$/.exec(Buffer.from(cursor, 'base64').toString('latin1')) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
