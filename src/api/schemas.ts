import * as v from 'valibot';
import type { LogEntry } from './wire.ts';
import { areWholeEntries } from './whole-entries.ts';

/** The answers of the API as validators. What may be missing becomes null; a wrong type is an error. */

/** Deeper values are refused: they overflow the stack of whoever prints them. */
const MAX_DEPTH = 50;
/** A secret is short visible text; what else it may be is not documented. */
const MAX_SECRET_CHARS = 4_096;

/** `2026-01-19T10:30:00.123456+00:00`: a `T` or a space, any number of sub-second digits, an offset or none. */
const INSTANT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?(Z|[+-]\d\d:?\d\d)?$/i;

/** What most times look like, and all are to become. */
const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/**
 * The instant in UTC with `Z`, its sub-second digits kept; null for anything else. A time without an offset is
 * taken as UTC: an assumption, no documented time lacks one.
 */
export function toUtc(text: string): string | null {
  if (UTC.test(text)) return Number.isNaN(Date.parse(text)) ? null : text;
  const [, day, time, digits, zone = 'Z'] = INSTANT.exec(text) ?? [];
  if (day === undefined || time === undefined) return null;
  const colon = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const instant = new Date(`${day}T${time}${colon}`);
  if (Number.isNaN(instant.getTime())) return null;
  const seconds = instant.toISOString().slice(0, -'.000Z'.length);
  return digits === undefined ? `${seconds}Z` : `${seconds}.${digits}Z`;
}

/** Whether a value from JSON is nested less deep than MAX_DEPTH; walks without recursion. */
export function isShallow(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= MAX_DEPTH) return false;
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
  return true;
}

const nullableText = v.nullish(v.string(), null);
const count = v.pipe(v.number(), v.integer());
const instant = v.pipe(
  v.string(),
  v.rawTransform<string, string>(({ dataset, addIssue, NEVER }) => {
    const utc = toUtc(dataset.value);
    if (utc !== null) return utc;
    addIssue({ expected: 'an ISO 8601 time' });
    return NEVER;
  }),
);
const nullableInstant = v.nullish(instant, null);

const stats = v.object({ total_deliveries: count, successful_deliveries: count, failed_deliveries: count });

const filters = v.pipe(
  v.record(v.string(), v.unknown()),
  v.check((value) => isShallow(value)),
);

/** `stats` that lack a number count as not said. */
export const webhook = v.object({
  id: v.string(),
  event_type: v.string(),
  webhook_url: v.string(),
  is_active: v.nullish(v.boolean(), null),
  description: nullableText,
  filters: v.nullish(filters, null),
  created_at: nullableInstant,
  updated_at: nullableInstant,
  stats: v.fallback(v.nullish(stats, null), null),
  last_triggered_at: nullableInstant,
});

export const webhookList = {
  v1: v.pipe(
    v.object({ webhooks: v.array(webhook) }),
    v.transform(({ webhooks }) => webhooks),
  ),
  v2: v.pipe(
    v.object({ results: v.array(webhook) }),
    v.transform(({ results }) => results),
  ),
} as const;

const logEntry = v.object({
  id: v.string(),
  event_type: v.string(),
  webhook_url: v.string(),
  status: v.string(),
  http_status_code: v.nullish(count, null),
  attempt_number: v.nullish(count, null),
  error_message: nullableText,
  created_at: instant,
  next_retry_at: nullableInstant,
});

const numbering = { total: v.nullish(count, null), page_size: v.nullish(count, null) };
const continuation = { has_more: v.nullish(v.boolean(), false), next_cursor: nullableText };

export const logPageV1 = v.object({ logs: v.array(logEntry), ...numbering });
export const logPageV2 = v.object({ results: v.array(logEntry), ...continuation });

/** The same for pages whose entries need no change, looked at in a tenth of the time. */
const wholeEntries = v.custom<readonly LogEntry[]>(areWholeEntries);
export const wholeLogPageV1 = v.object({ logs: wholeEntries, ...numbering });
export const wholeLogPageV2 = v.object({ results: wholeEntries, ...continuation });

const secret = v.pipe(v.string(), v.nonEmpty(), v.maxLength(MAX_SECRET_CHARS), v.check(isVisible));

/** Compiled here: a pattern with Unicode properties would cost every start a millisecond. */
function isVisible(text: string): boolean {
  return !/[\p{C}\s]/u.test(text);
}

/** Null where the answer names no readable secret: the caller says what that means. */
const readableSecret = v.fallback(v.nullish(secret, null), null);

/** One published sample reads `id` in place of `webhook_id`: both are. */
export const created = v.object({
  webhook_id: v.fallback(nullableText, null),
  id: v.fallback(nullableText, null),
  event_type: v.fallback(nullableText, null),
  webhook_url: v.fallback(nullableText, null),
  message: v.fallback(nullableText, null),
  secret_key: readableSecret,
});

export const rotated = v.object({ secret_key: readableSecret, message: v.fallback(nullableText, null) });

export const acknowledged = v.object({ message: v.fallback(nullableText, null) });

export const tested = v.object({
  success: v.boolean(),
  message: nullableText,
  http_status_code: v.nullish(count, null),
});

const receiverStatus = v.object({ http_status_code: v.nullish(count, null) });

/** The documented 502 of the test call; its code is in `error`, or in `code` beside the receiver's status. */
export const testRefused = v.union([
  v.object({
    error: v.literal('server_error'),
    message: nullableText,
    details: v.nullish(receiverStatus, null),
  }),
  v.pipe(
    v.object({
      code: v.literal('server_error'),
      error: nullableText,
      details: v.object({ http_status_code: count }),
    }),
    v.transform(({ error, details }) => ({ message: error, details })),
  ),
]);
