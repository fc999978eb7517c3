import { defineCommand } from '../../cli/define.ts';
import { API_EXITS } from '../../cli/failure.ts';
import { Failure } from '../../errors.ts';
import { bad, good } from '../../terminal/view.ts';
import { batch, batchExit, type Outcome, why } from '../batch.ts';

export const command = defineCommand({
  description:
    'Deletes for good: the API cannot undo it. The stored secret is forgotten only after the API confirmed.',
  examples: [
    { command: 'kycgenie webhooks delete f67f165d-0d1e-4eb7-81e6-3494a260dcd4' },
    {
      command: 'kycgenie webhooks list --inactive -q | xargs -r kycgenie webhooks delete --yes',
      means: 'all inactive ones',
    },
  ],
  exits: [3, 5, ...API_EXITS],
  setup: (command) =>
    command.argument('<id...>', 'webhook ids').option('-y, --yes', 'do not ask for confirmation'),
  async run(context, { yes }, ids): Promise<readonly Outcome[]> {
    const api = await context.api();
    const secrets = await context.secrets();
    const wanted = [...new Set(ids)];
    if (!yes && !(await (await context.ask()).confirm(question(wanted), '--yes'))) {
      throw new Failure('usage', 'Nothing was deleted: the answer was no');
    }
    return batch<string, Outcome>(context, wanted, {
      label: 'Deleting',
      name: (id) => id,
      work: async (id) => {
        const remove = async (): Promise<void> => {
          await api.deleteWebhook(id, { signal: context.signal });
          await secrets.forget(id);
        };
        // That the store cannot be written is to show before the API has done what nobody can undo.
        await ((await secrets.look(id)) ? secrets.exclusive(id, remove) : remove());
        return { id, status: 'deleted', error: null };
      },
      failed: (id, error) => ({ id, status: 'failed', error }),
    });
  },
  view: (outcomes) => ({
    kind: 'table',
    columns: [{ title: 'ID' }, { title: 'OUTCOME' }, { title: 'WHY', shrink: true }],
    rows: outcomes.map(({ id, status, error }) => [id, error ? bad(status) : good(status), why(error)]),
    empty: 'Nothing to delete.',
  }),
  ids: (outcomes) => outcomes.filter(({ error }) => error === null).map(({ id }) => id),
  exit: (outcomes) => batchExit(outcomes),
});

const question = (ids: readonly string[]): string =>
  ids.length === 1 ? `Delete webhook ${ids[0]} for good?` : `Delete ${ids.length} webhooks for good?`;
