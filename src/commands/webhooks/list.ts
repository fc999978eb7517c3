import { defineCommand } from '../../cli/define.ts';
import { API_EXITS } from '../../cli/failure.ts';
import { oneOf } from '../../cli/one-of.ts';
import { chooseEvents, collect } from '../../cli/options.ts';
import { Failure } from '../../errors.ts';
import type { ShownWebhook } from './view.ts';
import { viewWebhooks } from './view.ts';

const SORT_FIELDS = ['event_type', 'webhook_url', 'created_at', 'last_triggered_at'] as const;

export const command = defineCommand({
  examples: [
    { command: 'kycgenie webhooks list' },
    { command: "kycgenie webhooks list --event 'screening.*' --active" },
    { command: 'kycgenie webhooks list --json | jq -r ".[].id"' },
  ],
  exits: API_EXITS,
  setup: (command) =>
    command
      .option('--event <type>', 'only this type or group; repeat for more', collect)
      .option('--url <text>', 'only URLs that contain this')
      .option('--active', 'only active ones')
      .option('--inactive', 'only inactive ones')
      .option('--sort <field>', `sort by ${SORT_FIELDS.join(', ')}`, oneOf('--sort', SORT_FIELDS)),
  async run(context, options): Promise<readonly ShownWebhook[]> {
    if (options.active && options.inactive) {
      throw new Failure('usage', '--active and --inactive exclude each other');
    }
    const api = await context.api();
    const webhooks = await api.listWebhooks({ signal: context.signal });
    const stored = new Set((await (await context.secrets()).survey()).map(({ webhookId }) => webhookId));
    const { event, url, active, inactive, sort } = options;
    const types = event && new Set(chooseEvents(event).types);
    const shown = webhooks
      .filter((webhook) => !types || types.has(webhook.event_type))
      .filter((webhook) => url === undefined || webhook.webhook_url.includes(url))
      .filter(({ is_active }) => active === inactive || is_active === (active === true))
      .map((webhook) => ({ ...webhook, has_secret: stored.has(webhook.id) }));
    return sort === undefined ? shown : shown.sort((a, b) => compare(a[sort], b[sort]));
  },
  view: (webhooks, { now, options: { event, url, active, inactive } }) =>
    viewWebhooks(
      webhooks,
      now,
      [event, url, active, inactive].some((filter) => filter !== undefined),
    ),
  ids: (webhooks) => webhooks.map(({ id }) => id),
});

/** By code point, so that the order does not depend on a locale; absent values last. */
function compare(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}
