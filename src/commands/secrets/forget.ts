import { defineCommand } from '../../cli/define.ts';
import { Failure } from '../../errors.ts';

export const command = defineCommand({
  description: 'The subscription stays, and its deliveries can no longer be verified here.',
  examples: [
    { command: 'kycgenie secrets forget f67f165d-0d1e-4eb7-81e6-3494a260dcd4' },
    { command: 'kycgenie secrets forget f67f165d-0d1e-4eb7-81e6-3494a260dcd4 --yes' },
  ],
  exits: [3],
  setup: (command) =>
    command.argument('<webhook_id>', 'webhook id').option('-y, --yes', 'do not ask for confirmation'),
  async run(context, { yes }, webhookId) {
    const secrets = await context.secrets();
    if ((await secrets.look(webhookId)) === null) {
      throw new Failure('not_found', `No secret of webhook ${webhookId} is stored here`, {
        hint: 'See kycgenie secrets list, perhaps of another --profile.',
      });
    }
    const question = `Forget the secrets of ${webhookId}? The API does not give them a second time.`;
    if (!yes && !(await (await context.ask()).confirm(question, '--yes'))) {
      throw new Failure('usage', 'Nothing was forgotten: the answer was no');
    }
    await secrets.forget(webhookId);
    return { webhook_id: webhookId, forgotten: true };
  },
  view: ({ webhook_id }) => ({ kind: 'lines', lines: [`Forgot the secrets of ${webhook_id}.`] }),
  ids: ({ webhook_id }) => [webhook_id],
});
