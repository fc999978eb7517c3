import { Secret } from '../secret.ts';
import { guessAlterations } from './alterations.ts';
import { AUTO } from './auto.ts';
import { describeScheme } from './describe.ts';
import { DETECT_WORK_BYTES, detectScheme } from './detect.ts';
import { type Probe, probeAll, probeScheme } from './probe.ts';
import { findPreset, type Scheme } from './scheme.ts';
import type { Problem } from './verdict.ts';
import type { Candidate, Delivery } from './verify.ts';
import { Work } from './work.ts';

/** A delivery that did not verify, and what else is known here. */
export interface Failed {
  /** What was found so far. */
  readonly problem: Problem;
  /** Null under auto as long as no scheme is pinned. */
  readonly scheme: Scheme | null;
  readonly delivery: Delivery;
  readonly candidates: readonly Candidate[];
  /** Stored secrets that were not tried: of other webhooks, and earlier ones that are not accepted any more. */
  readonly others?: readonly Candidate[] | undefined;
  readonly nowMs: number;
}

/** What proves an explanation: an HMAC that matches. */
export type Evidence =
  | { readonly kind: 'other_secret'; readonly webhookId: string | null; readonly age: Candidate['age'] }
  | { readonly kind: 'untidy_secret'; readonly webhookId: string | null }
  | { readonly kind: 'other_scheme'; readonly scheme: Scheme }
  | { readonly kind: 'alteration'; readonly name: string };

export interface Explanation extends Problem {
  /** Null: nothing more was found than the problem itself. */
  readonly evidence: Evidence | null;
}

/** Some 25 ms at worst, whatever was sent: for deliveries that a person looks at, not for each of a flood. */
export const EXPLAIN_WORK_BYTES = 16_777_216;

/** Of the work of an explanation: for the secrets that were not tried, and as much for untidy ones. */
const SECRETS_SHARE = 0.25;
/** For each body that may have been the original, where no scheme is known. */
const BODY_WORK_BYTES = 131_072;

/**
 * Finds out why a delivery did not verify: another secret, another scheme, or an altered body. Timestamps that are
 * off explain themselves. Never throws.
 */
export function explain(failed: Failed, work: Work = new Work(EXPLAIN_WORK_BYTES)): Explanation {
  const { problem, scheme, delivery, nowMs } = failed;
  if (problem.reason === 'wrong_secret') {
    const probe = scheme
      ? probeScheme(scheme, delivery.headers)
      : probeAll(delivery.headers, nowMs, BODY_WORK_BYTES);
    return (
      findSecret(failed, probe, work) ??
      findScheme(failed, work) ??
      findAlteration(failed, probe, work) ??
      nothing(problem)
    );
  }
  const isShape = problem.reason === 'missing_header' || problem.reason === 'malformed_header';
  return (isShape ? findScheme(failed, work) : null) ?? nothing(problem);
}

const nothing = ({ reason, hint }: Problem): Explanation => ({ reason, hint, evidence: null });

function findSecret(
  { delivery, candidates, others = [] }: Failed,
  probe: Probe,
  work: Work,
): Explanation | null {
  const other = probe(delivery.body, others, work.portion(work.limitBytes * SECRETS_SHARE));
  if (other) {
    const { webhookId, age } = other;
    return {
      reason: 'wrong_secret',
      hint: otherSecret(webhookId, age),
      evidence: { kind: 'other_secret', webhookId, age },
    };
  }
  const tidied = [...candidates, ...others].flatMap(tidy);
  const untidy = probe(delivery.body, tidied, work.portion(work.limitBytes * SECRETS_SHARE));
  if (untidy === null) return null;
  const { webhookId } = untidy;
  return {
    reason: 'wrong_secret',
    hint: untidySecret(webhookId),
    evidence: { kind: 'untidy_secret', webhookId },
  };
}

/** The secret without what is easily stored along with it, if there is such. */
function tidy(candidate: Candidate): readonly Candidate[] {
  const text = candidate.secret.reveal();
  const bare = text
    .trim()
    .replace(/^(["'`])(.*)\1$/, '$2')
    .trim();
  return bare === text || bare === '' ? [] : [{ ...candidate, secret: new Secret(bare) }];
}

function otherSecret(webhookId: string | null, age: Candidate['age']): string {
  if (webhookId === null)
    return 'Signed with a secret that is known here but was not tried: name it with --secret-env.';
  return age === 'current'
    ? `Signed with the secret of another webhook, ${webhookId}: add --webhook ${webhookId}, or point that webhook elsewhere.`
    : `Signed with the previous secret of webhook ${webhookId}, which is not accepted any more: the sender has not ` +
        'changed over to the new one, or sends an old delivery again.';
}

function untidySecret(webhookId: string | null): string {
  const whose = webhookId === null ? 'given' : `stored for webhook ${webhookId}`;
  return `Signed with the secret that is ${whose}, but without the white space or quotes around it: store it anew without them (printf adds no line end, echo does).`;
}

function findScheme({ scheme, delivery, candidates, nowMs }: Failed, work: Work): Explanation | null {
  if (scheme === null) return null;
  const found = detectScheme(delivery, candidates, { nowMs, work: work.portion(DETECT_WORK_BYTES) });
  if (found === null) return null;
  const choice = findPreset(found.scheme.name) ? found.scheme.name : AUTO;
  const hint =
    `Signed, with a known secret, by another scheme than ${scheme.name} (${describeScheme(found.scheme).replace(/\.$/, '')}): ` +
    `use --scheme ${choice}; \`kycgenie config unset scheme\` forgets one that the profile keeps.`;
  return { reason: 'wrong_scheme', hint, evidence: { kind: 'other_scheme', scheme: found.scheme } };
}

function findAlteration({ delivery, candidates }: Failed, probe: Probe, work: Work): Explanation | null {
  for (const { name, original, hint } of guessAlterations(delivery.body, work)) {
    if (probe(original, candidates, work)) {
      return { reason: 'body_altered', hint, evidence: { kind: 'alteration', name } };
    }
    if (work.isExhausted) break;
  }
  return null;
}
