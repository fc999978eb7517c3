import type { Context } from '../cli/context.ts';
import { defineStream } from '../cli/define.ts';
import { bytes, collect, duration, host, port, wholeNumber } from '../cli/options.ts';
import { Failure } from '../errors.ts';
import type { SecretSource } from '../listen/candidates.ts';
import type { ListenLine, SummaryLine } from '../listen/line.ts';
import { Secret } from '../secret.ts';
import type { Candidate } from '../signing/verify.ts';
import { viewLine } from './listen-view.ts';
import { findScheme } from './scheme-name.ts';

const DEFAULT_PORT = 4242;

export const command = defineStream({
  description:
    'Answers 200 to deliveries whose signature is good, 401 to those whose is not, and says why. ' +
    'Without --webhook and --secret-env every secret of the profile is tried, current and previous; ' +
    'without any secret deliveries are accepted with a warning.',
  exits: [3, 8, 9],
  examples: [
    { command: 'kycgenie listen' },
    {
      command: 'kycgenie listen --port 0 --json --exit-after 1',
      means: 'for a script: a free port, one delivery',
    },
    { command: 'KYC_SECRET=$(cat secret.txt) kycgenie listen --secret-env KYC_SECRET --require-signature' },
  ],
  setup: (command) =>
    command
      .option('--port <port>', `port, 0 for a free one (default: ${DEFAULT_PORT})`, port('--port'))
      .option('--host <host>', 'address to listen on', host('--host'), '127.0.0.1')
      .option('--path <path>', 'path that takes deliveries, with all below it', receiverPath, '/')
      .option(
        '--respond <statuses>',
        'answer accepted deliveries with these in turn, such as 503,200',
        statuses,
      )
      .optionsGroup('Signatures:')
      .option('--webhook <id>', 'verify with the stored secrets of this webhook; repeat for more', collect)
      .option(
        '--secret-env <name>',
        'verify with the secret in this environment variable; repeat for more',
        collect,
      )
      .option('--scheme <name>', 'how deliveries are signed: see kycgenie help signatures')
      .option(
        '--tolerance <duration>',
        'how far a timestamp may be off (default: 5m)',
        duration('--tolerance'),
      )
      .option('--require-signature', 'refuse deliveries that no known secret can verify')
      .option('--no-verify', 'look at no signature')
      .optionsGroup('Bounds:')
      .option(
        '--max-body <size>',
        'largest body taken, such as 512kb or 1mb (default: 1mb)',
        bytes('--max-body'),
      )
      .option('--exit-after <n>', 'stop after this many deliveries', wholeNumber('--exit-after', { min: 1 }))
      .option('--duration <duration>', 'stop after this time', duration('--duration'))
      .optionsGroup('Output:')
      .option('--verbose', 'show headers and body of each delivery'),
  async *run(context, options): AsyncGenerator<ListenLine> {
    if (options.requireSignature && !options.verify) {
      throw new Failure('usage', '--require-signature and --no-verify exclude each other');
    }
    const { openCandidates } = await import('../listen/candidates.ts');
    const { listen } = await import('../listen/listen.ts');
    const { serve } = await import('../serve.ts');
    const lines = listen({
      serve,
      ...(await openCandidates(await secretSource(context, options))),
      scheme: await findScheme(options.scheme),
      clock: context.clock,
      policy: options.requireSignature ? 'require' : options.verify ? 'check' : 'ignore',
      path: options.path,
      respond: options.respond,
      toleranceMs: options.tolerance,
      host: options.host,
      port: options.port ?? DEFAULT_PORT,
      maxBodyBytes: options.maxBody,
      pid: context.pid,
      exitAfter: options.exitAfter,
      durationMs: options.duration,
      signal: context.signal,
    });
    for await (const line of lines) {
      yield line;
      if (line.type === 'summary' && !context.signal.aborted) judge(line, options);
    }
  },
  view: (line, { options }) => viewLine(line, options.verbose === true),
  id: (line) => (line.type === 'event' ? line.id : null),
});

interface Bounds {
  readonly exitAfter?: number | undefined;
  readonly duration?: number | undefined;
  readonly requireSignature?: true | undefined;
}

/** A run with an end of its own is a test: too few deliveries, or a bad signature, fail it. */
function judge(
  { received, invalid, unverified }: SummaryLine,
  { exitAfter, duration, requireSignature }: Bounds,
): void {
  if (exitAfter === undefined && duration === undefined) return;
  const refused = invalid + (requireSignature ? unverified : 0);
  if (refused > 0)
    throw new Failure('signature_invalid', `${refused} of ${received} deliveries did not verify`);
  if (exitAfter !== undefined && received < exitAfter) {
    throw new Failure('condition_not_met', `${received} of ${exitAfter} deliveries came in time`);
  }
}

function receiverPath(text: string): string {
  const path = text.startsWith('/') ? text : `/${text}`;
  if (/^[\x21-\x7e]+$/.test(path) && !/[?#]/.test(path)) return path;
  throw new Failure('usage', `--path takes the path of a URL, not "${text}"`, { hint: 'Such as /kyc.' });
}

function statuses(text: string): readonly number[] {
  const all = text.split(',').map((part) => (/^[2-5]\d\d$/.test(part.trim()) ? Number(part) : null));
  const valid = all.filter((status) => status !== null);
  if (valid.length === all.length) return valid;
  throw new Failure('usage', `--respond takes statuses with commas between, not "${text}"`, {
    hint: 'Such as 503,503,200.',
  });
}

interface Chosen {
  readonly webhook?: readonly string[] | undefined;
  readonly secretEnv?: readonly string[] | undefined;
}

async function secretSource(context: Context, chosen: Chosen): Promise<SecretSource> {
  const given = (chosen.secretEnv ?? []).map((name) => readSecretEnv(context, name));
  const store = await context.secrets();
  return {
    revision: () => store.revision(),
    load: async () => [...given, ...(await loadCandidates(context, chosen))],
  };
}

function readSecretEnv(context: Context, name: string): Candidate {
  const value = context.env[name];
  if (value) return { webhookId: null, age: 'current', secret: new Secret(value) };
  throw new Failure('usage', `The environment variable ${name} is not set`, {
    hint: '--secret-env takes the name of a variable that holds a secret, not the secret.',
  });
}

async function loadCandidates(
  context: Context,
  { webhook, secretEnv }: Chosen,
): Promise<readonly Candidate[]> {
  if (webhook === undefined && secretEnv !== undefined) return [];
  const kept = await (await context.secrets()).list();
  const missing = webhook?.find((id) => !kept.some(({ webhookId }) => webhookId === id));
  if (missing !== undefined) {
    throw new Failure('not_found', `No secret of webhook ${missing} is stored here`, {
      hint: 'See kycgenie secrets list, or store it with kycgenie secrets import.',
    });
  }
  return kept
    .filter(({ webhookId }) => webhook === undefined || webhook.includes(webhookId))
    .flatMap(({ webhookId, secrets }) =>
      secrets.map(
        ({ secret }, index) => ({ webhookId, age: index === 0 ? 'current' : 'previous', secret }) as const,
      ),
    );
}
