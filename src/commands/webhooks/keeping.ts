import type { Context } from '../../cli/context.ts';
import type { Keeping } from '../../provision/keeping.ts';
import type { Recovery } from '../../provision/recover.ts';
import type { Secret } from '../../secret.ts';
import { showUnstored } from './secret-options.ts';

const FINGERPRINT_CHARS = 16;

/** What the one-time engine needs, from the context. */
export async function openKeeping(context: Context): Promise<Keeping> {
  const { profile, baseUrl, apiVersion } = await context.settings();
  return {
    api: await context.api(),
    secrets: await context.secrets(),
    journal: await context.journal(),
    clock: context.clock,
    profile: profile.value,
    baseUrl: baseUrl.value.origin,
    apiVersion: apiVersion.value,
    account: await fingerprint(await context.apiKey()),
    signal: context.signal,
    onUnstored: (webhookId, secret) => showUnstored(context, webhookId, secret),
  };
}

/** Runs before every create and rotate: finishes what an earlier run left, and says so. */
export async function recoverFirst(context: Context, keeping: Keeping): Promise<Recovery[]> {
  const { recover } = await import('../../provision/recover.ts');
  const recoveries = (await recover(keeping)).filter(({ outcome }) => outcome !== 'elsewhere');
  const open = recoveries.filter(({ outcome }) => outcome === 'failed' || outcome === 'expired').length;
  for (const { outcome, intent, webhookId } of recoveries) {
    if (outcome !== 'recovered') continue;
    const what =
      intent.kind === 'create'
        ? `create of ${intent.request.event_type} to ${intent.request.webhook_url}`
        : 'rotate';
    context.talk.warn(
      `Finished what an earlier run left open: ${what} (webhook ${webhookId}), secret stored.`,
    );
  }
  if (open > 0)
    context.talk.warn(`${calls(open)} of earlier runs could not be finished: kycgenie webhooks recover`);
  return recoveries;
}

/** Tells keys apart, and is of no use to find one: keys are random. */
async function fingerprint(key: Secret | null): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256')
    .update(key?.reveal() ?? '')
    .digest('hex')
    .slice(0, FINGERPRINT_CHARS);
}

const calls = (n: number): string => (n === 1 ? '1 call' : `${n} calls`);
