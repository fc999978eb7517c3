import type { Webhook } from '../../api/wire.ts';
import type { Lease } from '../../config/leases.ts';
import type { Keeping } from '../keeping.ts';
import { type Recovery, recoverWhere } from '../recover.ts';
import { CONCURRENT_CALLS, type NamedLease, type Removal, remove } from './remove.ts';
import { sideBySide } from './side-by-side.ts';

/**
 * Leases of this profile, base URL and key whose process is gone. Those of living processes, and of others, are
 * nobody's to touch.
 */
export async function leftBehind(keeping: Keeping): Promise<readonly Lease[]> {
  const { profile, baseUrl, account, journal } = keeping;
  return (await journal.leases.abandoned()).filter(
    (lease) => lease.profile === profile && lease.baseUrl === baseUrl && lease.account === account,
  );
}

/**
 * Deletes the webhooks of those leases, and nothing else. A create that was interrupted is finished first, with its
 * own idempotency key, so that it is known which webhook it made. What cannot be settled now keeps its lease. Throws
 * only what the journal throws, and the signal's reason. Two of these at a time do no harm.
 */
export async function prune(keeping: Keeping): Promise<readonly Removal[]> {
  const leases = await leftBehind(keeping);
  if (leases.length === 0) return [];
  const recoveries = await recoverLeased(keeping, new Set(leases.map(({ id }) => id)));
  const settle = settler(keeping, recoveries);
  const bounds = { atOnce: CONCURRENT_CALLS, stopAtFailure: false };
  const results = await sideBySide(leases, bounds, settle);
  return results.flatMap((result, index): readonly Removal[] => {
    if ('value' in result) return result.value === null ? [] : [result.value];
    const lease = leases[index];
    return 'error' in result && lease ? [{ lease, status: 'failed', error: result.error }] : [];
  });
}

/** By lease. */
async function recoverLeased(
  keeping: Keeping,
  leases: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Recovery>> {
  const leaseOf = ({ intent }: Pick<Recovery, 'intent'>): string =>
    intent.kind === 'create' ? (intent.lease ?? '') : '';
  const recoveries = await recoverWhere(keeping, (intent) => leases.has(leaseOf({ intent })));
  return new Map(recoveries.map((recovery) => [leaseOf(recovery), recovery]));
}

type Settle = (lease: Lease) => Promise<Removal | null>;

/** Null: there is nothing to tell, for nothing was made or somebody else is at it. */
function settler(keeping: Keeping, recoveries: ReadonlyMap<string, Recovery>): Settle {
  const { journal } = keeping;
  const find = finder(keeping);
  return async ({ id }) => {
    const recovery = recoveries.get(id);
    const isExpired = recovery?.outcome === 'expired';
    const isOpen = !isExpired && journal.isOpen(id);
    // Read after the look at the journal: whoever finishes the create names the webhook first.
    const lease = journal.leases.get(id);
    if (!lease) return null;
    if (isOpen) return recovery?.error ? { lease, status: 'failed', error: recovery.error } : null;
    const removal = await clear(keeping, lease, find);
    if (isExpired && removal?.status !== 'failed') await drop(keeping, recovery.intent.id);
    return removal;
  };
}

type Find = (lease: Lease) => Promise<NamedLease | null>;

/** Null where there is no webhook: then its lease ends, too. */
async function clear(keeping: Keeping, lease: Lease, find: Find): Promise<Removal | null> {
  const named = isNamed(lease) ? lease : await find(lease);
  if (named) return remove(keeping, named, keeping.signal);
  await keeping.journal.leases.end(lease.id);
  return null;
}

/** Ends the intent of a create whose webhook is gone, or was never made. */
async function drop({ journal }: Keeping, intentId: string): Promise<void> {
  if (await journal.claim(intentId)) await journal.finish(intentId);
}

const isNamed = (lease: Lease): lease is NamedLease => lease.webhookId !== null;

/**
 * Finds the webhook of a lease that never learned its id, which its description names: of a create that never went
 * out, that was refused, or that is too old to be repeated.
 */
function finder({ api, signal }: Keeping): Find {
  let listing: Promise<readonly Webhook[]> | undefined;
  return async (lease) => {
    listing ??= api.listWebhooks({ signal });
    const webhook = (await listing).find(
      ({ event_type, description }) =>
        event_type === lease.eventType && description?.includes(lease.id) === true,
    );
    return webhook ? { ...lease, webhookId: webhook.id } : null;
  };
}
