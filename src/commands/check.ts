import {
  ANSWER_MS,
  CATALOGUE,
  GRADES,
  MAX_ANSWER_MS,
  MAX_REQUESTS,
  PROBE_IDS,
  type ProbeId,
} from '../check/catalogue.ts';
import type { Reported } from '../check/finding.ts';
import type { Subject } from '../check/subject.ts';
import type { Wire } from '../check/wire.ts';
import type { Context } from '../cli/context.ts';
import { defineCommand } from '../cli/define.ts';
import { collect, single } from '../cli/options.ts';
import { describeDuration, formatDuration } from '../duration.ts';
import { Failure } from '../errors.ts';
import { ownHeaders } from './check/headers.ts';
import { chosenProbes, probeIds } from './check/options.ts';
import { checkSecrets } from './check/secrets.ts';
import { explainTls, permittedTarget } from './check/target.ts';
import { type Checked, countOf, exitOf, firstAdvice, toProbe, viewChecked } from './check/view.ts';
import { checkEventType } from './event-type.ts';
import { SCHEME_HELP, signingScheme } from './scheme-name.ts';
import { howStopped } from './trigger/view.ts';

const DEFAULT_EVENT_TYPE = 'screening.completed';

const list = PROBE_IDS.map(
  (id) => `  ${id.padEnd(21)}${CATALOGUE[id].level.padEnd(8)}${CATALOGUE[id].title}`,
);
const grades = GRADES.toReversed().map(([grade, rule]) => `  ${grade}  ${rule}`);

export const command = defineCommand({
  description:
    `Sends made-up deliveries, right ones and forged ones, each marked "simulated": true with a fresh id, and judges ` +
    `the answers: at most ${MAX_REQUESTS} requests, ${ANSWER_MS / 1000} s each (or --timeout, up to ${formatDuration(MAX_ANSWER_MS)}), following no redirect. Exits ` +
    'with 8 unless all musts hold. What the receiver does with an event it does with these too: use a test system.\n\n' +
    `Probes (the first always runs):\n${list.join('\n')}\n\nGrades, of what was looked at:\n${grades.join('\n')}`,
  examples: [
    { command: 'kycgenie check http://localhost:3000/kyc' },
    {
      command: 'kycgenie check http://localhost:3000/kyc --secret-env KYC_SECRET --secret-env KYC_OLD_SECRET',
      means: 'both sides of a rotation: the current secret, then the one before',
    },
    {
      command:
        "kycgenie check http://localhost:3000/kyc --skip get --json | jq '.probes[] | select(.advice)'",
    },
    { command: 'kycgenie check https://staging.example.com/kyc --i-own-this-host staging.example.com' },
  ],
  exits: [3, 7, 8],
  setup: (command) =>
    command
      .argument('<url>', 'your receiver; http only on this machine')
      .option('--only <probe>', 'run this alone; repeat for more', probeIds('--only', PROBE_IDS))
      .option(
        '--skip <probe>',
        'leave this out; repeat for more',
        probeIds(
          '--skip',
          PROBE_IDS.filter((id) => id !== 'valid'),
        ),
      )
      .option(
        '--event <type>',
        `type of the events (default: that of the webhook, else ${DEFAULT_EVENT_TYPE})`,
        single('--event'),
      )
      .option(
        '--forward-header <header>',
        "add or replace a header, such as 'X-Env: test', or those in @file; repeat for more",
        collect,
      )
      .option(
        '--i-own-this-host <host>',
        'for a receiver on another machine: its host name once more',
        single('--i-own-this-host'),
      )
      .option('--insecure', 'accept a self-signed certificate on this machine')
      .optionsGroup('Signature:')
      .option(
        '--webhook <id>',
        'sign with the stored secret of this webhook, for a day after a rotation with the one before too',
        single('--webhook'),
      )
      .option(
        '--secret-env <name>',
        'sign with the secret in this environment variable; a second one is the secret before',
        collect,
      )
      .option('--scheme <scheme>', SCHEME_HELP, single('--scheme')),
  async run(context, options, text): Promise<Checked> {
    const wanted = chosenProbes(options.only, options.skip);
    const url = await permittedTarget(context, text, options);
    if (options.event !== undefined) await checkEventType(context, options.event);
    const { webhookId, eventType, ...secrets } = await checkSecrets(context, options, url);
    const scheme = await signingScheme(context, options.scheme);
    const subject: Subject = {
      url,
      scheme,
      ...secrets,
      eventType: options.event ?? eventType ?? DEFAULT_EVENT_TYPE,
      headers: await ownHeaders(context, options.forwardHeader ?? [], scheme),
    };
    return runCheck(context, { subject, webhookId, wanted, insecure: options.insecure === true });
  },
  view: viewChecked,
  ids: ({ probes }) => probes.filter(({ result }) => result === 'failed').map(({ id }) => id),
  exit: exitOf,
});

