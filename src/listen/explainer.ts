import type { Clock } from '../clock.ts';
import { explain } from '../signing/explain.ts';
import type { Scheme } from '../signing/scheme.ts';
import type { Candidate } from '../signing/verify.ts';
import type { KeptDelivery } from './kept.ts';
import type { SignatureFields } from './line.ts';

/** Of deliveries that did not verify: each may cost some 25 ms. */
const MAX_EXPLAINED_A_SECOND = 10;

export interface ExplainerOptions {
  readonly clock: Clock;
  /** Null as long as none is found. */
  readonly scheme: () => Scheme | null;
  readonly candidates: () => readonly Candidate[];
  /** Stored secrets that are not tried. */
  readonly others: () => readonly Candidate[];
}

/** Looks for the reason why a delivery did not verify, so often a second; null: not looked for. */
export type Explain = (kept: KeptDelivery) => SignatureFields | null;

/** For after the answer: looking may take longer than a sender waits. */
export function createExplainer({ clock, scheme, candidates, others }: ExplainerOptions): Explain {
  let current = { second: 0, count: 0 };
  const mayExplain = (): boolean => {
    const second = Math.floor(clock.now() / 1000);
    current = second === current.second ? { second, count: current.count + 1 } : { second, count: 1 };
    return current.count <= MAX_EXPLAINED_A_SECOND;
  };
  return (delivery) => {
    const { signature, receivedMs: nowMs } = delivery;
    const { reason, hint } = signature;
    if (signature.status !== 'invalid' || reason === null || !mayExplain()) return null;
    const found = explain({
      problem: { reason, hint: hint ?? '' },
      scheme: scheme(),
      delivery,
      candidates: candidates(),
      others: others(),
      nowMs,
    });
    return { ...signature, reason: found.reason, hint: found.hint };
  };
}
