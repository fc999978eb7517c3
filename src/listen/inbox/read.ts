import type { KeptDelivery } from '../kept.ts';
import { Catalogue } from './catalogue.ts';
import type { DeliveryMeta } from './meta.ts';
import { type Damage, noDamage } from './segment-file.ts';
import { inboxFolder } from './segments.ts';

/** Ids that are named of those a prefix may mean. */
const MAX_NAMED = 5;

interface ReadOptions {
  readonly newestFirst?: boolean | undefined;
  /** Asked before a body is read. */
  readonly isWanted?: ((delivery: DeliveryMeta) => boolean) | undefined;
  /** Hears once, at the end, what could not be read; not called when nothing was. */
  readonly onDamage?: ((damage: Readonly<Damage>) => void) | undefined;
}

/**
 * The deliveries in the inbox as they are now, by the time they were received, amendments applied; one body is in
 * memory at a time. Changes nothing. Throws Failure `store_unwritable` where the system does not let it read.
 */
export async function* readInbox(
  dataDir: string,
  { newestFirst = false, isWanted = () => true, onDamage }: ReadOptions = {},
): AsyncGenerator<KeptDelivery, void, undefined> {
  const damage = noDamage();
  const catalogue = await Catalogue.make(inboxFolder(dataDir), damage);
  yield* catalogue.read(newestFirst, isWanted);
  if (damage.tornTails + damage.damagedRecords > 0) onDamage?.(damage);
}

export type Finding =
  | { readonly kind: 'found'; readonly delivery: KeptDelivery }
  | { readonly kind: 'none' }
  /** Some of the ids, and how many there are. */
  | { readonly kind: 'ambiguous'; readonly ids: readonly string[]; readonly count: number };

/** The delivery with that id or, where it is one alone, whose id begins so; `last` is the newest. */
export async function findInInbox(dataDir: string, wanted: string): Promise<Finding> {
  if (wanted === '') return { kind: 'none' };
  const ids: string[] = [];
  const isMeant = ({ id }: DeliveryMeta): boolean => {
    if (wanted === 'last') return true;
    if (id.startsWith(wanted)) ids.push(id);
    return id.startsWith(wanted);
  };
  const catalogue = await Catalogue.make(inboxFolder(dataDir), noDamage(), isMeant);
  if (ids.length <= 1) return firstOf(catalogue.read(true));
  if (ids.includes(wanted)) return firstOf(catalogue.read(true, ({ id }) => id === wanted));
  return { kind: 'ambiguous', ids: ids.slice(0, MAX_NAMED), count: ids.length };
}

async function firstOf(deliveries: AsyncGenerator<KeptDelivery>): Promise<Finding> {
  for await (const delivery of deliveries) return { kind: 'found', delivery };
  return { kind: 'none' };
}
