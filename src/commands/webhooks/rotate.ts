import { defineCommand } from '../../cli/define.ts';
import { Failure } from '../../errors.ts';
import { dim, MARKS } from '../../terminal/view.ts';
import { openKeeping, recoverFirst } from './keeping.ts';
import { printable, withSecretOptions } from './secret-options.ts';

interface Rotated {
  readonly id: string;
  readonly message: string | null;
  /** Masked, unless --show-secret. */
  readonly secret_key: string;
  readonly secret_stored: boolean;
  /** True when the secret before this one is in the store too. */
  readonly previous_kept: boolean;
}

export const command = defineCommand({
  description:
    'The API makes a new secret and gives up the old one at a time that it does not state. ' +
    'The old one stays in the store, so that a receiver can accept both during the change-over.',
  examples: [
    { command: 'kycgenie webhooks rotate f67f165d-0d1e-4eb7-81e6-3494a260dcd4' },
    { command: 'kycgenie webhooks rotate f67f165d-0d1e-4eb7-81e6-3494a260dcd4 --yes --json' },
  ],
  exits: [3, 4, 5, 6, 7],
  setup: (command) =>
    withSecretOptions(
      command.argument('<id>', 'webhook id').option('-y, --yes', 'do not ask for confirmation'),
    ),
  async run(context, options, id): Promise<Rotated> {
    const question = `Rotate the signing secret of ${id}? Its receiver will need the new one.`;
    if (!options.yes && !(await (await context.ask()).confirm(question, '--yes'))) {
      throw new Failure('usage', 'Nothing was rotated: the answer was no');
    }
    const keeping = await openKeeping(context);
    const recoveries = await recoverFirst(context, keeping);
    const { rotateKept } = await import('../../provision/one-time.ts');
    const { recoveredRotation } = await import('../../provision/recover.ts');
    const { secret, message } = recoveredRotation(recoveries, id) ?? (await rotateKept(keeping, id));
    const kept = await keeping.secrets.get(id);
    return {
      id,
      message,
      secret_key: printable(context, secret, options),
      secret_stored: true,
      previous_kept: (kept?.secrets.length ?? 0) > 1,
    };
  },
  view: ({ id, secret_key, previous_kept }) => ({
    kind: 'record',
    title: [MARKS.ok, ' Secret rotated'],
    fields: [
      ['id', id],
      ['secret', [secret_key, dim('  stored; kycgenie secrets show prints it')]],
      ['previous', previous_kept ? 'kept: listen accepts both' : dim('not known here')],
    ],
  }),
  ids: ({ id }) => [id],
});
