import type { Api } from '../../api/client.ts';
import type { Clock } from '../../clock.ts';
import type { Lease } from '../../config/leases.ts';
import { ApiFailure, Failure } from '../../errors.ts';
import type { Keeping } from '../keeping.ts';
import { sideBySide } from './side-by-side.ts';

/** A lease whose webhook is known. */
export type NamedLease = Lease & { readonly webhookId: string };

/** What became of one temporary subscription; `gone`: it was there no more. */
export interface Removal {
  readonly lease: Lease;
  readonly status: 'deleted' | 'gone' | 'failed';
  /** Why it failed, null otherwise. */
  readonly error: unknown;
}

/** Calls at a time: enough for a whole group in a few seconds, too few to be limited for. */
export const CONCURRENT_CALLS = 4;

/**
 * Deletes the webhook, forgets its secrets once the API has confirmed, and ends the lease. What failed keeps its
 * lease. Throws nothing.
 */
export async function remove(
  { api, secrets, journal }: Keeping,
  lease: NamedLease,
  signal: AbortSignal,
): Promise<Removal> {
  try {
    const status = await deleteIfThere(api, lease.webhookId, signal);
    await secrets.forget(lease.webhookId);
    await journal.leases.end(lease.id);
    return { lease, status, error: null };
  } catch (error) {
    return { lease, status: 'failed', error };
  }
}

/** Deletes all within `boundMs`. */
export async function removeAll(
  keeping: Keeping,
  leases: readonly NamedLease[],
  boundMs: number,
): Promise<readonly Removal[]> {
  if (leases.length === 0) return [];
  return inTime(keeping.clock, boundMs, async (signal) => {
    const bounds = { atOnce: CONCURRENT_CALLS, stopAtFailure: false };
    const results = await sideBySide(leases, bounds, (lease) => remove(keeping, lease, signal));
    return results.flatMap((result) => ('value' in result ? [result.value] : []));
  });
}

async function deleteIfThere(api: Api, id: string, signal: AbortSignal): Promise<'deleted' | 'gone'> {
  try {
    signal.throwIfAborted();
    await api.deleteWebhook(id, { signal });
    return 'deleted';
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === 'not_found') return 'gone';
    throw error;
  }
}

/** A signal of its own: the one of the run may have aborted, which is why there is something to delete. */
async function inTime<T>(clock: Clock, ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const over = new AbortController();
  clock.sleep(ms, over.signal).then(
    () => late.abort(new Failure('timeout', `The API took longer than ${ms / 1000} s to delete them`)),
    () => undefined,
  );
  try {
    return await work(late.signal);
  } finally {
    over.abort();
  }
}
