import type { Context } from '../../../cli/context.ts';
import { type FailureReport, reportFailure } from '../../../cli/failure.ts';
import { commandWord } from '../../../command-word.ts';
import { Failure } from '../../../errors.ts';
import { isSuccess } from '../../../http/status.ts';
import type { Secret } from '../../../secret.ts';
import type { Outcome } from '../../../sending/attempt.ts';
import { signingScheme } from '../../scheme-name.ts';
import { storedSecret } from '../../signing-secret.ts';
import { type Probing, probe, probeUntilAccepted } from './probe.ts';
import type { Target } from './targets.ts';

export interface VerifyOptions {
  readonly verify?: true | undefined;
  readonly verifyUrl?: string | undefined;
  /** Milliseconds. */
  readonly verifyTimeout?: number | undefined;
  readonly scheme?: string | undefined;
}

/** Whether the receiver accepts deliveries that the new secret signs. */
export interface Verified {
  readonly url: string;
  readonly success: boolean;
  /** What it answered last; null where it gave no answer. */
  readonly http_status_code: number | null;
  readonly attempts: number;
  readonly error: FailureReport | null;
}

/** How long a receiver may take until it accepts the new secret. */
export const DEFAULT_TIMEOUT_MS = 60_000;

/** The receiver of one webhook, which is asked before and after a rotation. */
export interface Verifier {
  /** Throws Failure `condition_not_met` where the receiver does not accept the current secret, `not_found` without one. */
  before(): Promise<void>;
  after(secret: Secret): Promise<Verified>;
}

/** Null where nothing is to be verified. Throws Failure `usage`: to be called before anything is rotated. */
export async function openVerifiers(
  context: Context,
  options: VerifyOptions,
  targets: readonly Target[],
): Promise<((target: Target) => Verifier) | null> {
  if (!wantsVerifying(options)) {
    if (options.verifyTimeout === undefined && options.scheme === undefined) return null;
    throw new Failure('usage', '--verify-timeout and --scheme go with --verify or --verify-url');
  }
  const { readTarget } = await import('../../../sending/target.ts');
  const { verifyUrl, verifyTimeout: timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const given = verifyUrl === undefined ? null : readTarget(verifyUrl, '--verify-url');
  const urlOf = ({ id, webhookUrl }: Target): URL =>
    given ?? readTarget(webhookUrl ?? '', `The URL of webhook ${id}`);
  targets.forEach(urlOf);
  const scheme = await signingScheme(context, options.scheme);
  return (target) => open(context, target, { url: urlOf(target), scheme, timeoutMs });
}

export function wantsVerifying({ verify, verifyUrl }: VerifyOptions): boolean {
  if (verify && verifyUrl !== undefined) {
    throw new Failure('usage', '--verify and --verify-url exclude each other', {
      hint: '--verify delivers to the URL of the webhook itself.',
    });
  }
  return verify === true || verifyUrl !== undefined;
}

function open(context: Context, { id }: Target, probing: Probing): Verifier {
  return {
    async before() {
      const { secret } = await storedSecret(context, id);
      const outcome = await probe(context, probing, secret);
      context.signal.throwIfAborted();
      if (!isSuccess(outcome.status)) throw refusedBefore(id, outcome);
    },
    async after(secret) {
      const { attempts, outcome } = await probeUntilAccepted(context, probing, secret);
      const success = isSuccess(outcome.status);
      const failure = context.signal.aborted ? context.signal.reason : refusedAfter(id, outcome);
      return {
        url: outcome.url,
        success,
        http_status_code: outcome.status,
        attempts,
        error: success ? null : reportFailure(failure),
      };
    },
  };
}

function refusedBefore(id: string, outcome: Outcome): Failure {
  return new Failure(
    'condition_not_met',
    `Webhook ${id} was not rotated: its receiver ${said(outcome)} a delivery signed with the current secret`,
    {
      hint: `Check that it has the secret of kycgenie secrets show ${commandWord(id, '<webhook_id>')}, and that --scheme is its own; without --verify it is rotated all the same.`,
    },
  );
}

function refusedAfter(id: string, outcome: Outcome): Failure {
  const word = commandWord(id, '<webhook_id>');
  return new Failure(
    'condition_not_met',
    `The receiver of webhook ${id} ${said(outcome)} deliveries signed with its new secret`,
    {
      hint:
        'The API has rotated and signs with the new secret from now on or from some time soon: this cannot be taken ' +
        `back. Give the receiver the new one now: kycgenie secrets export ${word} --secret-exec '…'; until then let ` +
        `it accept the one before, too: kycgenie secrets show ${word} --previous`,
    },
  );
}

const said = ({ status, error }: Outcome): string =>
  status === null ? `gave no answer (${error}) to` : `answered ${status} to`;
