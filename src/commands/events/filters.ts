import type { Context } from '../../cli/context.ts';
import type { Command, OptionValues } from '../../cli/define.ts';
import { someOf } from '../../cli/one-of.ts';
import { collect } from '../../cli/options.ts';
import type { DeliveryMeta } from '../../listen/inbox/meta.ts';
import { eventMatcher } from '../event-matcher.ts';
import { parseWhen, SINCE_HELP, UNTIL_HELP } from '../when-option.ts';

export interface EventFilterOptions {
  readonly event?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly signature?: readonly string[] | undefined;
  readonly failed?: true | undefined;
}

/** Which events of the inbox are meant. */
export interface EventFilter {
  /** By what is known without the body. */
  readonly isWanted: (delivery: DeliveryMeta) => boolean;
  readonly isWantedType: (eventType: string | null) => boolean;
}

const STATUSES = ['valid', 'invalid', 'unverified'] as const;

/** The filters that every command over the inbox takes. */
export const withEventFilters = <A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) =>
  command
    .optionsGroup('Filters:')
    .option('--event <type>', 'event type or group; repeat for more', collect)
    .option('--since <when>', SINCE_HELP)
    .option('--until <when>', UNTIL_HELP)
    .option(
      '--signature <status>',
      `${STATUSES.join(', ')}; repeat for more`,
      someOf('--signature', STATUSES),
    )
    .option('--failed', 'only what your app did not take or, if not forwarded, was not answered with 2xx');

export const isFiltering = ({ event, since, until, signature, failed }: EventFilterOptions): boolean =>
  [event, since, until, signature, failed].some((given) => given !== undefined);

/** Throws Failure `usage` for a time or a group that is none. */
export function toEventFilter(context: Context, options: EventFilterOptions): EventFilter {
  const now = context.clock.now();
  const { event, since, until, signature: statuses, failed } = options;
  const fromMs = since === undefined ? Number.NEGATIVE_INFINITY : parseWhen('--since', since, now);
  const toMs = until === undefined ? Number.POSITIVE_INFINITY : parseWhen('--until', until, now);
  return {
    isWantedType: event === undefined ? () => true : eventMatcher(context, event),
    isWanted: (delivery) =>
      delivery.receivedMs >= fromMs &&
      delivery.receivedMs <= toMs &&
      (statuses?.includes(delivery.signature.status) ?? true) &&
      (failed !== true || isFailed(delivery)),
  };
}

function isFailed({ forward, status: answered }: DeliveryMeta): boolean {
  const status = forward === null ? answered : forward.status;
  return status === null || status < 200 || status >= 300;
}
