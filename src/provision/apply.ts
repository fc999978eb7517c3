import type { CreatedWebhook } from '../api/client.ts';
import type { NewWebhook } from '../api/wire.ts';
import { ApiFailure, Failure } from '../errors.ts';
import { Breaker } from './apply/breaker.ts';
import { withdrawDoubles } from './apply/doubles.ts';
import { createOnce } from './earlier.ts';
import type { Keeping } from './keeping.ts';
import type { Deletion, Plan, Update } from './plan.ts';
import type { Recovery } from './recover.ts';
import type { Subscription } from './subscription.ts';
import { sideBySide } from './temporary/side-by-side.ts';

/** What became of one item of a plan. */
export interface Outcome<Item, Status extends string> {
  readonly item: Item;
  readonly status: Status | 'failed';
  /** Null where it failed before there was one. */
  readonly id: string | null;
  /** Why it failed, null otherwise. */
  readonly error: unknown;
}

/** `withdrawn`: somebody else subscribed the same meanwhile, so this one was deleted again. */
export type Creation<Handed> = Outcome<Subscription, 'created' | 'withdrawn'> & {
  /** What `onCreated` made of the secret; null where there was none. */
  readonly handed: Handed | null;
};

/** `gone`: it was there no more. */
export type Removal = Outcome<Deletion, 'deleted' | 'gone'>;

export interface Applied<Handed> {
  readonly create: readonly Creation<Handed>[];
  readonly update: readonly Outcome<Update, 'updated'>[];
  readonly delete: readonly Removal[];
  /** Identities that are in the account twice now, since somebody else was at work; their URLs and types. */
  readonly doubled: readonly Subscription[];
}

export interface Applying<Handed> {
  readonly keeping: Keeping;
  readonly plan: Plan;
  /** Of calls that earlier runs left open and that could not be finished: they are repeated, not doubled. */
  readonly recoveries: Recovery[];
  /** Calls at a time. */
  readonly concurrency: number;
  /** Asked before each call that changes something; throws where this run must not go on. */
  readonly mayWrite: () => Promise<void>;
  /** Gets each new subscription with its secret, which is in the store by then. */
  readonly onCreated: (created: CreatedWebhook) => Promise<Handed>;
  /** One item of the plan is over. */
  readonly onDone: () => void;
}

/**
 * Creates and updates first, deletes last. An item that fails is reported, and the rest is done; but what a failed
 * create was to replace is kept. After an interruption the rest is reported as interrupted.
 */
export async function applyPlan<Handed>(applying: Applying<Handed>): Promise<Applied<Handed>> {
  const { plan, keeping } = applying;
  const breaker = new Breaker();
  const work: Work<Handed> = { ...applying, breaker };
  const made = await each(work, plan.create, (item) => create(work, item), failedCreation<Handed>);
  const update = await each(work, plan.update, (item) => change(work, item), failed);
  const doubles = await withdrawDoubles(keeping, made.flatMap(asMade));
  const created = made.map((one) => (doubles.withdrawn.has(one.id ?? '') ? withdrawn(one) : one));
  const missing = new Set(created.flatMap(({ item, error }) => (error === null ? [] : [item.event_type])));
  const removed = await each(work, plan.delete, (item) => remove(work, item, missing), failed);
  return { create: created, update, delete: removed, doubled: doubles.left };
}

interface Work<Handed> extends Applying<Handed> {
  readonly breaker: Breaker;
}

async function each<Handed, Item, Done>(
  work: Work<Handed>,
  items: readonly Item[],
  one: (item: Item) => Promise<Done>,
  otherwise: (item: Item, error: unknown) => Done,
): Promise<readonly Done[]> {
  const bounds = { atOnce: work.concurrency, stopAtFailure: false };
  const results = await sideBySide(items, bounds, async (item) => {
    try {
      work.keeping.signal.throwIfAborted();
      work.breaker.check();
      await work.mayWrite();
      const done = await one(item);
      work.breaker.passed();
      return done;
    } catch (error) {
      work.breaker.failed(error);
      return otherwise(item, error);
    } finally {
      work.onDone();
    }
  });
  return results.flatMap((result) => ('value' in result ? [result.value] : []));
}

const failed = <Item>(item: Item & { readonly id: string }, error: unknown) => ({
  item,
  status: 'failed' as const,
  id: item.id,
  error,
});

const failedCreation = <Handed>(item: Subscription, error: unknown): Creation<Handed> => ({
  ...{ item, status: 'failed', id: null, error, handed: null },
});

const withdrawn = <Handed>(creation: Creation<Handed>): Creation<Handed> => ({
  ...creation,
  status: 'withdrawn',
});

const asMade = <Handed>({ id, item }: Creation<Handed>) => (id === null ? [] : [{ ...item, id }]);

/** A subscription begins active: one that is not to be is switched off right after. */
async function create<Handed>(work: Work<Handed>, item: Subscription): Promise<Creation<Handed>> {
  const { keeping, recoveries, onCreated } = work;
  const created = await createOnce(keeping, requestOf(item), recoveries);
  const { id } = created;
  const handed = await onCreated(created);
  const error = item.is_active ? null : await switchOff(keeping, id);
  return { item, status: error === null ? 'created' : 'failed', id, error, handed };
}

async function switchOff({ api, signal }: Keeping, id: string): Promise<unknown> {
  try {
    await api.updateWebhook(id, { is_active: false }, { signal });
    return null;
  } catch (error) {
    return error;
  }
}

/** Nothing is sent that says nothing. */
const requestOf = ({ event_type, webhook_url, description, filters }: Subscription): NewWebhook => ({
  event_type,
  webhook_url,
  ...(description !== '' && { description }),
  ...(Object.keys(filters).length > 0 && { filters }),
});

async function change<Handed>(
  { keeping: { api, signal } }: Work<Handed>,
  item: Update,
): Promise<Outcome<Update, 'updated'>> {
  const { description, is_active, filters } = item.changes;
  const patch = {
    ...(description && { description: description.to }),
    ...(is_active && { is_active: is_active.to }),
    ...(filters && { filters: filters.to }),
  };
  await api.updateWebhook(item.id, patch, { signal });
  return { item, status: 'updated', id: item.id, error: null };
}

/** The stored secret is forgotten only after the API has confirmed. */
async function remove<Handed>(
  { keeping: { api, secrets, signal } }: Work<Handed>,
  item: Deletion,
  missing: ReadonlySet<string>,
): Promise<Removal> {
  if (item.duplicate_of === null && missing.has(item.event_type)) throw keptInstead(item);
  const status = await api.deleteWebhook(item.id, { signal }).then(
    () => 'deleted' as const,
    (error: unknown) => {
      if (error instanceof ApiFailure && error.kind === 'not_found') return 'gone' as const;
      throw error;
    },
  );
  await secrets.forget(item.id);
  return { item, status, id: item.id, error: null };
}

const keptInstead = ({ event_type }: Deletion): Failure =>
  new Failure('condition_not_met', `Kept, since another subscription to ${event_type} could not be created`);
