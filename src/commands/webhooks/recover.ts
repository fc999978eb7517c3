import { defineCommand } from '../../cli/define.ts';
import { type ExitCode, type FailureReport, reportFailure } from '../../cli/failure.ts';
import type { Recovery, RecoveryOutcome } from '../../provision/recover.ts';
import { dim, good, type Text, warn } from '../../terminal/view.ts';
import { batchExit } from '../batch.ts';
import { openKeeping } from './keeping.ts';

interface Recovered {
  readonly kind: 'create' | 'rotate';
  readonly outcome: RecoveryOutcome;
  readonly webhook_id: string | null;
  readonly event_type: string | null;
  readonly webhook_url: string | null;
  readonly started_at: string;
  readonly profile: string;
  readonly base_url: string;
  readonly api_version: string;
  readonly error: FailureReport | null;
}

const EXPLAINED: Readonly<Record<RecoveryOutcome, Text>> = {
  recovered: good('finished, secret stored'),
  superseded: good('nothing to do: its secret or a later one is stored'),
  void: dim('the API refuses it: nothing was made'),
  expired: warn('too old to repeat: look at webhooks list, rotate what has no stored secret'),
  elsewhere: warn('of another account, left alone: run recover with its key, '),
  failed: warn('not finished, will be tried again'),
};

export const command = defineCommand({
  description:
    'A create or rotate that died on the way is repeated with the same idempotency key, and its secret stored. ' +
    'Runs by itself before every create and rotate. Calls of processes still at work are left alone.',
  examples: [{ command: 'kycgenie webhooks recover' }, { command: 'kycgenie webhooks recover --json' }],
  exits: [4, 5, 6, 7],
  setup: (command) => command,
  async run(context): Promise<readonly Recovered[]> {
    const { recover } = await import('../../provision/recover.ts');
    const recoveries = await recover(await openKeeping(context), { dropExpired: true });
    return recoveries.map(toRecovered);
  },
  view: (recovered) => ({
    kind: 'table',
    columns: [
      { title: 'CALL' },
      { title: 'WEBHOOK' },
      { title: 'EVENT TYPE' },
      { title: 'STARTED' },
      { title: 'OUTCOME', shrink: true },
    ],
    rows: recovered.map(({ kind, webhook_id, event_type, started_at, outcome, error, ...where }) => [
      kind,
      webhook_id ?? dim('-'),
      event_type ?? dim('-'),
      started_at,
      outcome === 'elsewhere'
        ? [
            EXPLAINED[outcome],
            `--profile ${where.profile} --base-url ${where.base_url} --api-version ${where.api_version}`,
          ].flat()
        : error === null
          ? EXPLAINED[outcome]
          : [EXPLAINED[outcome], `: ${error.message}`].flat(),
    ]),
    empty: 'Nothing was left open.',
  }),
  ids: (recovered) =>
    recovered.flatMap(({ outcome, webhook_id }) =>
      outcome === 'recovered' && webhook_id ? [webhook_id] : [],
    ),
  exit: (recovered): ExitCode => batchExit(recovered.filter(({ outcome }) => outcome === 'failed')),
});

function toRecovered({ intent, outcome, webhookId, error }: Recovery): Recovered {
  const request = intent.kind === 'create' ? intent.request : null;
  return {
    kind: intent.kind,
    outcome,
    webhook_id: webhookId,
    event_type: request?.event_type ?? null,
    webhook_url: request?.webhook_url ?? null,
    started_at: intent.startedAt,
    profile: intent.profile,
    base_url: intent.baseUrl,
    api_version: intent.apiVersion,
    error: error === null ? null : reportFailure(error),
  };
}
