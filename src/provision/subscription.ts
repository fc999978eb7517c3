import { isDeepStrictEqual } from 'node:util';
import type { Webhook } from '../api/wire.ts';

export type Filters = Readonly<Record<string, unknown>>;

/** What tells two subscriptions apart: an account may hold each once, and a manifest names each once. */
export interface Identity {
  readonly event_type: string;
  readonly webhook_url: string;
}

/** What a manifest may say of one, besides its identity. */
export interface Content {
  readonly description: string;
  readonly is_active: boolean;
  readonly filters: Filters;
}

/** A subscription as somebody wants it, in the API's own names. */
export type Subscription = Identity & Content;

export const keyOf = ({ event_type, webhook_url }: Identity): string =>
  JSON.stringify([event_type, webhook_url]);

/** Of a subscription in the account; what the API does not tell counts as what it is by default. */
export const contentOf = ({ description, is_active, filters }: Webhook): Content => ({
  description: description ?? '',
  is_active: is_active ?? true,
  filters: filters ?? {},
});

export const isSameContent = (one: Content, other: Content): boolean =>
  one.description === other.description &&
  one.is_active === other.is_active &&
  isDeepStrictEqual(one.filters, other.filters);

/** The oldest first; where the API does not tell their age, in the order of their ids. */
export function byAge(one: Webhook, other: Webhook): number {
  const ages = ageOf(one) - ageOf(other);
  if (ages !== 0 && !Number.isNaN(ages)) return ages;
  const [a, b] = [one.created_at ?? '', other.created_at ?? ''];
  if (a !== b && ages === 0) return a < b ? -1 : 1;
  return one.id < other.id ? -1 : 1;
}

const ageOf = ({ created_at }: Webhook): number =>
  created_at === null ? Number.POSITIVE_INFINITY : Date.parse(created_at);

/** The subscriptions by identity, each list the oldest first. */
export function byIdentity(webhooks: readonly Webhook[]): ReadonlyMap<string, readonly Webhook[]> {
  const groups = new Map<string, Webhook[]>();
  for (const webhook of [...webhooks].sort(byAge)) {
    const key = keyOf(webhook);
    const group = groups.get(key);
    if (group) group.push(webhook);
    else groups.set(key, [webhook]);
  }
  return groups;
}
