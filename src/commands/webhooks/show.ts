import type { Context } from '../../cli/context.ts';
import type { ShownWebhook } from './view.ts';

/** One subscription as the API has it now, and whether its secret is kept here. */
export async function showWebhook(context: Context, id: string): Promise<ShownWebhook> {
  const api = await context.api();
  const webhook = await api.getWebhook(id, { signal: context.signal });
  const kept = await (await context.secrets()).look(webhook.id);
  return { ...webhook, has_secret: kept !== null };
}
