import { defineList } from '../../cli/define.ts';
import { wholeNumber } from '../../cli/options.ts';
import { isFiltering, toEventFilter, withEventFilters } from './filters.ts';
import { readNewestFirst } from './inbox-events.ts';
import { viewEvents } from './view.ts';

const DEFAULT_LIMIT = 50;

export const command = defineList({
  description:
    'The oldest are let go when there are many. The table shows as much of each id as names it for the other ' +
    'commands, and calls repeated what was delivered before, also by an earlier run; JSON has the fields of listen --json.',
  examples: [
    { command: 'kycgenie events list --failed --since 1h' },
    { command: "kycgenie events list --event 'screening.*' --signature invalid" },
    { command: 'kycgenie events list --json | jq -r ".[0].request.body_base64" | base64 -d' },
  ],
  setup: (command) =>
    withEventFilters(
      command.option(
        '--limit <n>',
        `at most this many (default: ${DEFAULT_LIMIT})`,
        wholeNumber('--limit', { min: 1 }),
      ),
    ),
  async *run(context, options) {
    const { limit = DEFAULT_LIMIT } = options;
    let listed = 0;
    for await (const event of readNewestFirst(context, toEventFilter(context, options))) {
      if (listed === limit) {
        if (options.limit === undefined) {
          context.talk.notice(`The newest ${DEFAULT_LIMIT}: --limit shows more, kycgenie events export all.`);
        }
        return;
      }
      yield event;
      listed += 1;
    }
  },
  view: (events, { now, options }) => viewEvents(events, now, isFiltering(options)),
  id: ({ id }) => id,
});
