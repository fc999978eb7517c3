import { defineCommand } from '../../cli/define.ts';
import { Failure } from '../../errors.ts';
import { reveal } from '../webhooks/secret-options.ts';

export const command = defineCommand({
  description: 'Prints the bare secret and nothing else, so that it can be piped.',
  examples: [
    { command: 'kycgenie secrets show f67f165d-0d1e-4eb7-81e6-3494a260dcd4' },
    {
      command: 'kycgenie secrets show f67f165d-0d1e-4eb7-81e6-3494a260dcd4 | gh secret set WEBHOOK_SECRET',
      means: 'straight into another store',
    },
  ],
  exits: [3],
  setup: (command) =>
    command
      .argument('<webhook_id>', 'webhook id')
      .option('--previous', 'the secret before the last rotation'),
  async run(context, { previous }, webhookId) {
    const kept = await (await context.secrets()).get(webhookId);
    const wanted = kept?.secrets[previous ? 1 : 0];
    if (!wanted) {
      throw new Failure(
        'not_found',
        `No ${previous ? 'previous ' : ''}secret of webhook ${webhookId} is stored here`,
        {
          hint: 'See kycgenie secrets list, perhaps of another --profile. The API does not give a secret twice: rotate makes a new one.',
        },
      );
    }
    return {
      webhook_id: webhookId,
      secret_key: reveal(context, wanted.secret),
      obtained_at: wanted.obtainedAt,
    };
  },
  view: ({ secret_key }) => ({ kind: 'lines', lines: [secret_key] }),
  ids: ({ secret_key }) => [secret_key],
});
