import { DELIVERY_STATUSES } from '../../api/wire.ts';
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

/** @param now milliseconds since the epoch, which durations count back from */
export function toFilter(options: FilterOptions, now: number): LogFilter {
  const { status: statuses, event, url, since, until, code } = options;
  return {
    statuses: statuses && new Set(statuses),
    eventTypes: event && new Set(chooseEvents(event).types),
    urlPart: url,
    since: since === undefined ? undefined : parseWhen('--since', since, now),
    until: until === undefined ? undefined : parseWhen('--until', until, now),
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
