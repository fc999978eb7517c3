import type { Clock } from '../clock.ts';
import { describeScheme } from '../signing/describe.ts';
import type { Scheme } from '../signing/scheme.ts';
import type { Verdict } from '../signing/verdict.ts';
import type { Candidate, Delivery } from '../signing/verify.ts';
import type { SignaturePolicy } from './answer.ts';
import { createExplainer, type Explain } from './explainer.ts';
import type { SchemeLine, SignatureFields } from './line.ts';
import { openVerifier, type SchemeChoice, type Verifier } from './verifier.ts';

export interface JudgeOptions {
  readonly scheme: SchemeChoice;
  /** Keeps a scheme that was found; false when it is for this run only. May reject. */
  readonly pin?: ((scheme: Scheme, webhookId: string | null) => Promise<boolean>) | undefined;
  /** The secrets known at the moment; asked for with each delivery, so keep the Secret objects. */
  readonly candidates: () => readonly Candidate[];
  /** Known secrets that are not accepted: one of them may be the reason why a delivery does not verify. */
  readonly others?: (() => readonly Candidate[]) | undefined;
  /** Reads the secrets anew before a delivery is found wanting; true when there is something new to try. May reject. */
  readonly renew?: (() => Promise<boolean>) | undefined;
  readonly clock: Clock;
  readonly policy: SignaturePolicy;
  /** Instead of the scheme's own. */
  readonly toleranceMs?: number | undefined;
}

/** Who hears what the judge finds besides verdicts. */
export interface JudgeHears {
  onScheme(line: SchemeLine): void;
  onProblem(error: unknown, otherwise: string): void;
}

/** Says of each delivery whether a known secret signed it. */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #hears: JudgeHears;
  readonly #verifier: Verifier;
  #pinning: Promise<void> | undefined;
  readonly explain: Explain;

  constructor(options: JudgeOptions, hears: JudgeHears) {
    this.#options = options;
    this.#hears = hears;
    this.#verifier = openVerifier(options.scheme, (scheme, webhookId) => {
      this.#pinning = this.#pin(scheme, webhookId);
    });
    const { clock, candidates, others = () => [] } = options;
    this.explain = createExplainer({ clock, scheme: this.#verifier.scheme, candidates, others });
  }

  async judge(delivery: Delivery, nowMs: number): Promise<SignatureFields> {
    const verdict = await this.#verdict(delivery, nowMs);
    // So that the line of a scheme comes before those of the deliveries that it verified.
    if (this.#pinning) await this.#pinning;
    return signatureFields(verdict);
  }

  async #verdict(delivery: Delivery, nowMs: number): Promise<Verdict> {
    const { policy, candidates, toleranceMs } = this.#options;
    if (policy === 'ignore')
      return { status: 'unverified', hint: 'Signatures are not checked (--no-verify).' };
    const { verify } = this.#verifier;
    const verdict = verify(delivery, candidates(), { nowMs, toleranceMs });
    if (verdict.status === 'valid' || !(await this.#renew())) return verdict;
    return verify(delivery, candidates(), { nowMs, toleranceMs });
  }

  /** Secrets that cannot be read anew are no reason to refuse what those known so far can verify. */
  async #renew(): Promise<boolean> {
    try {
      return (await this.#options.renew?.()) ?? false;
    } catch (error) {
      this.#hears.onProblem(error, 'The stored secrets could not be read anew');
      return false;
    }
  }

  async #pin(scheme: Scheme, webhookId: string | null): Promise<void> {
    let pinned = false;
    try {
      pinned = (await this.#options.pin?.(scheme, webhookId)) ?? false;
    } catch (error) {
      this.#hears.onProblem(error, 'The scheme could not be kept in the profile');
    }
    this.#hears.onScheme({
      type: 'scheme',
      scheme: scheme.name,
      description: describeScheme(scheme),
      pinned,
    });
  }
}

function signatureFields(verdict: Verdict): SignatureFields {
  return {
    status: verdict.status,
    reason: verdict.status === 'invalid' ? verdict.reason : null,
    hint: verdict.status === 'valid' ? null : verdict.hint,
    scheme: verdict.status === 'unverified' ? null : verdict.scheme,
    webhook_id: verdict.status === 'valid' ? verdict.webhookId : null,
    secret_age: verdict.status === 'valid' ? verdict.secretAge : null,
  };
}
