import type { CreatedWebhook } from '../../api/client.ts';
import type { Context } from '../../cli/context.ts';
import { reportFailure } from '../../cli/failure.ts';
import { Failure } from '../../errors.ts';
import type { Lock } from '../../lock.ts';
import type { Applied } from '../../provision/apply.ts';
import type { Keeping } from '../../provision/keeping.ts';
import type { Plan } from '../../provision/plan.ts';
import type { Recovery } from '../../provision/recover.ts';
import { openSecretSinks, type SecretSinks, type WithHandedOver } from './handing-over.ts';
import { isEmpty, itemsOf, type ShownPlan } from './plan-view.ts';
import { printable, type SecretOptions } from './secret-options.ts';

/** Time for a lock to be refreshed, after this process was held up. */
const REFRESH_MS = 1_500;

interface Applying {
  readonly keeping: Keeping;
  readonly plan: Plan;
  readonly recoveries: Recovery[];
  readonly concurrency: number;
  readonly lock: Lock;
  readonly secretOptions: SecretOptions;
}

/** Applies the plan, says what nobody would see, and gives it back with what became of each item. */
export async function applyAndReport(context: Context, applying: Applying): Promise<ShownPlan> {
  const { keeping, plan, recoveries, concurrency, lock, secretOptions } = applying;
  const { applyPlan } = await import('../../provision/apply.ts');
  const expected = plan.create.map(({ event_type }) => ({ webhookId: null, eventType: event_type }));
  const sinks = await openSecretSinks(context, secretOptions, expected);
  const progress = context.talk.progress('Applying', itemsOf(plan).length);
  try {
    const applied = await applyPlan({
      ...{ keeping, plan, recoveries, concurrency },
      mayWrite: () => stillAlone(context, lock),
      onCreated: (created) => handOn(context, created, secretOptions, sinks),
      onDone: () => progress.advance(),
    });
    warnOf(context, applied);
    const shown = toShown(plan, applied);
    if (context.quiet && !isEmpty(shown)) tellFailures(context, shown);
    return shown;
  } finally {
    progress.end();
  }
}

/** Where the secret of a new subscription goes besides the store, right after it is there; gives what is printed. */
async function handOn(
  context: Context,
  { id, event_type, webhook_url, secret }: CreatedWebhook,
  options: SecretOptions,
  sinks: SecretSinks,
): Promise<HandedOn> {
  const handover = { webhookId: id, eventType: event_type, webhookUrl: webhook_url, secret };
  return { secret_key: printable(context, secret, options), ...(await sinks.handOver(handover)) };
}

interface HandedOn extends WithHandedOver {
  readonly secret_key: string;
}

/** A process that was suspended may find that another has taken its place. */
async function stillAlone({ clock, signal }: Context, lock: Lock): Promise<void> {
  if (lock.held()) return;
  await clock.sleep(REFRESH_MS, signal);
  if (lock.held()) return;
  throw new Failure('condition_not_met', 'This run was held up so long that another may have begun', {
    hint: 'Run it again: it goes on where this one ended.',
  });
}

function warnOf({ talk }: Context, { create, doubled }: Applied<HandedOn>): void {
  for (const { status, item, id } of create) {
    if (status === 'withdrawn')
      talk.warn(
        `${item.event_type} to ${item.webhook_url} was subscribed by somebody else meanwhile: ${id} was deleted ` +
          'again, and its secret is void. The one that stays has its secret where it was made.',
      );
  }
  for (const { event_type, webhook_url } of doubled)
    talk.warn(
      `${event_type} to ${webhook_url} is there twice: somebody else was at work. See webhooks diff --prune.`,
    );
}

function tellFailures({ talk }: Context, shown: ShownPlan): void {
  for (const { event_type, webhook_url, error } of itemsOf(shown))
    if (error) talk.warn(`${event_type} to ${webhook_url}: ${error.message}`);
}

const toShown = ({ unchanged }: Plan, applied: Applied<HandedOn>): ShownPlan => ({
  create: applied.create.map(({ item, id, status, error, handed }) => ({
    ...{ id, ...item, status, secret_stored: handed !== null && status !== 'withdrawn' },
    ...(handed ?? { secret_key: null }),
    error: reported(error),
  })),
  update: applied.update.map(({ item, status, error }) => ({ ...item, status, error: reported(error) })),
  delete: applied.delete.map(({ item, status, error }) => ({ ...item, status, error: reported(error) })),
  unchanged,
});

const reported = (error: unknown) => (error === null ? null : reportFailure(error));
