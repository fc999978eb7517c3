import type { Context } from '../cli/context.ts';
import { defineCommand } from '../cli/define.ts';
import { duration, single } from '../cli/options.ts';
import { Failure } from '../errors.ts';
import type { Scheme } from '../signing/scheme.ts';
import type { Problem, Reason, SecretAge } from '../signing/verdict.ts';
import type { Candidate, Delivery } from '../signing/verify.ts';
import { readBody } from './body-option.ts';
import { findEvent } from './events/inbox-events.ts';
import { readHeaders } from './header-lines.ts';
import { SCHEME_HELP, verifyingScheme } from './scheme-name.ts';
import { candidatesOf, knownCandidates } from './signing-secret.ts';
import { time } from './time-option.ts';
import { viewVerified } from './verify/view.ts';

/** What `verify` found, in the words of `listen`. */
export interface Verified {
  readonly status: 'valid' | 'invalid';
  /** Null where it is valid. */
  readonly reason: Reason | null;
  readonly hint: string | null;
  /** The one that verified or was asked for; `auto` where none was found. */
  readonly scheme: string;
  readonly scheme_description: string | null;
  /** Whose secret signed; null for one that belongs to none, or is not known. */
  readonly webhook_id: string | null;
  readonly secret_age: SecretAge | null;
  /** ISO 8601 UTC, of a signed timestamp; null where none is signed, or nothing proves it. */
  readonly signed_at: string | null;
  /** How long before the time of the check that was; negative for a time after it. */
  readonly skew_ms: number | null;
}

export const command = defineCommand({
  description:
    'Checks exact bytes, with the same reasons as listen: 0 for a good signature, 9 for a bad one. Without --webhook ' +
    'and --secret-env every stored secret is tried, current and previous. Without --scheme the scheme of the profile ' +
    'is used; where there is none, or with auto, it is found. A delivery of the inbox is judged as of the time it was ' +
    'received, unless --now says otherwise.',
  examples: [
    { command: 'kycgenie verify --headers @headers.txt --body @body.json' },
    { command: 'kycgenie verify --event last', means: 'the newest that listen kept, once more' },
    {
      command:
        'kycgenie verify --secret-env KYC_SECRET --headers @headers.txt --body - --now 2026-01-19T10:30:00Z',
      means: 'as it would have been judged when it came',
    },
  ],
  exits: [3, 9],
  setup: (command) =>
    command
      .option('--event <event>', 'a delivery of the inbox: id, unique prefix, or last', single('--event'))
      .option(
        '--headers <headers>',
        '@file of "Name: value" lines or JSON, or - for standard input',
        single('--headers'),
      )
      .option('--body <body>', 'text, @file, or - for standard input')
      .option('--webhook <id>', 'try the stored secrets of this webhook', single('--webhook'))
      .option('--secret-env <name>', 'try the secret in this environment variable', single('--secret-env'))
      .option('--scheme <scheme>', `auto, ${SCHEME_HELP}`, single('--scheme'))
      .option(
        '--tolerance <duration>',
        'how far a timestamp may be off (default: 5m)',
        duration('--tolerance'),
      )
      .option('--now <time>', 'check as of this time, ISO 8601 or Unix time', time('--now')),
  async run(context, options): Promise<Verified> {
    const { webhook, secretEnv } = options;
    if (webhook !== undefined && secretEnv !== undefined) {
      throw new Failure('usage', '--webhook and --secret-env exclude each other', {
        hint: 'Give one of them.',
      });
    }
    const { delivery, receivedMs } = await chooseDelivery(context, options);
    const candidates = await knownCandidates(context, {
      webhook: listOf(webhook),
      secretEnv: listOf(secretEnv),
    });
    if (candidates.length === 0) throw nothingKnown();
    const others = await otherSecrets(context, candidates);
    const scheme = await verifyingScheme(context, options.scheme);
    const nowMs = options.now ?? receivedMs ?? context.clock.now();
    const known = { delivery, candidates, others, nowMs, toleranceMs: options.tolerance };
    return scheme === null ? judgeUnknown(known) : judge(scheme, known);
  },
  view: viewVerified,
  ids: ({ webhook_id: id }) => (id === null ? [] : [id]),
  exit: ({ status }) => (status === 'valid' ? 0 : 9),
});

const listOf = (value: string | undefined): readonly string[] | undefined =>
  value === undefined ? undefined : [value];

interface Given {
  readonly event?: string | undefined;
  readonly headers?: string | undefined;
  readonly body?: string | undefined;
}

interface ChosenDelivery {
  readonly delivery: Delivery;
  /** Null where nobody knows. */
  readonly receivedMs: number | null;
}

async function chooseDelivery(context: Context, { event, headers, body }: Given): Promise<ChosenDelivery> {
  if (event !== undefined && headers === undefined && body === undefined) return keptDelivery(context, event);
  if (event === undefined && headers !== undefined && body !== undefined) {
    return { delivery: await readDelivery(context, headers, body), receivedMs: null };
  }
  throw new Failure('usage', 'Name the delivery: either --event, or --headers and --body', {
    hint: 'Such as --event last, or --headers @headers.txt --body @body.json.',
  });
}

