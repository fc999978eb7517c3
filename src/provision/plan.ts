import { isDeepStrictEqual } from 'node:util';
import type { Webhook } from '../api/wire.ts';
import {
  byIdentity,
  type Content,
  contentOf,
  type Identity,
  keyOf,
  type Subscription,
} from './subscription.ts';

export interface Change<T> {
  readonly from: T;
  readonly to: T;
}

/** The fields that are not what they are to be. */
export type Changes = { readonly [Field in keyof Content]?: Change<Content[Field]> };

export interface Update extends Identity {
  readonly id: string;
  readonly changes: Changes;
}

export interface Deletion extends Identity {
  readonly id: string;
  /** The older subscription that stays in its place; null for one that the manifest does not name. */
  readonly duplicate_of: string | null;
}

export interface Unchanged extends Identity {
  readonly id: string;
  /** False: the manifest says nothing of it, and it stays. */
  readonly in_manifest: boolean;
  readonly duplicate_of: string | null;
}

/** What takes an account to what a manifest says. The arrays are in the order of the manifest, then of age. */
export interface Plan {
  readonly create: readonly Subscription[];
  readonly update: readonly Update[];
  readonly delete: readonly Deletion[];
  readonly unchanged: readonly Unchanged[];
}

interface PlanOptions {
  /** Deletes what the manifest does not name, and of duplicates all but the oldest. */
  readonly prune: boolean;
}

/** Compares without asking anybody. Where an account has an identity several times, the oldest counts. */
export function makePlan(
  wanted: readonly Subscription[],
  account: readonly Webhook[],
  { prune }: PlanOptions,
): Plan {
  const there = byIdentity(account);
  const create: Subscription[] = [];
  const update: Update[] = [];
  const surplus: Unchanged[] = [];
  const unchanged: Unchanged[] = [];
  for (const subscription of wanted) {
    const [oldest, ...younger] = there.get(keyOf(subscription)) ?? [];
    if (!oldest) {
      create.push(subscription);
      continue;
    }
    const changes = changesOf(oldest, subscription);
    if (Object.keys(changes).length > 0) update.push({ ...named(oldest), changes });
    else unchanged.push({ ...named(oldest), in_manifest: true, duplicate_of: null });
    for (const one of younger) surplus.push({ ...named(one), in_manifest: true, duplicate_of: oldest.id });
  }
  surplus.push(...unnamed(wanted, there));
  return {
    create,
    update,
    delete: prune ? surplus.map(({ in_manifest: _said, ...deletion }) => deletion) : [],
    unchanged: prune ? unchanged : [...unchanged, ...surplus],
  };
}

function* unnamed(
  wanted: readonly Subscription[],
  there: ReadonlyMap<string, readonly Webhook[]>,
): Generator<Unchanged> {
  const names = new Set(wanted.map(keyOf));
  for (const [key, webhooks] of there) {
    if (names.has(key)) continue;
    for (const webhook of webhooks) yield { ...named(webhook), in_manifest: false, duplicate_of: null };
  }
}

const named = ({ id, event_type, webhook_url }: Webhook) => ({ id, event_type, webhook_url });

/** What the API does not tell is not changed. */
function changesOf(webhook: Webhook, wanted: Subscription): Changes {
  const { description, is_active, filters } = contentOf(webhook);
  return {
    ...(description !== wanted.description && {
      description: { from: description, to: wanted.description },
    }),
    ...(webhook.is_active !== null &&
      is_active !== wanted.is_active && { is_active: { from: is_active, to: wanted.is_active } }),
    ...(!isDeepStrictEqual(filters, wanted.filters) && { filters: { from: filters, to: wanted.filters } }),
  };
}
