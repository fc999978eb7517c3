import { MAX_PAGE_SIZE } from '../../api/wire.ts';
import { defineCommand } from '../../cli/define.ts';
import { API_EXITS } from '../../cli/failure.ts';
import { oneOf } from '../../cli/one-of.ts';
import { wholeNumber } from '../../cli/options.ts';
import { toFilter, withFilters } from './filters.ts';
import { sayWhenLong } from './long-read.ts';
import { type StatsReport, viewStats } from './stats-view.ts';

const DEFAULT_SINCE_MS = 24 * 3_600_000;
const GROUPINGS = ['event', 'url', 'code', 'hour'] as const;

export const command = defineCommand({
  description:
    'Without --since, the last 24 hours (before --until, where that is given). The success rate counts what has ' +
    'ended: delivered among delivered and failed. Groups come with the most failures first, hours in their order.',
  examples: [
    { command: 'kycgenie logs stats' },
    { command: 'kycgenie logs stats --by url --since 2h', means: 'which receiver is in trouble' },
    { command: 'kycgenie logs stats --by hour --since 2d', means: 'when it began' },
    { command: 'kycgenie logs stats --since 1h --json' },
  ],
  exits: API_EXITS,
  setup: (command) =>
    withFilters(
      command
        .option('--by <what>', `group by ${GROUPINGS.join(', ')} (default: event)`, oneOf('--by', GROUPINGS))
        .option(
          '--limit <n>',
          'entries of the log to read at most (default: all since --since)',
          wholeNumber('--limit', { min: 1 }),
        ),
    ),
  async run(context, options): Promise<StatsReport> {
    const now = context.clock.now();
    const given = toFilter(options, context);
    const until = given.until ?? now;
    const filter = { ...given, since: given.since ?? until - DEFAULT_SINCE_MS };
    const by = options.by ?? 'event';
    const [{ readLogPages }, { StatsTally }] = await Promise.all([
      import('../../deliveries/read.ts'),
      import('../../deliveries/stats.ts'),
    ]);
    const tally = new StatsTally(by);
    const say = sayWhenLong(context);
    let isCut = false;
    const pages = readLogPages(await context.api(), {
      filter,
      pageSize: Math.min(MAX_PAGE_SIZE, options.limit ?? MAX_PAGE_SIZE),
      signal: context.signal,
      mostRead: options.limit,
      onPage: say,
      onCut: () => {
        isCut = true;
      },
    });
    for await (const entries of pages) for (const entry of entries) tally.add(entry);
    return {
      since: new Date(filter.since).toISOString(),
      until: new Date(until).toISOString(),
      by,
      limit_reached: isCut,
      ...tally.summary(),
    };
  },
  view: (report, { now }) => viewStats(report, now),
});
