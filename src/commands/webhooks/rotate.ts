import type { Context } from '../../cli/context.ts';
import { defineCommand } from '../../cli/define.ts';
import { type ExitCode, type FailureReport, worstExitCode } from '../../cli/failure.ts';
import { collect, duration, single } from '../../cli/options.ts';
import { formatDuration } from '../../duration.ts';
import { Failure } from '../../errors.ts';
import { batch, batchExit } from '../batch.ts';
import { SCHEME_HELP } from '../scheme-name.ts';
import {
  handedExit,
  openSecretSinks,
  type SecretSinks,
  type WithHandedOver,
  wantsPlace,
  wantsSinks,
} from './handing-over.ts';
import { openKeeping, recoverFirst } from './keeping.ts';
import { chooseTargets, question, type Target } from './rotate/targets.ts';
import {
  DEFAULT_TIMEOUT_MS,
  openVerifiers,
  type Verified,
  type Verifier,
  type VerifyOptions,
  wantsVerifying,
} from './rotate/verifying.ts';
import { viewAll, viewOne } from './rotate/view.ts';
import { printable, type SecretOptions, withSecretOptions } from './secret-options.ts';

/** A rotation as it is printed; `secret_key` is null where it failed. */
export interface Rotated extends WithHandedOver {
  readonly id: string;
  readonly message: string | null;
  /** Masked, unless --show-secret. */
  readonly secret_key: string | null;
  readonly secret_stored: boolean;
  /** True when the secret before this one is in the store too. */
  readonly previous_kept: boolean;
  /** Absent where it was not asked for. */
  readonly verified?: Verified;
}

export type Item = Rotated & {
  readonly event_type: string | null;
  readonly webhook_url: string | null;
  readonly error: FailureReport | null;
};

export const command = defineCommand({
  description:
    'The API makes a new secret and gives up the old one at a time that it does not state; it offers no overlap to ' +
    'ask for. The old one stays in the store, so that a receiver can accept both during the change-over.\n\n' +
    '--verify sends a made-up event of type test, signed with the current secret, to the receiver; only where that ' +
    'is answered 2xx is the secret rotated and handed over, and then events signed with the new one are sent until ' +
    'one is answered 2xx. Without --secret-exec, --dotenv or --secret-file it has to learn the new one by itself, in ' +
    'time: this is warned of. A receiver that takes anything passes, too. Of several webhooks none is rotated after one ' +
    'whose new secret did not arrive.',
  examples: [
    { command: 'kycgenie webhooks rotate f67f165d-0d1e-4eb7-81e6-3494a260dcd4' },
    { command: 'kycgenie webhooks rotate f67f165d-0d1e-4eb7-81e6-3494a260dcd4 --yes --json' },
    {
      command:
        "kycgenie webhooks rotate --event 'case.*' --yes --verify --secret-exec 'vault kv put secret/kyc/$KYCGENIE_EVENT_TYPE value=-'",
      means: 'on a schedule',
    },
  ],
  exits: [3, 4, 5, 6, 7, 8],
  setup: (command) =>
    withSecretOptions(
      command
        .argument('[id]', 'webhook id')
        .option('--event <type>', 'all webhooks of this event type or group; repeat for more', collect)
        .option('--all', 'all webhooks of the account')
        .option('-y, --yes', 'do not ask for confirmation'),
    )
      .optionsGroup('Verification:')
      .option('--verify', 'see that the receiver accepts the current secret before, and the new one after')
      .option('--verify-url <url>', 'the same with a receiver elsewhere', single('--verify-url'))
      .option(
        '--verify-timeout <duration>',
        'how long it may take until it accepts the new one (default: 60s)',
        duration('--verify-timeout'),
      )
      .option('--scheme <scheme>', SCHEME_HELP, single('--scheme')),
  async run(context, options, id): Promise<Rotated | readonly Item[]> {
    const inDetail = wantsSinks(options) || wantsVerifying(options);
    const { all = false, event: events } = options;
    const targets = await chooseTargets(context, { id, all: all === true, events, inDetail });
    const round = await prepare(context, options, targets);
    if (
      targets.length > 0 &&
      !options.yes &&
      !(await (await context.ask()).confirm(question(targets), '--yes'))
    ) {
      throw new Failure('usage', 'Nothing was rotated: the answer was no');
    }
    const items = await rotateAll(context, targets, round, options);
    return id === undefined ? items : plain(items);
  },
  view: (data) => ('id' in data ? viewOne(data) : viewAll(data)),
  ids: (data) => ('id' in data ? [data] : data).flatMap((one) => (one.secret_stored ? [one.id] : [])),
  exit: (data) => ('id' in data ? arrivedExit([data]) : worstExitCode([batchExit(data), arrivedExit(data)])),
});

