import { defineStream } from '../../cli/define.ts';
import { port } from '../../cli/options.ts';
import { aborted } from '../../clock.ts';
import { DEFAULT_UI_PORT, type InspectorLine, viewInspector } from '../inspector/line.ts';
import { openUi } from '../inspector/open.ts';

export const command = defineStream({
  description:
    'Serves a page on this machine that shows the inbox: what was received, why a signature failed, what your app ' +
    'said, and what another listen adds meanwhile. Deliveries can be compared and sent again; with an API key there ' +
    'are the delivery log and the subscriptions, too. The address that it prints holds a token that lets in whoever ' +
    'has it, as long as this runs; under --json it is the field url of the line inspector. Ctrl-C stops it.',
  examples: [
    { command: 'kycgenie events ui' },
    {
      command: 'kycgenie events ui --port 0 --json',
      means: 'on a free port, which the line inspector names',
    },
  ],
  setup: (command) =>
    command.option('--port <port>', `port, 0 for a free one (default: ${DEFAULT_UI_PORT})`, port('--port')),
  async *run(context, options): AsyncGenerator<InspectorLine> {
    const ui = await openUi(context, {
      port: options.port,
      portOption: '--port',
      mode: 'inbox',
      run: () => ({ listening_url: null, forward_to: null }),
      addressOf: () => null,
      hasInbox: true,
    });
    try {
      yield ui.line;
      await aborted(context.signal);
    } finally {
      await ui.close();
    }
  },
  view: viewInspector,
  id: ({ url }) => url,
});
