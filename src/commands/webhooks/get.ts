import { defineCommand } from '../../cli/define.ts';
import { API_EXITS } from '../../cli/failure.ts';
import { showWebhook } from './show.ts';
import { viewWebhook } from './view.ts';

export const command = defineCommand({
  examples: [
    { command: 'kycgenie webhooks get f67f165d-0d1e-4eb7-81e6-3494a260dcd4' },
    { command: 'kycgenie webhooks get f67f165d-0d1e-4eb7-81e6-3494a260dcd4 --json' },
  ],
  exits: [3, ...API_EXITS],
  setup: (command) => command.argument('<id>', 'webhook id'),
  run: (context, _options, id) => showWebhook(context, id),
  view: (webhook, { now }) => viewWebhook(webhook, now),
  ids: ({ id }) => [id],
});
