import type { Webhook } from '../../api/wire.ts';
import type { Context } from '../../cli/context.ts';
import type { Subscription } from '../../inspector/protocol.ts';
import type { AccountSource } from '../../inspector/sources.ts';

/** Entries of the log that the page begins with. */
const FIRST_LINES = 200;
const RETRY_ASKED = 'The API was asked to deliver it again.';

/** The account of the profile as the page sees it; null without a key. */
export async function openAccount(context: Context): Promise<AccountSource | null> {
  if ((await context.settings()).apiKey.value === null) return null;
  return {
    async *follow(signal) {
      // It waits and asks again by itself, and tells of it.
      const api = await context.api({ maxRetries: 0 });
      const { follow } = await import('../../deliveries/follow.ts');
      yield* follow({ api, clock: context.clock, signal, lines: FIRST_LINES });
    },
    async retry(id, signal) {
      const { message } = await (await context.api()).retryDelivery(id, { signal });
      return message ?? RETRY_ASKED;
    },
    async subscriptions(signal) {
      const webhooks = await (await context.api()).listWebhooks({ signal });
      const stored = new Set((await (await context.secrets()).survey()).map(({ webhookId }) => webhookId));
      return webhooks.map((webhook) => shown(webhook, stored.has(webhook.id)));
    },
  };
}

const shown = (webhook: Webhook, hasSecret: boolean): Subscription => ({
  id: webhook.id,
  event_type: webhook.event_type,
  webhook_url: webhook.webhook_url,
  is_active: webhook.is_active,
  description: webhook.description,
  total_deliveries: webhook.stats?.total_deliveries ?? null,
  successful_deliveries: webhook.stats?.successful_deliveries ?? null,
  failed_deliveries: webhook.stats?.failed_deliveries ?? null,
  last_triggered_at: webhook.last_triggered_at,
  has_secret: hasSecret,
});
