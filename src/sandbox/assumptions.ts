/**
 * What is not known of the provider, and what this sandbox does in its place. Nothing here is a statement about
 * the provider. Sources: Standard Webhooks 1.0 and Svix where they say something, else a plain choice of our own.
 *
 * Smaller choices, one sentence each:
 * - Event types outside of the reference are refused, in subscriptions and in fired events.
 * - Two subscriptions may have the same event type and URL.
 * - `page_size` over 100 is clipped; a page beyond the last one is empty.
 * - `prev_cursor` leads back with the query parameter `before`.
 * - Statistics count attempts, not deliveries; `last_triggered_at` is the time of the last attempt.
 * - A deleted or disabled subscription ends its pending deliveries as failed.
 * - A retry goes to the URL of its log entry; where the subscription is gone, a passing secret signs it.
 * - A retry of an ended delivery is one attempt; of a delivery that still retries, one more in its schedule.
 * - The test call leaves a log entry and does not touch statistics.
 * - All deliveries of one event carry the same id.
 */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Waits after the first, immediate attempt. Source: Standard Webhooks, "retries". */
export const RETRY_SCHEDULE_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

/** For one attempt, answer included. Source: Svix. */
export const DELIVERY_TIMEOUT_MS = 15 * SECOND_MS;
/** A receiver's `Retry-After` beyond this is cut to it. */
export const MAX_RETRY_AFTER_MS = 24 * HOUR_MS;
/** How long a rotated secret signs beside the new one. */
export const SECRET_GRACE_MS = 24 * HOUR_MS;
/** How long the answer to an Idempotency-Key is repeated. */
export const IDEMPOTENCY_RETENTION_MS = 24 * HOUR_MS;

/** Codes of the error envelope that the provider is not known to use. */
export const ASSUMED_CODES = {
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'payload_too_large',
  429: 'rate_limited',
  500: 'internal_error',
  503: 'service_unavailable',
} as const;

/** Ids of events, which are the ids of their deliveries too. */
export const EVENT_ID_PREFIX = 'evt_';
