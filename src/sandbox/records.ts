import * as v from 'valibot';
import type { DeliveryStatus, WebhookStats } from '../api/wire.ts';
import { Secret } from '../secret.ts';

/** What the sandbox remembers, in memory and in its data folder. Times are milliseconds since the epoch. */

export interface SigningSecret {
  readonly secret: Secret;
  /** Null: the current one, signs for good. */
  readonly expiresAtMs: number | null;
}

export interface Subscription {
  readonly id: string;
  readonly eventType: string;
  readonly webhookUrl: string;
  readonly isActive: boolean;
  readonly description: string;
  readonly filters: Readonly<Record<string, unknown>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly stats: WebhookStats;
  readonly lastTriggeredAtMs: number | null;
  /** The current one first. */
  readonly secrets: readonly SigningSecret[];
}

/** One event on its way to one URL: an entry of the delivery log. */
export interface Delivery {
  readonly id: string;
  /** Counts up over all deliveries: the order of creation, and what a cursor names. */
  readonly seq: number;
  readonly eventId: string;
  readonly eventType: string;
  /** Null: sent without a subscription, by the test call or as seeded. */
  readonly subscriptionId: string | null;
  readonly webhookUrl: string;
  readonly status: DeliveryStatus;
  readonly httpStatusCode: number | null;
  /** The attempt that is pending, or the last one made. */
  readonly attemptNumber: number;
  readonly errorMessage: string | null;
  readonly createdAtMs: number;
  readonly nextRetryAtMs: number | null;
  /** True: this attempt is outside of the schedule, so that no other follows it by itself. */
  readonly single: boolean;
}

/** An event that was fired: the very text that every attempt sends. */
export interface FiredEvent {
  readonly id: string;
  readonly body: string;
}

/** The answer to a call with an Idempotency-Key. */
export interface KeptAnswer {
  readonly key: string;
  /** Of the call: the same key with another fingerprint is a conflict. */
  readonly fingerprint: string;
  readonly status: number;
  /** Holds a one-time secret. */
  readonly body: Secret;
  readonly createdAtMs: number;
}

export type Change =
  | { readonly kind: 'api_key'; readonly apiKey: Secret }
  | { readonly kind: 'subscription'; readonly subscription: Subscription }
  | { readonly kind: 'subscription_deleted'; readonly id: string }
  | { readonly kind: 'answer'; readonly answer: KeptAnswer }
  | { readonly kind: 'event'; readonly event: FiredEvent }
  | { readonly kind: 'delivery'; readonly delivery: Delivery };

/** A change as it is stored: its secrets in plain text. */
export function encodeChange(change: Change): unknown {
  switch (change.kind) {
    case 'api_key':
      return { ...change, apiKey: change.apiKey.reveal() };
    case 'answer':
      return { ...change, answer: { ...change.answer, body: change.answer.body.reveal() } };
    case 'subscription':
      return { ...change, subscription: encodeSubscription(change.subscription) };
    default:
      return change;
  }
}

function encodeSubscription(subscription: Subscription): unknown {
  const secrets = subscription.secrets.map((kept) => ({ ...kept, secret: kept.secret.reveal() }));
  return { ...subscription, secrets };
}

/** An object as JSON has them: no array, no null. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const secret = v.pipe(
  v.string(),
  v.transform((text) => new Secret(text)),
);

const subscription = v.object({
  id: v.string(),
  eventType: v.string(),
  webhookUrl: v.string(),
  isActive: v.boolean(),
  description: v.string(),
  filters: v.custom<Readonly<Record<string, unknown>>>(isJsonObject),
  createdAtMs: v.number(),
  updatedAtMs: v.number(),
  stats: v.object({
    total_deliveries: v.number(),
    successful_deliveries: v.number(),
    failed_deliveries: v.number(),
  }),
  lastTriggeredAtMs: v.nullable(v.number()),
  secrets: v.array(v.object({ secret, expiresAtMs: v.nullable(v.number()) })),
});

const delivery = v.object({
  id: v.string(),
  seq: v.pipe(v.number(), v.safeInteger()),
  eventId: v.string(),
  eventType: v.string(),
  subscriptionId: v.nullable(v.string()),
  webhookUrl: v.string(),
  status: v.picklist(['pending', 'delivered', 'failed', 'retrying']),
  httpStatusCode: v.nullable(v.number()),
  attemptNumber: v.number(),
  errorMessage: v.nullable(v.string()),
  createdAtMs: v.number(),
  nextRetryAtMs: v.nullable(v.number()),
  single: v.boolean(),
});

const answer = v.object({
  key: v.string(),
  fingerprint: v.string(),
  status: v.number(),
  body: secret,
  createdAtMs: v.number(),
});

const change = v.variant('kind', [
  v.object({ kind: v.literal('api_key'), apiKey: secret }),
  v.object({ kind: v.literal('subscription'), subscription }),
  v.object({ kind: v.literal('subscription_deleted'), id: v.string() }),
  v.object({ kind: v.literal('answer'), answer }),
  v.object({ kind: v.literal('event'), event: v.object({ id: v.string(), body: v.string() }) }),
  v.object({ kind: v.literal('delivery'), delivery }),
]);

const changes = v.array(change);

/** The changes of one stored record, or null when it is none. */
export function decodeChanges(record: unknown): readonly Change[] | null {
  const parsed = v.safeParse(changes, record);
  return parsed.success ? parsed.output : null;
}
