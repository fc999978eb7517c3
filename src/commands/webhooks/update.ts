import type { WebhookPatch } from '../../api/wire.ts';
import { defineCommand } from '../../cli/define.ts';
import { API_EXITS } from '../../cli/failure.ts';
import { readJsonObject, single } from '../../cli/options.ts';
import { Failure } from '../../errors.ts';
import { checkReceiverUrl } from './receiver-url.ts';
import { showWebhook } from './show.ts';
import { viewWebhook } from './view.ts';

export const command = defineCommand({
  examples: [
    { command: 'kycgenie webhooks update f67f165d-0d1e-4eb7-81e6-3494a260dcd4 --disable' },
    {
      command: 'kycgenie webhooks update f67f165d-0d1e-4eb7-81e6-3494a260dcd4 --url https://example.com/kyc',
    },
  ],
  exits: [3, 5, ...API_EXITS],
  setup: (command) =>
    command
      .argument('<id>', 'webhook id')
      .option('--url <url>', 'new receiver URL', single('--url'))
      .option('--enable', 'deliver events')
      .option('--disable', 'stop delivering events')
      .option('--description <text>', 'new description')
      .option('--filters <json>', 'new filters: a JSON object, @file, or - for standard input'),
  async run(context, { url, enable, disable, description, filters }, id) {
    if (enable && disable) throw new Failure('usage', '--enable and --disable exclude each other');
    const patch: WebhookPatch = {
      ...(url !== undefined && { webhook_url: await checkReceiverUrl(context, url) }),
      ...((enable ?? disable) && { is_active: enable === true }),
      ...(description !== undefined && { description }),
      ...(filters !== undefined && { filters: await readJsonObject(context, '--filters', filters) }),
    };
    if (Object.keys(patch).length === 0) {
      throw new Failure('usage', 'There is nothing to change', {
        hint: 'Give at least one of --url, --enable, --disable, --description, --filters.',
      });
    }
    const api = await context.api();
    await api.updateWebhook(id, patch, { signal: context.signal });
    context.talk.notice('Updated.');
    return showWebhook(context, id);
  },
  view: (webhook, { now }) => viewWebhook(webhook, now),
  ids: ({ id }) => [id],
});
