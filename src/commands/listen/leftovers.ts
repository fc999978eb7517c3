import type { Context } from '../../cli/context.ts';
import { reportFailure } from '../../cli/failure.ts';
import type { Keeping } from '../../provision/keeping.ts';
import { openKeeping } from '../webhooks/keeping.ts';

/**
 * Deletes what killed runs of `listen` left behind, where there is a key for it; says what it deleted. Rejects never:
 * whoever listens has other things to do, and the next run tries again.
 */
export async function pruneLeftovers(context: Context): Promise<void> {
  try {
    const { apiKey } = await context.settings();
    if (apiKey.value !== null) await pruneWith(context, await openKeeping(context));
  } catch (error) {
    if (context.signal.aborted) return;
    context.talk.warn(`Temporary subscriptions of earlier runs: ${reportFailure(error).message}`);
  }
}

/** The same with what is open already. Throws what looking for them throws. */
export async function pruneWith({ talk, signal }: Context, keeping: Keeping): Promise<void> {
  const { prune } = await import('../../provision/temporary/prune.ts');
  for (const { lease, status, error } of await prune(keeping)) {
    if (status === 'deleted')
      talk.notice(
        `Deleted the temporary subscription to ${lease.eventType} that an earlier run left behind (webhook ${lease.webhookId}).`,
      );
    if (status === 'failed' && !signal.aborted)
      talk.warn(
        `The temporary subscription to ${lease.eventType} of an earlier run is still there: ${reportFailure(error).message}`,
      );
  }
}
