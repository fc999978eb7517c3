import type { Answer } from '../serve.ts';
import { refuse } from './refusal.ts';

/** What goes wrong with a call: refused before it happened, or its answer cut off after it happened. */
export type Fault = 'error' | 'unavailable' | 'cut';

const FAULTS: readonly Fault[] = ['error', 'unavailable', 'cut'];
const RETRY_AFTER_S = 1;

/** Undefined: nothing goes wrong. `rate` is the share of calls that fail, from 0 to 1. */
export function drawFault(rate: number, random: () => number): Fault | undefined {
  return random() < rate ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
}

/** Throws Refusal for the faults that keep a call from happening. */
export function refuseByFault(fault: Fault | undefined): void {
  if (fault === 'error') throw refuse(500, 'This failure was asked for with --fail.');
  if (fault === 'unavailable')
    throw refuse(503, 'This failure was asked for with --fail.', [['retry-after', String(RETRY_AFTER_S)]]);
}

/** Half of the answer under its full length: its connection ends in the middle. */
export function cut(answer: Answer): Answer {
  const whole = Buffer.from(answer.body ?? '');
  const headers = [...(answer.headers ?? []), ['content-length', String(whole.length)] as const];
  return { ...answer, headers, body: whole.subarray(0, whole.length >> 1) };
}
