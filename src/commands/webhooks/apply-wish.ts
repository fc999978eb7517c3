import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import type { Keeping } from '../../provision/keeping.ts';
import type { Plan } from '../../provision/plan.ts';
import type { SavedPlan } from '../../provision/saved-plan.ts';
import type { Subscription } from '../../provision/subscription.ts';
import { writeExport } from '../events/export-file.ts';
import { nameOf, readingOf, readLocated, readManifest } from './manifest-file.ts';
import type { ShownPlan } from './plan-view.ts';

/** What is to be applied: a manifest, or a plan that was saved. */
export interface ApplyWish {
  readonly wanted: readonly Subscription[];
  readonly prune: boolean;
  /** Null for a manifest. */
  readonly saved: SavedPlan | null;
}

interface Named {
  readonly file?: string | undefined;
  readonly prune?: true | undefined;
  readonly out?: string | undefined;
}

/** Throws Failure `usage` before anything is asked of the API. */
export async function readWish(
  context: Context,
  { file, prune, out }: Named,
  planFile: string | undefined,
): Promise<ApplyWish> {
  if (planFile === undefined && file !== undefined) {
    return { wanted: (await readManifest(context, file)).subscriptions, prune: prune === true, saved: null };
  }
  if (planFile === undefined) {
    throw new Failure('usage', 'There is nothing to apply', { hint: 'Name a manifest: -f webhooks.yaml.' });
  }
  if (file !== undefined || prune || out !== undefined) {
    throw new Failure('usage', 'A saved plan goes without --file, --prune and --out', {
      hint: 'It holds the manifest that it was made of.',
    });
  }
  const { readSavedPlan } = await import('../../provision/saved-plan.ts');
  const source = nameOf(planFile);
  const root = await readLocated(await context.readInput(planFile), source);
  const saved = readSavedPlan(root, await readingOf(context, source));
  return { wanted: saved.wanted, prune: saved.prune, saved };
}

/** What would be done to the account as it is now. Throws Failure where a saved plan would do something else. */
export async function planNow(keeping: Keeping, { wanted, prune, saved }: ApplyWish): Promise<Plan> {
  const { readAccount } = await import('../../provision/account.ts');
  const { makePlan } = await import('../../provision/plan.ts');
  const { checkAccount, stillPlanned } = await import('../../provision/saved-plan.ts');
  if (saved) checkAccount(saved, keeping);
  const account = await readAccount(keeping, wanted);
  return saved ? stillPlanned(saved, account) : makePlan(wanted, account, { prune });
}

/** Writes the plan to a file. With `isCheck` it is shown as nothing but what would change. */
export async function savePlan(
  context: Context,
  keeping: Keeping,
  wish: ApplyWish,
  path: string,
  isCheck: boolean,
): Promise<ShownPlan> {
  const plan = await planNow(keeping, wish);
  const { savedPlanText } = await import('../../provision/saved-plan.ts');
  const { wanted, prune } = wish;
  const { baseUrl, account } = keeping;
  async function* texts(): AsyncGenerator<string> {
    yield savedPlanText({ baseUrl, account, prune, wanted, plan });
  }
  await writeExport(path, texts(), true);
  if (!isCheck) return { ...plan, plan_file: path };
  context.talk.notice(`Saved the plan to ${path}.`);
  return plan;
}
