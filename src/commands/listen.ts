import type { Context } from '../cli/context.ts';
import { defineStream } from '../cli/define.ts';
import { Failure } from '../errors.ts';
import type { SignaturePolicy } from '../listen/answer.ts';
import type { ListenLine, SummaryLine } from '../listen/line.ts';
import type { Scheme } from '../signing/scheme.ts';
import { eventMatcher } from './event-matcher.ts';
import { type InspectorLine, viewInspector } from './inspector/line.ts';
import { checkTogether, tlsPair } from './listen/checks.ts';
import { Expectations } from './listen/expectations.ts';
import { type Flags, withFlags } from './listen/flags.ts';
import { pruneLeftovers } from './listen/leftovers.ts';
import { lineJson } from './listen/line-json.ts';
import { DEFAULT_PORT } from './listen/options.ts';
import { openReplies } from './listen/replies.ts';
import { secretSource } from './listen/secrets.ts';
import { readSubscribe } from './listen/subscribe.ts';
import { Subscribed } from './listen/subscribed.ts';
import { ListenUi } from './listen/ui.ts';
import { viewLine, viewSummary } from './listen/view.ts';
import { verifyingScheme } from './scheme-name.ts';
import { pinScheme } from './scheme-text.ts';

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
  setup: withFlags,
  async *run(context, options): AsyncGenerator<ListenLine | InspectorLine> {
    checkTogether(options);
    const ui = new ListenUi(context, options);
    const expectations = new Expectations(context, options.expect ?? []);
    const wish = await readSubscribe(context, options);
    if (wish === null) void pruneLeftovers(context);
    const replies = await openReplies(context, options);
    const subscription = new Subscribed(context, wish, options.path);
    const status = context.talk.status();
    try {
      await ui.open();
      const { listen } = await import('../listen/listen.ts');
      const lines = listen({
        ...(await listenOptions(context, options, ui)),
        ...replies,
        isLast: () => options.expect !== undefined && expectations.areMet,
        onCount: (summary) => status.set(viewSummary(summary)),
        signal: AbortSignal.any([context.signal, subscription.lost]),
      });
      for await (const line of lines) {
        if (line.type === 'ready') await subscription.open(line);
        expectations.note(line);
        const more = ui.note(line);
        if (line.type === 'summary') status.end();
        yield line;
        yield* more;
        if (line.type === 'summary' && !context.signal.aborted) judge(line, options, expectations);
      }
      subscription.lost.throwIfAborted();
    } finally {
      status.end();
      await Promise.all([replies.close(), subscription.close(), ui.close()]);
    }
  },
  view: (line, { now, options }) =>
    line.type === 'inspector' ? viewInspector(line) : viewLine(line, options.verbose === true, now),
  id: (line) => (line.type === 'event' ? line.id : null),
  isWhole: true,
  json: lineJson,
});

/** What is received, and how it is verified. */
async function listenOptions(context: Context, options: Flags, ui: ListenUi) {
  const { openCandidates } = await import('../listen/candidates.ts');
  const { serve } = await import('../serve.ts');
  return {
    serve,
    ...(await openCandidates(await secretSource(context, options))),
    scheme: await verifyingScheme(context, options.scheme),
    pin: (scheme: Scheme, webhookId: string | null) => {
      ui.pin(scheme);
      return pinScheme(context, scheme, webhookId);
    },
    clock: context.clock,
    policy: policyOf(options),
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
  };
}

function policyOf({ requireSignature, verify }: Flags): SignaturePolicy {
  if (requireSignature) return 'require';
  return verify ? 'check' : 'ignore';
}

/** A run with an end of its own is a test: too few deliveries, or a bad signature, fail it; not so where all came that was expected. */
function judge(
  { received, invalid, unverified }: SummaryLine,
  { exitAfter, duration, expect, requireSignature }: Flags,
  expectations: Expectations,
): void {
  if (exitAfter === undefined && duration === undefined && expect === undefined) return;
  if (expect !== undefined && expectations.areMet) return;
  const refused = invalid + (requireSignature ? unverified : 0);
  if (refused > 0)
    throw new Failure('signature_invalid', `${refused} of ${received} deliveries did not verify`);
  if (!expectations.areMet)
    throw new Failure('condition_not_met', `Did not come in time: ${expectations.missing()}`);
  if (exitAfter !== undefined && expect === undefined && received < exitAfter) {
    throw new Failure('condition_not_met', `${received} of ${exitAfter} deliveries came in time`);
  }
}