interface Plan {
  readonly subject: Subject;
  readonly webhookId: string | null;
  readonly wanted: ReadonlySet<ProbeId>;
  readonly insecure: boolean;
}

async function runCheck(context: Context, { subject, webhookId, wanted, insecure }: Plan): Promise<Checked> {
  const { clock, signal, talk } = context;
  const { check } = await import('../check/run.ts');
  const { gradeOf, holdsMusts } = await import('../check/grade.ts');
  const wire = await openWire(context, subject.url, insecure);
  const startedMs = clock.now();
  const reported: Reported[] = [];
  const progress = talk.progress('Checking', PROBE_IDS.length);
  try {
    for await (const one of check({ subject, wire, clock, signal, wanted })) {
      reported.push(one);
      progress.advance();
    }
  } catch (error) {
    explainTls(error, subject.url);
    throw error;
  } finally {
    progress.end();
  }
  const stopped = signal.aborted ? howStopped(signal.reason) : null;
  const secrets = [subject.secret, subject.older].filter((one) => one !== null);
  return {
    url: subject.url.href,
    grade: stopped === null ? gradeOf(reported) : null,
    scheme: subject.scheme.name,
    webhook_id: webhookId,
    event_type: subject.eventType,
    passed: countOf(reported, 'passed'),
    failed: countOf(reported, 'failed'),
    warned: countOf(reported, 'warned'),
    skipped: countOf(reported, 'skipped'),
    unjudged: reported.filter(({ isUnjudged }) => isUnjudged).length,
    musts_hold: holdsMusts(reported) ? (stopped === null ? true : null) : false,
    requests: wire.requests,
    duration_ms: Math.max(0, clock.now() - startedMs),
    stopped,
    advice: firstAdvice(reported),
    probes: reported.map((one) => toProbe(one, secrets)),
  };
}

async function openWire(context: Context, url: URL, insecure: boolean): Promise<Wire> {
  const { env, clock, signal, talk } = context;
  const { createSend } = await import('../http.ts');
  const { openConnection } = await import('../http/connection.ts');
  const { proxyFor } = await import('../http/proxy.ts');
  const { MAX_WAITED_MS, Wire } = await import('../check/wire.ts');
  const timeoutMs = await answerMs(context);
  const send = createSend({ env, insecure, alone: true });
  const connect = proxyFor(env, url) === null ? () => openConnection(url, { insecure }) : null;
  const most = describeDuration(MAX_WAITED_MS);
  const onWait = () =>
    talk.notice(`The receiver limits the rate: waiting as it asks, ${most} in all at most.`);
  return new Wire({ url, timeoutMs, send, connect, clock, signal, onWait });
}

/** What is set for calls of the API only shortens it. Throws Failure `usage` for a flag that is too long. */
async function answerMs({ settings }: Context): Promise<number> {
  const { value, origin } = (await settings()).timeoutMs;
  if (origin !== 'flag') return Math.min(value, ANSWER_MS);
  if (value <= MAX_ANSWER_MS) return value;
  throw new Failure(
    'usage',
    `check waits ${formatDuration(MAX_ANSWER_MS)} at most for an answer, not ${formatDuration(value)}`,
    { hint: `Give --timeout ${formatDuration(MAX_ANSWER_MS)} or less.` },
  );
}