async function keptDelivery(context: Context, wanted: string): Promise<ChosenDelivery> {
  const delivery = await findEvent(context, wanted);
  return { delivery, receivedMs: delivery.receivedMs };
}

async function readDelivery(context: Context, headers: string, body: string): Promise<Delivery> {
  if (headers === '-' && body === '-') {
    throw new Failure('usage', '--headers and --body cannot both be standard input', {
      hint: 'Keep one of them in a file.',
    });
  }
  const source = headers.startsWith('@') ? headers.slice(1) : '--headers';
  return {
    headers: readHeaders(await readBody(context, headers), source),
    body: await readBody(context, body),
  };
}

function nothingKnown(): Failure {
  return new Failure('not_found', 'No signing secret is known here', {
    hint: 'Store one with kycgenie secrets import, or name a variable that holds one with --secret-env.',
  });
}

/** Stored, and not to be tried: they may explain a failure. */
async function otherSecrets(context: Context, tried: readonly Candidate[]): Promise<readonly Candidate[]> {
  const stored = (await (await context.secrets()).list()).flatMap(candidatesOf);
  return stored.filter(({ secret }) => !tried.some((candidate) => candidate.secret.equals(secret)));
}

interface Known {
  readonly delivery: Delivery;
  readonly candidates: readonly Candidate[];
  readonly others: readonly Candidate[];
  readonly nowMs: number;
  readonly toleranceMs: number | undefined;
}

async function judge(scheme: Scheme, known: Known): Promise<Verified> {
  const { createVerifier } = await import('../signing/verify.ts');
  const { describeScheme } = await import('../signing/describe.ts');
  const verdict = createVerifier(scheme)(known.delivery, known.candidates, known);
  if (verdict.status === 'unverified') throw nothingKnown();
  const isTimed = verdict.status === 'valid' || verdict.reason.startsWith('timestamp_');
  return {
    status: verdict.status,
    ...(verdict.status === 'valid' ? NO_PROBLEM : await explained(scheme, known, verdict)),
    scheme: scheme.name,
    scheme_description: describeScheme(scheme),
    webhook_id: verdict.status === 'valid' ? verdict.webhookId : null,
    secret_age: verdict.status === 'valid' ? verdict.secretAge : null,
    ...(isTimed ? await signedTime(scheme, known) : UNSIGNED_TIME),
  };
}

const NO_PROBLEM = { reason: null, hint: null };

/** Looks for the scheme for as long as a person would wait. */
async function judgeUnknown(known: Known): Promise<Verified> {
  const { detectScheme, PATIENT_WORK_BYTES } = await import('../signing/detect.ts');
  const { Work } = await import('../signing/work.ts');
  const { delivery, candidates, nowMs } = known;
  const work = new Work(PATIENT_WORK_BYTES);
  const found = detectScheme(delivery, candidates, { nowMs, work });
  if (found !== null) return judge(found.scheme, known);
  const { AUTO } = await import('../signing/auto.ts');
  const { guessSignatures } = await import('../signing/guess-signature.ts');
  const { undetected } = await import('../signing/hints.ts');
  const { MAX_HEADERS_READ } = await import('../signing/search.ts');
  const [guess] = guessSignatures(delivery.headers.slice(0, MAX_HEADERS_READ));
  const problem = undetected(guess, candidates.length, false);
  return {
    status: 'invalid',
    ...(await explained(null, known, problem)),
    scheme: AUTO,
    scheme_description: null,
    webhook_id: null,
    secret_age: null,
    ...UNSIGNED_TIME,
  };
}

/** Why it did not verify, as far as it can be found out. */
async function explained(scheme: Scheme | null, known: Known, problem: Problem): Promise<Problem> {
  const { explain } = await import('../signing/explain.ts');
  const { PATIENT_WORK_BYTES } = await import('../signing/detect.ts');
  const { Work } = await import('../signing/work.ts');
  const { reason, hint } = explain({ ...known, scheme, problem }, new Work(PATIENT_WORK_BYTES));
  return { reason, hint };
}

const UNSIGNED_TIME = { signed_at: null, skew_ms: null };

/** The timestamp beside a signature that matched; null where several make it unclear which that was. */
async function signedTime(scheme: Scheme, { delivery, nowMs }: Known) {
  const { isProblem, readDelivery: read } = await import('../signing/read.ts');
  const { parseTemplate } = await import('../signing/template.ts');
  const parts = read(scheme, scheme.templates.map(parseTemplate), delivery.headers);
  const times = isProblem(parts) ? [] : parts.attempts.map(({ timestampMs }) => timestampMs);
  const [at] = times;
  if (at === undefined || at === null || times.some((time) => time !== at)) return UNSIGNED_TIME;
  return { signed_at: new Date(at).toISOString(), skew_ms: nowMs - at };
}
