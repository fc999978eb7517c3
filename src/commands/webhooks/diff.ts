import { defineCommand } from '../../cli/define.ts';
import { API_EXITS } from '../../cli/failure.ts';
import { Failure } from '../../errors.ts';
import type { Plan } from '../../provision/plan.ts';
import { readManifest, withManifestOptions } from './manifest-file.ts';
import { isEmpty, viewPlan } from './plan-view.ts';

export const command = defineCommand({
  description:
    'Compares the account with a manifest and changes nothing: + would be created, ~ updated, - deleted. ' +
    'A subscription is told by its event type and URL. Exit code 10 where anything would change.',
  examples: [
    { command: 'kycgenie webhooks diff -f webhooks.yaml' },
    { command: 'kycgenie webhooks diff -f webhooks.yaml --prune --json | jq .delete' },
  ],
  exits: [...API_EXITS, 10],
  setup: (command) => withManifestOptions(command),
  async run(context, { file, prune }): Promise<Plan> {
    if (file === undefined)
      throw new Failure('usage', 'There is nothing to compare with', {
        hint: 'Name a manifest: -f webhooks.yaml.',
      });
    const { subscriptions } = await readManifest(context, file);
    const { readAccount } = await import('../../provision/account.ts');
    const { makePlan } = await import('../../provision/plan.ts');
    const [api, { apiVersion }] = [await context.api(), await context.settings()];
    const reader = { api, apiVersion: apiVersion.value, signal: context.signal };
    return makePlan(subscriptions, await readAccount(reader, subscriptions), { prune: prune === true });
  },
  view: viewPlan,
  ids: (plan) => [...plan.update, ...plan.delete].map(({ id }) => id),
  exit: (plan) => (isEmpty(plan) ? 0 : 10),
});
