import { defineCommand } from '../../cli/define.ts';
import type { EventLine } from '../../listen/line.ts';
import { findEvent, toEvent } from './inbox-events.ts';
import { viewEvent } from './view.ts';

export const command = defineCommand({
  description:
    'Long texts, lists and bodies are folded; --json has all of it, and the exact bytes of the body as ' +
    'request.body_base64.',
  examples: [
    { command: 'kycgenie events show last' },
    { command: 'kycgenie events show 3f2a --json' },
    {
      command: 'kycgenie events show last --json | jq -r .request.body_base64 | base64 -d',
      means: 'the body as it was sent',
    },
  ],
  exits: [3],
  setup: (command) => command.argument('<event>', 'id, unique beginning of one, or last'),
  async run(context, _options, wanted): Promise<EventLine> {
    return toEvent(context, await findEvent(context, wanted));
  },
  view: (event, { now }) => viewEvent(event, now),
  ids: ({ id }) => [id],
});
