import { defineStream } from '../cli/define.ts';
import { oneOf } from '../cli/one-of.ts';
import { bytes, collect, duration, host, port, wholeNumber } from '../cli/options.ts';
import { Failure } from '../errors.ts';
import type { ListenLine, SummaryLine } from '../listen/line.ts';
import { eventMatcher } from './event-matcher.ts';
import { checkTogether, tlsPair } from './listen-checks.ts';
import { Expectations } from './listen-expectations.ts';
import { appUrl, receiverPath, statuses } from './listen-options.ts';
import { openReplies } from './listen-replies.ts';
import { secretSource } from './listen-secrets.ts';
import { viewLine, viewSummary } from './listen-view.ts';
import { SCHEME_HELP, verifyingScheme } from './scheme-name.ts';
import { pinScheme } from './scheme-text.ts';

const DEFAULT_PORT = 4242;

export const command = defineStream({
  description:
    'Answers 200 to deliveries whose signature is good, 401 to those whose is not, and says why. ' +
    'Without --webhook and --secret-env every secret of the profile is tried, current and previous; ' +
    'without any secret deliveries are accepted with a warning. What was accepted is on disk before it is ' +
    'answered, see kycgenie events.',
  exits: [3, 7, 8, 9],
  examples: [
    { command: 'kycgenie listen' },
    {
      command: 'kycgenie listen --forward-to http://localhost:3000/webhooks',
      means: "to your app, whose status is the sender's answer",
    },
    {
      command: "kycgenie listen --route 'screening.*=http://localhost:3000/s' --ack on-receipt",
      means: 'acknowledge at once, forward until your app takes it',
    },
    {
      command: 'kycgenie listen --port 0 --json --expect screening.completed:2 --timeout 30s',
      means: 'in a pipeline: exit 8 unless two such events come in time',
    },
    { command: 'KYC_SECRET=$(cat secret.txt) kycgenie listen --secret-env KYC_SECRET --require-signature' },
  ],
  setup: (command) =>
    command
      .option('--port <port>', `port, 0 for a free one (default: ${DEFAULT_PORT})`, port('--port'))
      .option('--host <host>', 'address to listen on', host('--host'), '127.0.0.1')
      .option('--path <path>', 'path that takes deliveries, with all below it', receiverPath, '/')
      .option(
        '--event <type or group>',
        'show these alone; others are answered and kept; repeat for more',
        collect,
      )
      .option('--tls-cert <file>', 'certificate, to be reached over https')
      .option('--tls-key <file>', 'its key')
      .option('--no-save', 'keep no delivery on disk')
      .optionsGroup('Signatures:')
      .option('--webhook <id>', 'verify with the stored secrets of this webhook; repeat for more', collect)
      .option(
        '--secret-env <name>',
        'verify with the secret in this environment variable; repeat for more',
        collect,
      )
      .option('--scheme <name>', `how deliveries are signed: auto, ${SCHEME_HELP}`)
      .option(
        '--tolerance <duration>',
        'how far a timestamp may be off (default: 5m)',
        duration('--tolerance'),
      )
      .option('--require-signature', 'refuse deliveries that no known secret can verify')
      .option('--no-verify', 'look at no signature')
      .optionsGroup('Your app:')
      .option(
        '--forward-to <url>',
        'forward deliveries to your app; a port means localhost',
        appUrl('--forward-to'),
      )
      .option(
        '--route <group=url>',
        'forward these types elsewhere, such as screening.*=http://localhost:3000/s; repeat for more',
        collect,
      )
      .option(
        '--forward-header <header>',
        "add or replace a header, such as 'X-Env: test'; repeat for more",
        collect,
      )
      .option('--forward-insecure', 'accept a self-signed certificate of your app')
      .option(
        '--ack <when>',
        "after-forward (default): the app's status is the answer; on-receipt: 200 at once, then forwarded until the app takes it",
        oneOf('--ack', ['after-forward', 'on-receipt']),
      )
      .optionsGroup('To see how the sender retries:')
      .option(
        '--respond <statuses>',
        'answer accepted deliveries with these in turn, such as 503,200',
        statuses,
      )
      .option('--delay <duration>', 'wait before each answer', duration('--delay'))
      .optionsGroup('Bounds:')
      .option(
        '--max-body <size>',
        'largest body taken, such as 512kb or 1mb (default: 1mb)',
        bytes('--max-body'),
      )
      .option('--exit-after <n>', 'stop after this many deliveries', wholeNumber('--exit-after', { min: 1 }))
      .option('--duration <duration>', 'stop after this time', duration('--duration'))
      .option(
        '--expect <type[:n]>',
        'stop when these have come, fail unless they do; repeat for more',
        collect,
      )
      .option('--timeout <duration>', 'how long to wait for what --expect names', duration('--timeout'))
      .optionsGroup('Output:')
      .option('--verbose', 'show headers and body of each delivery'),
  async *run(context, options): AsyncGenerator<ListenLine> {
    checkTogether(options);
    const expectations = new Expectations(context, options.expect ?? []);
    const { openCandidates } = await import('../listen/candidates.ts');
    const { listen } = await import('../listen/listen.ts');
    const { serve } = await import('../serve.ts');
    const replies = await openReplies(context, options);
    const status = context.talk.status();
    try {
      const lines = listen({
        serve,
        ...(await openCandidates(await secretSource(context, options))),
        ...replies,
        scheme: await verifyingScheme(context, options.scheme),
        pin: (scheme, webhookId) => pinScheme(context, scheme, webhookId),
        clock: context.clock,
        policy: options.requireSignature ? 'require' : options.verify ? 'check' : 'ignore',
        path: options.path,
        isWanted: options.event && eventMatcher(context, options.event),
        toleranceMs: options.tolerance,
        host: options.host,
        port: options.port ?? DEFAULT_PORT,
        tls: await tlsPair(context, options),
        maxBodyBytes: options.maxBody,
        pid: context.processes.pid,
        exitAfter: options.exitAfter,
        durationMs: options.timeout ?? options.duration,
        isLast: () => options.expect !== undefined && expectations.areMet,
        onCount: (summary) => status.set(viewSummary(summary)),
        signal: context.signal,
      });
      for await (const line of lines) {
        expectations.note(line);
        if (line.type === 'summary') status.end();
        yield line;
        if (line.type === 'summary' && !context.signal.aborted) judge(line, options, expectations);
      }
    } finally {
      status.end();
      await replies.close();
    }
  },
  view: (line, { now, options }) => viewLine(line, options.verbose === true, now),
  id: (line) => (line.type === 'event' ? line.id : null),
});

interface Bounds {
  readonly exitAfter?: number | undefined;
  readonly duration?: number | undefined;
  readonly expect?: readonly string[] | undefined;
  readonly requireSignature?: true | undefined;
}

/** A run with an end of its own is a test: too few deliveries, or a bad signature, fail it. */
function judge(
  { received, invalid, unverified }: SummaryLine,
  { exitAfter, duration, expect, requireSignature }: Bounds,
  expectations: Expectations,
): void {
  if (exitAfter === undefined && duration === undefined && expect === undefined) return;
  const refused = invalid + (requireSignature ? unverified : 0);
  if (refused > 0)
    throw new Failure('signature_invalid', `${refused} of ${received} deliveries did not verify`);
  if (!expectations.areMet)
    throw new Failure('condition_not_met', `Did not come in time: ${expectations.missing()}`);
  if (exitAfter !== undefined && expect === undefined && received < exitAfter) {
    throw new Failure('condition_not_met', `${received} of ${exitAfter} deliveries came in time`);
  }
}
