import type { Context } from '../../cli/context.ts';
import { defineCommand } from '../../cli/define.ts';
import { type ExitCode, worstExitCode } from '../../cli/failure.ts';
import { single, wholeNumber } from '../../cli/options.ts';
import { Failure } from '../../errors.ts';
import type { Lock } from '../../lock.ts';
import type { Keeping } from '../../provision/keeping.ts';
import { batchExit } from '../batch.ts';
import { applyAndReport } from './apply-plan.ts';
import { type ApplyWish, planNow, readWish, savePlan } from './apply-wish.ts';
import { handedExit } from './handing-over.ts';
import { openKeeping, recoverFirst } from './keeping.ts';
import { withManifestOptions } from './manifest-file.ts';
import { isEmpty, itemsOf, planLines, type ShownPlan, viewPlan } from './plan-view.ts';
import { type SecretOptions, withSecretOptions } from './secret-options.ts';

const MAX_CONCURRENCY = 32;
const DEFAULT_CONCURRENCY = 4;

/** Of these nothing was made or changed that is to be told by its id. */
const NOT_THERE: ReadonlySet<string> = new Set(['planned', 'withdrawn']);

interface ApplyOptions extends SecretOptions {
  readonly file?: string | undefined;
  readonly prune?: true | undefined;
  readonly allowEmpty?: true | undefined;
  readonly check?: true | undefined;
  readonly yes?: true | undefined;
  readonly concurrency?: number | undefined;
  readonly out?: string | undefined;
}

export const command = defineCommand({
  description:
    'Takes the account to what a manifest says: shows the plan, asks, creates and updates, and with --prune deletes ' +
    'last; all there is only with --allow-empty. Applied twice it changes nothing; what was interrupted is finished by the next run. Every new signing ' +
    'secret is stored on this machine. --out saves the plan instead, to be applied as it was looked at.',
  examples: [
    { command: 'kycgenie webhooks apply -f webhooks.yaml' },
    { command: 'kycgenie webhooks apply -f webhooks.yaml --prune --yes --json', means: 'in CI' },
    {
      command: 'kycgenie webhooks apply -f webhooks.yaml --check',
      means: 'exit 10 where anything would change',
    },
    { command: 'kycgenie webhooks apply -f webhooks.yaml --out plan.json' },
    { command: 'kycgenie webhooks apply plan.json --yes', means: 'exit 8 where the account has moved since' },
  ],
  exits: [3, 4, 5, 6, 7, 8, 10],
  setup: (command) =>
    withSecretOptions(
      withManifestOptions(command.argument('[plan]', 'a plan that --out saved'))
        .option('--check', 'only show what would change, as diff does')
        .option('--allow-empty', 'let an empty manifest with --prune delete all there is')
        .option('-y, --yes', 'do not ask for confirmation')
        .option(
          '--concurrency <n>',
          `calls at a time (${DEFAULT_CONCURRENCY})`,
          wholeNumber('--concurrency', { min: 1, max: MAX_CONCURRENCY }),
        )
        .option('--out <path>', 'save the plan to this file and apply nothing', single('--out')),
    ),
  async run(context, options: ApplyOptions, planFile: string | undefined): Promise<ShownPlan> {
    const wish = await readWish(context, options, planFile);
    const keeping = await openKeeping(context);
    if (options.out !== undefined)
      return savePlan(context, keeping, wish, options.out, options.check === true);
    if (options.check) return planNow(keeping, wish);
    return alone(context, keeping, (lock) => planAndApply(context, keeping, wish, { lock, options }));
  },
  view: viewPlan,
  ids: (plan) =>
    itemsOf(plan).flatMap(({ id, status = 'planned', error }) =>
      id && !error && !NOT_THERE.has(status) ? [id] : [],
    ),
  exit: exitOf,
});

/** One run at a time may plan and apply: of two, the second plans with what the first has made. */
async function alone<T>(context: Context, keeping: Keeping, work: (lock: Lock) => Promise<T>): Promise<T> {
  const { lockAccount } = await import('../../config/account-lock.ts');
  const { dataDir } = await context.places();
  const { baseUrl, account, clock, signal } = keeping;
  const onWait = (): void => context.talk.notice('Waiting: another apply is at work on this account.');
  return lockAccount({ dataDir: dataDir.value, baseUrl, account, clock, signal, onWait }, work);
}

interface Applying {
  readonly lock: Lock;
  readonly options: ApplyOptions;
}

async function planAndApply(
  context: Context,
  keeping: Keeping,
  wish: ApplyWish,
  { lock, options }: Applying,
): Promise<ShownPlan> {
  // What an interrupted run has asked for is in the account before that is read.
  const recoveries = (await recoverFirst(context, keeping)).filter(({ created }) => created === null);
  const plan = await planNow(keeping, wish);
  if (isEmpty(plan)) return plan;
  if (wish.wanted.length === 0 && !options.allowEmpty) refuseEmpty(plan);
  if (!options.yes) await confirm(context, plan);
  const { concurrency = DEFAULT_CONCURRENCY } = options;
  return applyAndReport(context, { keeping, plan, recoveries, concurrency, lock, secretOptions: options });
}

/** A manifest that came out empty, by a template or a wrong file, is no wish to have nothing. */
function refuseEmpty({ delete: { length } }: ShownPlan): void {
  if (length === 0) return;
  const all = length === 1 ? 'the only webhook' : `all ${length} webhooks`;
  throw new Failure('usage', `The manifest is empty: this would delete ${all} of the account`, {
    hint: 'Where that is meant, add --allow-empty.',
  });
}

async function confirm(context: Context, plan: ShownPlan): Promise<void> {
  const questions = await context.ask();
  if (questions.possible) for (const line of planLines(plan)) context.talk.show(line);
  if (await questions.confirm('Apply this plan?', '--yes')) return;
  throw new Failure('usage', 'Nothing was applied: the answer was no');
}

function exitOf(plan: ShownPlan): ExitCode {
  if (isEmpty(plan) || plan.plan_file !== undefined) return 0;
  const items = itemsOf(plan);
  if (items.every(({ status }) => status === undefined)) return 10;
  return worstExitCode([batchExit(items.map(({ error }) => ({ error: error ?? null }))), handedExit(items)]);
}
