import { type LogEntry, MAX_PAGE_SIZE } from '../../api/wire.ts';
import { defineCommand } from '../../cli/define.ts';
import { API_EXITS } from '../../cli/failure.ts';
import { Failure } from '../../errors.ts';
import { sayWhenLong } from './long-read.ts';
import { viewEntry } from './view.ts';

export const command = defineCommand({
  description: 'The API gives log entries only page by page, newest first: an old one takes a while to find.',
  examples: [
    { command: 'kycgenie logs get a1b2c3d4-e5f6-7890-abcd-ef1234567890 --json' },
    {
      command: 'kycgenie logs list --status failed --limit 1 -q | xargs -r kycgenie logs get',
      means: 'the newest failure',
    },
  ],
  exits: [3, ...API_EXITS],
  setup: (command) => command.argument('<log_id>', 'id of a log entry'),
  async run(context, _options, logId): Promise<LogEntry> {
    const { readLog } = await import('../../deliveries/read.ts');
    const reading = {
      filter: {},
      pageSize: MAX_PAGE_SIZE,
      signal: context.signal,
      onPage: sayWhenLong(context),
    };
    for await (const entry of readLog(await context.api(), reading)) {
      if (entry.id === logId) return entry;
    }
    throw new Failure('not_found', `There is no log entry ${logId}`, { hint: 'See kycgenie logs list.' });
  },
  view: (entry, { now }) => viewEntry(entry, now),
  ids: ({ id }) => [id],
});
