import type { Context } from '../cli/context.ts';
import { defineCommand } from '../cli/define.ts';
import { single } from '../cli/options.ts';
import { Failure } from '../errors.ts';
import { readBody } from './body-option.ts';
import { SCHEME_HELP, signingScheme } from './scheme-name.ts';
import { onlySecret, readSecretEnv, type SigningSecret, storedSecret } from './signing-secret.ts';
import { time } from './time-option.ts';

/** What `sign` gives: the headers in the order they are sent. */
interface Signed {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly scheme: string;
  /** Null for a secret of --secret-env. */
  readonly webhook_id: string | null;
  /** The id and time that were signed; null where the scheme signs none. */
  readonly event_id: string | null;
  /** ISO 8601 UTC. */
  readonly timestamp: string | null;
}

export const command = defineCommand({
  description:
    'Prints one "Name: value" a line, as curl -H @file reads them. The body is taken byte for byte, line ends too. ' +
    'Without --webhook and --secret-env the stored secret is used, if there is only one.',
  examples: [
    { command: 'kycgenie sign --body @event.json' },
    {
      command: 'kycgenie sign --secret-env KYC_SECRET --scheme stripe --body @event.json > headers.txt',
      means: 'then: curl -H @headers.txt --data-binary @event.json http://localhost:3000/kyc',
    },
    { command: 'printf %s "$BODY" | kycgenie sign --webhook f67f165d-0d1e-4eb7-81e6-3494a260dcd4 --json' },
  ],
  exits: [3],
  setup: (command) =>
    command
      .option('--webhook <id>', 'sign with the stored secret of this webhook', single('--webhook'))
      .option(
        '--secret-env <name>',
        'sign with the secret in this environment variable',
        single('--secret-env'),
      )
      .option('--scheme <scheme>', SCHEME_HELP, single('--scheme'))
      .option('--body <body>', 'text, @file, or - for standard input (default: -)')
      .option('--id <id>', 'of the event (default: a fresh one)', single('--id'))
      .option('--timestamp <time>', 'ISO 8601 or Unix time (default: now)', time('--timestamp')),
  async run(context, options): Promise<Signed> {
    const { webhookId, secret } = await chooseSecret(context, options);
    const scheme = await signingScheme(context, options.scheme);
    const { newEventId } = await import('../sending/simulated-event.ts');
    const { sign } = await import('../signing/sign.ts');
    const id = options.id ?? newEventId();
    const timestampMs = options.timestamp ?? context.clock.now();
    const body = await readBody(context, options.body ?? '-');
    const [template] = scheme.templates;
    return {
      headers: sign(scheme, { id, timestampMs, body }, [secret]),
      scheme: scheme.name,
      webhook_id: webhookId,
      event_id: template.includes('{id}') ? id : null,
      timestamp: template.includes('{timestamp}') ? new Date(timestampMs).toISOString() : null,
    };
  },
  view: ({ headers }) => ({ kind: 'lines', lines: headers.map(([name, value]) => `${name}: ${value}`) }),
  ids: ({ headers }) => headers.map(([name, value]) => `${name}: ${value}`),
});

interface Chosen {
  readonly webhook?: string | undefined;
  readonly secretEnv?: string | undefined;
}

async function chooseSecret(context: Context, { webhook, secretEnv }: Chosen): Promise<SigningSecret> {
  if (webhook !== undefined && secretEnv !== undefined) {
    throw new Failure('usage', '--webhook and --secret-env exclude each other', {
      hint: 'Give one of them.',
    });
  }
  if (secretEnv !== undefined) return { webhookId: null, secret: readSecretEnv(context, secretEnv) };
  return webhook === undefined ? onlySecret(context) : storedSecret(context, webhook);
}
