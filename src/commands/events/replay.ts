import { defineCommand } from '../../cli/define.ts';
import { oneOf } from '../../cli/one-of.ts';
import { duration, single, wholeNumber } from '../../cli/options.ts';
import { Failure } from '../../errors.ts';
import type { KeptDelivery } from '../../listen/kept.ts';
import { SCHEME_HELP } from '../scheme-name.ts';
import { exitOf } from '../trigger/view.ts';
import { withEventFilters } from './filters.ts';
import { chooseRoute, openOutgoing } from './replay-outgoing.ts';
import { ORDERS, select } from './replay-selection.ts';
import { sendRound } from './replay-sending.ts';
import { type Replayed, viewReplayed } from './replay-view.ts';
import { openResigner } from './resigning.ts';

const MAX_TIMES = 10_000;
const MAX_CONCURRENCY = 256;

export const command = defineCommand({
  description:
    'The same bytes, method, query and headers, but for headers of the connection, go to exactly the URL of --to; ' +
    'without --to each goes to where listen forwarded it. The old signature goes along, which a receiver may ' +
    'refuse for its age: --resign replaces it by a fresh one, under the same event id. Filters leave out what ' +
    'listen refused, unless --signature invalid asks for it.',
  examples: [
    { command: 'kycgenie events replay last --to http://localhost:3000/kyc' },
    {
      command: 'kycgenie events replay --failed --since 1h --resign',
      means: 'what your app did not take, to where it was forwarded',
    },
    {
      command:
        'kycgenie events replay --since 1d --to http://localhost:3000/kyc --order shuffled --duplicate',
      means: 'out of order and twice, as a provider may deliver',
    },
  ],
  exits: [3, 8],
  setup: (command) =>
    withEventFilters(
      command
        .argument('[event...]', 'id, unique beginning of one, or last')
        .option('--to <url>', 'receiver; http only on this machine', single('--to'))
        .option(
          '--order <order>',
          `${ORDERS.join(', ')} (default: as named or received)`,
          oneOf('--order', ORDERS),
        )
        .option(
          '--times <n>',
          `go through all of them so often, up to ${MAX_TIMES} (default: 1)`,
          wholeNumber('--times', { min: 1, max: MAX_TIMES }),
        )
        .option('--duplicate', 'send each twice in a row')
        .option(
          '--concurrency <n>',
          `how many at once, up to ${MAX_CONCURRENCY}; with more than one they may overtake each other (default: 1)`,
          wholeNumber('--concurrency', { min: 1, max: MAX_CONCURRENCY }),
        )
        .option('--delay <duration>', 'wait between deliveries', duration('--delay'))
        .optionsGroup('Signature:')
        .option(
          '--resign',
          'sign anew: by the scheme and the secret that verified it, unless others are named',
        )
        .option('--webhook <id>', 'sign with the stored secret of this webhook', single('--webhook'))
        .option(
          '--secret-env <name>',
          'sign with the secret in this environment variable',
          single('--secret-env'),
        )
        .option('--scheme <scheme>', SCHEME_HELP, single('--scheme')),
    ),
  async run(context, options, named): Promise<Replayed> {
    checkSigning(options);
    const route = await chooseRoute(options.to);
    const resign = options.resign ? await openResigner(context, options) : null;
    const hasTarget = ({ sentTo }: Pick<KeptDelivery, 'sentTo'>): boolean =>
      options.to !== undefined || sentTo !== null;
    const selection = await select(context, named, { ...options, check: route, hasTarget });
    return sendRound(context, {
      selection,
      outgoing: await openOutgoing(route, resign),
      to: options.to === undefined ? null : new URL(options.to).href,
      isResigned: resign !== null,
      order: options.order,
      times: options.times ?? 1,
      copies: options.duplicate ? 2 : 1,
      concurrency: options.concurrency ?? 1,
      delayMs: options.delay ?? 0,
    });
  },
  view: viewReplayed,
  ids: ({ events }) => events.filter(({ sent, succeeded }) => succeeded === sent).map(({ id }) => id),
  exit: (done) => exitOf(done),
});

interface Signing {
  readonly resign?: true | undefined;
  readonly webhook?: string | undefined;
  readonly secretEnv?: string | undefined;
  readonly scheme?: string | undefined;
}

function checkSigning({ resign, webhook, secretEnv, scheme }: Signing): void {
  if (resign || (webhook ?? secretEnv ?? scheme) === undefined) return;
  throw new Failure('usage', '--webhook, --secret-env and --scheme say how to sign anew: add --resign');
}
