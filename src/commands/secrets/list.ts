import { defineCommand } from '../../cli/define.ts';
import type { KnownWebhook } from '../../config/secrets.ts';
import { dim } from '../../terminal/view.ts';
import { when } from '../../terminal/when.ts';

export const command = defineCommand({
  description: 'Values are never shown here.',
  examples: [{ command: 'kycgenie secrets list' }, { command: 'kycgenie secrets list --json' }],
  setup: (command) => command,
  async run(context) {
    const kept = await (await context.secrets()).survey();
    return kept.map(toListed);
  },
  view: (secrets, { now }) => ({
    kind: 'table',
    columns: [
      { title: 'WEBHOOK' },
      { title: 'EVENT TYPE' },
      { title: 'URL', shrink: true },
      { title: 'OBTAINED' },
      { title: 'PREVIOUS', align: 'right' },
    ],
    rows: secrets.map(({ webhook_id, event_type, webhook_url, obtained_at, previous }) => [
      webhook_id,
      event_type ?? dim('-'),
      webhook_url ?? dim('-'),
      when(obtained_at, now),
      String(previous),
    ]),
    empty: 'No signing secret is stored in this profile. webhooks create stores its own.',
  }),
  ids: (secrets) => secrets.map(({ webhook_id }) => webhook_id),
});

const toListed = ({ webhookId, eventType, webhookUrl, secrets }: KnownWebhook) => ({
  webhook_id: webhookId,
  event_type: eventType,
  webhook_url: webhookUrl,
  obtained_at: secrets[0]?.obtainedAt ?? null,
  stored_in: secrets[0]?.storedIn ?? null,
  /** How many earlier secrets are kept. */
  previous: Math.max(0, secrets.length - 1),
});