interface Round {
  readonly sinks: SecretSinks;
  readonly verifierOf: ((target: Target) => Verifier) | null;
}

/** Everything that can be wrong with what was typed is told before anything is rotated. */
async function prepare(
  context: Context,
  options: SecretOptions & VerifyOptions,
  targets: readonly Target[],
): Promise<Round> {
  const expected = targets.map(({ id: webhookId, eventType }) => ({ webhookId, eventType }));
  const sinks = await openSecretSinks(context, options, expected);
  const verifierOf = await openVerifiers(context, options, targets);
  if (verifierOf && targets.length > 0 && !wantsPlace(options)) await warnOfSilence(context, options);
  return { sinks, verifierOf };
}

/** Not refused: a receiver may read the store itself, as listen does, or a person may bring the secret meanwhile. */
async function warnOfSilence(
  context: Context,
  { verifyTimeout = DEFAULT_TIMEOUT_MS }: VerifyOptions,
): Promise<void> {
  const advice = (await context.ask()).possible
    ? "While it waits, you can do so: kycgenie secrets export <webhook_id> --secret-exec '…'."
    : 'Name --secret-exec, --dotenv or --secret-file, unless it reads the store of this machine, as listen does.';
  context.talk.warn(
    `Nothing hands the new secret to the receiver, which has ${formatDuration(verifyTimeout)} to accept it. ${advice}`,
  );
}

async function rotateAll(
  context: Context,
  targets: readonly Target[],
  round: Round,
  options: SecretOptions,
): Promise<readonly Item[]> {
  const rotate = await openRotate(context, round, options);
  let stoppedBy: string | null = null;
  return batch<Target, Item>(context, targets, {
    label: 'Rotating',
    name: ({ id }) => id,
    work: async (target) => {
      if (stoppedBy !== null) throw notTried(stoppedBy);
      const rotated = await rotate(target);
      if (arrivedExit([rotated]) !== 0) stoppedBy = target.id;
      return { ...rotated, ...about(target), error: null };
    },
    failed: (target, error) => ({
      ...{ id: target.id, ...about(target), message: null, secret_key: null },
      ...{ secret_stored: false, previous_kept: false, error },
    }),
  });
}

/** The order matters: the receiver is asked, the secret rotated and stored, handed over, and the receiver asked again. */
async function openRotate(context: Context, { sinks, verifierOf }: Round, options: SecretOptions) {
  const keeping = await openKeeping(context);
  const recoveries = await recoverFirst(context, keeping);
  const { rotateKept } = await import('../../provision/one-time.ts');
  const { recoveredRotation } = await import('../../provision/recover.ts');
  return async (target: Target): Promise<Rotated> => {
    const { id: webhookId, eventType, webhookUrl } = target;
    const verifier = verifierOf?.(target);
    const recovered = recoveredRotation(recoveries, webhookId);
    // What an earlier run has rotated the receiver cannot know yet.
    if (!recovered) await verifier?.before();
    const { secret, message } = recovered ?? (await rotateKept(keeping, webhookId));
    const handed = await sinks.handOver({ webhookId, eventType, webhookUrl, secret });
    const verified = await verifier?.after(secret);
    if (verified?.error) context.talk.warn([verified.error.message, verified.error.hint ?? ''].join('. '));
    const kept = await keeping.secrets.look(webhookId);
    return {
      id: webhookId,
      message,
      secret_key: printable(context, secret, options),
      secret_stored: true,
      previous_kept: (kept?.secrets.length ?? 0) > 1,
      ...handed,
      ...(verified && { verified }),
    };
  };
}

const about = ({ eventType, webhookUrl }: Target) => ({ event_type: eventType, webhook_url: webhookUrl });

const notTried = (id: string): Failure =>
  new Failure('condition_not_met', `Not rotated, since the new secret of webhook ${id} did not arrive`, {
    hint: 'Once it has, rotate the others.',
  });

/** Whether the new secrets are where they are needed. */
const arrivedExit = (items: readonly Rotated[]): ExitCode =>
  worstExitCode([handedExit(items), ...items.map(({ verified }) => verified?.error?.exit_code ?? 0)]);

function plain(items: readonly Item[]): Rotated {
  const [{ error: _none, event_type: _type, webhook_url: _url, ...rotated }] = items as readonly [Item];
  return rotated;
}
