import type { Api } from '../api/client.ts';
import type { ApiVersion, Webhook } from '../api/wire.ts';
import { ApiFailure } from '../errors.ts';
import { type Identity, keyOf } from './subscription.ts';
import { lasting } from './temporary/description.ts';
import { sideBySide } from './temporary/side-by-side.ts';

/** Calls at a time. */
const CONCURRENT_READS = 4;

interface Reader {
  readonly api: Api;
  readonly apiVersion: ApiVersion;
  readonly signal: AbortSignal;
}

/**
 * The subscriptions of the account, but for the temporary ones of `listen`. The list of v1 tells neither filters nor age: there, those of the identities that
 * matter (all, where none are named) are asked for one by one.
 */
export async function readAccount(
  { api, apiVersion, signal }: Reader,
  matter?: readonly Identity[],
): Promise<readonly Webhook[]> {
  const listed = lasting(await api.listWebhooks({ signal }));
  if (apiVersion === 'v2') return listed;
  const keys = matter && new Set(matter.map(keyOf));
  const bounds = { atOnce: CONCURRENT_READS, stopAtFailure: true };
  const read = await sideBySide(listed, bounds, async (webhook) => {
    return keys === undefined || keys.has(keyOf(webhook)) ? inFull(api, webhook, signal) : webhook;
  });
  return read.flatMap((result) => {
    if ('error' in result) throw result.error;
    return 'value' in result && result.value ? [result.value] : [];
  });
}

/** Null for one that is gone meanwhile. */
async function inFull(api: Api, { id }: Webhook, signal: AbortSignal): Promise<Webhook | null> {
  try {
    return await api.getWebhook(id, { signal });
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === 'not_found') return null;
    throw error;
  }
}
