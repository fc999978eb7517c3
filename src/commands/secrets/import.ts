import type { Context } from '../../cli/context.ts';
import { defineCommand } from '../../cli/define.ts';
import { Failure } from '../../errors.ts';
import { isOneVisibleWord, Secret } from '../../secret.ts';
import { MARKS } from '../../terminal/view.ts';

export const command = defineCommand({
  description:
    'Reads the secret from standard input, or asks for it without showing it. What does not begin with whsec_, as ' +
    'the secrets of the API do, is stored with a warning.',
  examples: [
    { command: 'kycgenie secrets import f67f165d-0d1e-4eb7-81e6-3494a260dcd4 < secret.txt' },
    { command: 'kycgenie secrets import f67f165d-0d1e-4eb7-81e6-3494a260dcd4', means: 'asks' },
  ],
  setup: (command) => command.argument('<webhook_id>', 'webhook id'),
  async run(context, _options, webhookId) {
    if (!isOneVisibleWord(webhookId)) throw new Failure('usage', `"${webhookId}" is not a webhook id`);
    const secret = await readSecret(context);
    const secrets = await context.secrets();
    const { timeAfter } = await import('../../provision/keeping.ts');
    const obtainedAt = timeAfter(context.clock, await secrets.look(webhookId));
    await secrets.put({ webhookId, secret, obtainedAt });
    warnOfShape(context, secret);
    return { webhook_id: webhookId, secret_key: secret.mask(), secret_stored: true };
  },
  view: ({ webhook_id, secret_key }) => ({
    kind: 'record',
    title: [MARKS.ok, ' Secret stored'],
    fields: [
      ['webhook', webhook_id],
      ['secret', secret_key],
    ],
  }),
  ids: ({ webhook_id }) => [webhook_id],
});

/** Another provider's may be meant: listen and verify know many schemes. */
function warnOfShape({ talk }: Context, secret: Secret): void {
  if (/^whsec_./.test(secret.reveal())) return;
  talk.warn(
    'This does not look like a signing secret of the API, which begins with whsec_. It is stored all the same.',
  );
}

/** Far beyond any signing secret. */
const MAX_SECRET_CHARS = 4096;

async function readSecret(context: Context): Promise<Secret> {
  const ask = await context.ask();
  const text = ask.possible ? await ask.secret('Signing secret:', 'standard input') : await context.stdin();
  const value = text.trim();
  if (isOneVisibleWord(value) && value.length <= MAX_SECRET_CHARS) return new Secret(value);
  throw new Failure(
    'usage',
    value === '' ? 'No secret was given' : 'A signing secret is one word of visible characters',
    {
      hint: 'Pipe it in: kycgenie secrets import <webhook_id> < secret.txt',
    },
  );
}
