import { DELIVERY_STATUSES } from '../../api/wire.ts';
import type { Context } from '../../cli/context.ts';
import type { Command, OptionValues } from '../../cli/define.ts';
import { someOf } from '../../cli/one-of.ts';
import { chooseEvents, collect } from '../../cli/options.ts';
import type { CodeFilter, LogFilter } from '../../deliveries/filter.ts';
import { Failure } from '../../errors.ts';
import { parseWhen, SINCE_HELP, UNTIL_HELP } from '../when-option.ts';

export interface FilterOptions {
  readonly status?: readonly string[] | undefined;
  readonly event?: readonly string[] | undefined;
  readonly url?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly code?: readonly string[] | undefined;
}

/** The filters that every command over the delivery log takes. */
export const withFilters = <A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
) =>
  command
    .optionsGroup('Filters:')
    .option(
      '--status <status>',
      `${DELIVERY_STATUSES.join(', ')}; repeat for more`,
      someOf('--status', DELIVERY_STATUSES),
    )
    .option('--event <type>', 'event type or group; repeat for more', collect)
    .option('--url <text>', 'only URLs that contain this')
    .option('--since <when>', SINCE_HELP)
    .option('--until <when>', UNTIL_HELP)
    .option('--code <code>', "the receiver's answer: 500, 5xx, or none; repeat for more", collect);

/** Durations count back from now. Warns of event types that the catalogue does not list; throws Failure `usage`. */
export function toFilter(options: FilterOptions, { clock, talk }: Context): LogFilter {
  const { status: statuses, event, url, code } = options;
  const chosen = event && chooseEvents(event);
  for (const type of chosen?.unknown ?? [])
    talk.warn(`${type} is not a documented event type. See kycgenie events types.`);
  const now = clock.now();
  const since = options.since === undefined ? undefined : parseWhen('--since', options.since, now);
  const until = options.until === undefined ? undefined : parseWhen('--until', options.until, now);
  if (since !== undefined && until !== undefined && since > until)
    throw new Failure('usage', '--since is later than --until: nothing lies between them');
  return {
    statuses: statuses && new Set(statuses),
    eventTypes: chosen && new Set(chosen.types),
    urlPart: url,
    since,
    until,
    codes: code?.map(parseCode),
  };
}

const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

function parseCode(text: string): CodeFilter {
  if (text === 'none') return 'none';
  const found = CLASSES.find((name) => name === text.toLowerCase());
  if (found) return found;
  if (/^[1-5]\d\d$/.test(text)) return Number(text);
  throw new Failure(
    'usage',
    `--code takes a status such as 500, a class such as 5xx, or none, not "${text}"`,
  );
}
