import { defineCommand } from '../../cli/define.ts';
import { API_EXITS, type FailureReport, reportFailure } from '../../cli/failure.ts';
import type { Lease } from '../../config/leases.ts';
import type { Removal } from '../../provision/temporary/remove.ts';
import { bad, dim, good, type Text, warn } from '../../terminal/view.ts';
import { batchExit, why } from '../batch.ts';
import { openKeeping } from './keeping.ts';

interface Pruned {
  /** Null where it did not come to be known. */
  readonly webhook_id: string | null;
  readonly event_type: string;
  readonly webhook_url: string;
  /** `gone`: it was there no more. `left`: would be deleted, but for --dry-run. */
  readonly status: Removal['status'] | 'left';
  readonly error: FailureReport | null;
}

export const command = defineCommand({
  description:
    'Deletes the temporary subscriptions of listen --subscribe whose process was killed before it could: ' +
    'those of this profile, base URL and API key, and nothing else. The next listen does so, too.',
  examples: [{ command: 'kycgenie webhooks prune' }, { command: 'kycgenie webhooks prune --dry-run --json' }],
  exits: [5, ...API_EXITS],
  setup: (command) => command.option('--dry-run', 'only show what would be deleted'),
  async run(context, { dryRun }): Promise<readonly Pruned[]> {
    const { leftBehind, prune } = await import('../../provision/temporary/prune.ts');
    const keeping = await openKeeping(context);
    if (dryRun) return (await leftBehind(keeping)).map((lease) => toPruned(lease, 'left'));
    const pruned = (await prune(keeping)).map(({ lease, status, error }) => toPruned(lease, status, error));
    // Under --quiet no table says so.
    if (context.quiet) {
      for (const { event_type, error } of pruned)
        if (error) context.talk.warn(`${event_type}: ${error.message}`);
    }
    return pruned;
  },
  view: (pruned) => ({
    kind: 'table',
    columns: [
      { title: 'WEBHOOK' },
      { title: 'EVENT TYPE' },
      { title: 'URL', shrink: true },
      { title: 'OUTCOME' },
      { title: 'WHY', shrink: true },
    ],
    rows: pruned.map(({ webhook_id, event_type, webhook_url, status, error }) => [
      webhook_id ?? dim('-'),
      event_type,
      webhook_url,
      SHOWN[status],
      why(error),
    ]),
    empty: 'Nothing to prune.',
  }),
  ids: (pruned) =>
    pruned.flatMap(({ webhook_id, status }) => (webhook_id && status !== 'failed' ? [webhook_id] : [])),
  exit: (pruned) => batchExit(pruned),
});

const SHOWN: Readonly<Record<Pruned['status'], Text>> = {
  deleted: good('deleted'),
  gone: dim('gone already'),
  failed: bad('failed'),
  left: warn('would be deleted'),
};

function toPruned(lease: Lease, status: Pruned['status'], error: unknown = null): Pruned {
  return {
    webhook_id: lease.webhookId,
    event_type: lease.eventType,
    webhook_url: lease.webhookUrl,
    status,
    error: error === null ? null : reportFailure(error),
  };
}
