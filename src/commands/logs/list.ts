import { MAX_PAGE_SIZE } from '../../api/wire.ts';
import { definePagedList } from '../../cli/define.ts';
import { API_EXITS } from '../../cli/failure.ts';
import { wholeNumber } from '../../cli/options.ts';
import { Failure } from '../../errors.ts';
import { toFilter, withFilters } from './filters.ts';
import { sayWhenLong } from './long-read.ts';
import { viewEntries } from './view.ts';

const DEFAULT_LIMIT = 50;

export const command = definePagedList({
  description:
    'The API has no filters: pages are read until enough entries match. --since ends the search early. ' +
    'With -o ndjson each entry is passed on as it is read.',
  examples: [
    { command: 'kycgenie logs list --status failed --since 2h' },
    { command: "kycgenie logs list --event 'screening.*' --code 5xx --limit 10" },
    { command: 'kycgenie logs list --all -o ndjson > deliveries.ndjson' },
  ],
  exits: API_EXITS,
  setup: (command) =>
    withFilters(
      command
        .option(
          '--limit <n>',
          `at most this many (default: ${DEFAULT_LIMIT})`,
          wholeNumber('--limit', { min: 1 }),
        )
        .option('--all', 'no limit')
        .option(
          '--page-size <n>',
          `entries to ask for at a time (default: ${MAX_PAGE_SIZE})`,
          wholeNumber('--page-size', { min: 1, max: MAX_PAGE_SIZE }),
        ),
    ),
  async *run(context, options) {
    if (options.all && options.limit !== undefined)
      throw new Failure('usage', '--all and --limit exclude each other');
    const filter = toFilter(options, context);
    const { readLogPages } = await import('../../deliveries/read.ts');
    const limit = options.limit ?? DEFAULT_LIMIT;
    const reading = {
      filter,
      wanted: options.all ? undefined : limit,
      pageSize: options.pageSize ?? MAX_PAGE_SIZE,
      signal: context.signal,
      onPage: sayWhenLong(context),
    };
    let listed = 0;
    for await (const entries of readLogPages(await context.api(), reading)) {
      listed += entries.length;
      yield entries;
    }
    if (!options.all && options.limit === undefined && listed === limit)
      context.talk.notice(`The newest ${limit}: --limit or --all shows more.`);
  },
  view: (entries, { now }) => viewEntries(entries, now),
  id: ({ id }) => id,
  isWhole: true,
});
