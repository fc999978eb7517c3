import type { Api, CreatedWebhook, RotatedSecret } from '../api/client.ts';
import type { ApiVersion, NewWebhook } from '../api/wire.ts';
import type { Clock } from '../clock.ts';
import { commandWord } from '../command-word.ts';
import type { Intent } from '../config/intent-file.ts';
import type { Journal } from '../config/journal.ts';
import type { KnownWebhook, NewSecret, SecretStore } from '../config/secrets.ts';
import { Failure } from '../errors.ts';
import type { Secret } from '../secret.ts';

/**
 * A one-time secret is never lost: the store is proven writable and the intent is on disk before the call, the
 * secret is in the store before anything is shown, and an intent whose process died is repeated with its key.
 */
export interface Keeping {
  readonly api: Api;
  readonly secrets: SecretStore;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly profile: string;
  readonly baseUrl: string;
  readonly apiVersion: ApiVersion;
  /** Of the API key: a fingerprint. */
  readonly account: string;
  readonly signal: AbortSignal;
  /** Hears of a secret that the store could not take, at once: nobody gives it a second time. */
  readonly onUnstored: (webhookId: string, secret: Secret) => void;
}

/** Whose call it is. */
export const target = ({ profile, baseUrl, apiVersion, account }: Keeping) => ({
  profile,
  baseUrl,
  apiVersion,
  account,
});

/** Asks for a subscription under the key of the intent, and stores its secret. */
export async function create(keeping: Keeping, request: NewWebhook, intent: Intent): Promise<CreatedWebhook> {
  const { signal } = keeping;
  const created = await keeping.api.createWebhook(request, { idempotencyKey: intent.idempotencyKey, signal });
  const { id: webhookId, event_type: eventType, webhook_url: webhookUrl, secret } = created;
  await keep(keeping, { webhookId, eventType, webhookUrl, secret, obtainedAt: timeOf(intent) });
  if (intent.kind === 'create' && intent.lease !== undefined) await tell(keeping, intent.lease, webhookId);
  return created;
}

/** Before the intent ends: a lease without it must know which webhook to delete. */
async function tell({ journal }: Keeping, lease: string, webhookId: string): Promise<void> {
  try {
    await journal.leases.update(lease, { webhookId });
  } catch (cause) {
    throw new Failure('store_unwritable', `That webhook ${webhookId} is temporary could not be noted`, {
      hint: `If it stays behind: kycgenie webhooks delete ${commandWord(webhookId, '<webhook_id>')}`,
      cause,
      mayHaveHappened: true,
    });
  }
}

/** Asks for a new secret under the key of the intent, and stores it. */
export async function rotate(keeping: Keeping, webhookId: string, intent: Intent): Promise<RotatedSecret> {
  const { signal } = keeping;
  const rotated = await keeping.api.rotateSecret(webhookId, {
    idempotencyKey: intent.idempotencyKey,
    signal,
  });
  await keep(keeping, { webhookId, secret: rotated.secret, obtainedAt: timeOf(intent) });
  return rotated;
}

/** As of when the secret of a call is stored. */
export const timeOf = (intent: Intent): string =>
  (intent.kind === 'rotate' ? intent.obtainedAt : undefined) ?? intent.startedAt;

async function keep({ secrets, onUnstored }: Keeping, kept: NewSecret): Promise<void> {
  const { webhookId, secret } = kept;
  try {
    await secrets.put(kept);
  } catch (cause) {
    onUnstored(webhookId, secret);
    throw new Failure('store_unwritable', `The signing secret of webhook ${webhookId} could not be stored`, {
      hint: 'Keep the secret shown above: it is not given a second time. kycgenie secrets import stores it.',
      cause,
      mayHaveHappened: true,
    });
  }
}

/** Now, or right after the newest secret where that was stored by a clock which was ahead: the next is the current. */
export function timeAfter(clock: Clock, kept: KnownWebhook | null): string {
  const newest = kept?.secrets[0];
  const earliest = newest ? Date.parse(newest.obtainedAt) + 1 : 0;
  return new Date(Math.max(clock.now(), earliest)).toISOString();
}
