import type { Context } from '../../cli/context.ts';
import { defineCommand } from '../../cli/define.ts';
import { Failure } from '../../errors.ts';
import { lines } from '../../terminal/view.ts';
import { inboxPlace } from './inbox-events.ts';

interface Cleared {
  readonly deliveries: number;
}

export const command = defineCommand({
  description:
    'Deletes for good what listen has kept, and with it what it still had to forward. A listen that is running ' +
    'goes on and keeps what it receives from now on.',
  examples: [{ command: 'kycgenie events clear' }, { command: 'kycgenie events clear --yes --json' }],
  setup: (command) => command.option('-y, --yes', 'do not ask for confirmation'),
  async run(context, { yes }): Promise<Cleared> {
    if (!yes) await confirm(context);
    const { clearInbox } = await import('../../listen/inbox/retention.ts');
    const { deliveries } = await clearInbox(await inboxPlace(context));
    return { deliveries };
  },
  view: ({ deliveries }) =>
    lines(deliveries === 0 ? 'There was nothing in the inbox.' : `${counted(deliveries)} deleted.`),
});

/** Asks even about nothing where nobody can be asked: a script should not work by chance. */
async function confirm(context: Context): Promise<void> {
  const { kept, owed } = await count(context);
  const questions = await context.ask();
  if (kept === 0 && questions.possible) return;
  const lost = owed === 0 ? '' : `, ${owed} of them still to be forwarded`;
  if (await questions.confirm(`Delete all ${counted(kept)} in the inbox for good${lost}?`, '--yes')) return;
  throw new Failure('usage', 'Nothing was deleted: the answer was no');
}

async function count(context: Context): Promise<{ readonly kept: number; readonly owed: number }> {
  const { readInbox } = await import('../../listen/inbox/read.ts');
  let kept = 0;
  let owed = 0;
  const note = ({ owedTo }: { readonly owedTo: string | null }): boolean => {
    kept += 1;
    if (owedTo !== null) owed += 1;
    return false;
  };
  for await (const _none of readInbox(await inboxPlace(context), { isWanted: note }));
  return { kept, owed };
}

const counted = (count: number): string => `${count} ${count === 1 ? 'delivery' : 'deliveries'}`;
