import type { Context } from '../../cli/context.ts';
import type { Places } from '../../config/settings.ts';
import { type Check, look, ok, warned } from './check.ts';
import { counted } from './store.ts';

/** Calls that a killed run left open: a secret may wait for them. */
export const checkJournal = (context: Context): Promise<Check> =>
  look(context, 'journal', async () => {
    const orphans = await (await context.journal()).orphans();
    if (orphans.length === 0) return ok('No create or rotate was left open');
    const kinds = [...new Set(orphans.map(({ kind }) => kind))].join(' and ');
    return warned(
      `${counted(orphans.length, 'call')} (${kinds}) of killed runs left open, since ${orphans[0]?.startedAt}`,
      'kycgenie webhooks recover finishes them and stores their secrets.',
    );
  });

/** Temporary subscriptions whose listen was killed. */
export const checkLeases = (context: Context): Promise<Check> =>
  look(context, 'leases', async () => {
    const left = await (await context.journal()).leases.abandoned();
    if (left.length === 0) return ok('No temporary subscription was left behind');
    return warned(
      `${counted(left.length, 'temporary subscription')} of a killed listen left behind`,
      'kycgenie webhooks prune deletes them.',
    );
  });

/** Deliveries that listen kept, and those that an app was promised and never got. */
export const checkInbox = (context: Context, { dataDir }: Places): Promise<Check> =>
  look(context, 'inbox', async (signal) => {
    const { surveyInbox } = await import('../../listen/inbox/survey.ts');
    const { deliveries, bytes, owed, damaged } = await surveyInbox({
      dataDir: dataDir.value,
      processes: context.processes,
      clock: context.clock,
      signal,
    });
    const message = `${counted(deliveries, 'delivery').replace('deliverys', 'deliveries')}, ${Math.ceil(bytes / 1024)} KiB`;
    if (owed > 0) {
      return warned(
        `${message}; ${owed} acknowledged and not yet forwarded`,
        'kycgenie listen --ack on-receipt --forward-to <url> brings them to your app.',
      );
    }
    if (damaged === 0) return ok(message);
    return warned(
      `${message}; ${counted(damaged, 'record')} cannot be read`,
      'The rest is sound. kycgenie events clear empties the inbox.',
    );
  });
