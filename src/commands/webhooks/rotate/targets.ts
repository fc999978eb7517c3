import type { Webhook } from '../../../api/wire.ts';
import type { Context } from '../../../cli/context.ts';
import { chooseEvents } from '../../../cli/options.ts';
import { Failure } from '../../../errors.ts';

/** A webhook whose secret is to be rotated; what nobody asked the API for is null. */
export interface Target {
  readonly id: string;
  readonly eventType: string | null;
  readonly webhookUrl: string | null;
}

interface Named {
  readonly id: string | undefined;
  readonly all: boolean;
  /** Types and groups; undefined where none was named. */
  readonly events: readonly string[] | undefined;
  /** Whether it matters which type and URL a webhook has. */
  readonly inDetail: boolean;
}

/** Exactly one way of naming them. Throws Failure `usage`, or `not_found` for event types that nothing subscribes to. */
export async function chooseTargets(
  context: Context,
  { id, all, events, inDetail }: Named,
): Promise<readonly Target[]> {
  if ([id !== undefined, all, events !== undefined].filter(Boolean).length !== 1) {
    throw new Failure('usage', 'Name what to rotate in one way: a webhook id, --event or --all', {
      hint: "One of the three, such as: kycgenie webhooks rotate --event 'screening.*'",
    });
  }
  const api = await context.api();
  const { signal } = context;
  if (id !== undefined) {
    if (!inDetail) return [{ id, eventType: null, webhookUrl: null }];
    return [toTarget(await api.getWebhook(id, { signal }))];
  }
  const types = events === undefined ? null : chooseEvents(events).types;
  const found = (await api.listWebhooks({ signal })).filter(
    ({ event_type }) => types?.includes(event_type) ?? true,
  );
  if (types !== null && found.length === 0) {
    throw new Failure('not_found', `No webhook subscribes to ${types.join(', ')}`, {
      hint: 'See kycgenie webhooks list.',
    });
  }
  return found.map(toTarget);
}

const toTarget = ({ id, event_type: eventType, webhook_url: webhookUrl }: Webhook): Target => ({
  id,
  eventType,
  webhookUrl,
});

/** What a person is asked before anything happens. */
export function question(targets: readonly Target[]): string {
  const [first] = targets;
  if (targets.length === 1)
    return `Rotate the signing secret of ${first?.id}? Its receiver will need the new one.`;
  const urls = new Set(targets.map(({ webhookUrl }) => webhookUrl)).size;
  const where = urls === 1 ? '1 URL' : `${urls} URLs`;
  return `Rotate the signing secrets of ${targets.length} webhooks at ${where}? Their receivers will need the new ones.`;
}
