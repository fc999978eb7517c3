import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import { systemReason } from '../../system-error.ts';

/** What was looked at, how it is, and what a person can do about it. */
export interface Check {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped';
  readonly message: string;
  readonly remedy: string | null;
}

type Found = Omit<Check, 'check'>;

export const ok = (message: string): Found => ({ status: 'ok', message, remedy: null });
export const skipped = (message: string): Found => ({ status: 'skipped', message, remedy: null });
export const warned = (message: string, remedy: string): Found => ({ status: 'warn', message, remedy });
export const failed = (message: string, remedy: string): Found => ({ status: 'fail', message, remedy });

/** An error in the words that it has for people. */
export function failedBy(error: unknown): Found {
  if (error instanceof Failure) return failed(error.message, error.hint ?? 'Run it again with --debug.');
  return failed(`It could not be looked at: ${systemReason(error)}`, 'Run it again with --debug.');
}

/** Far more than a healthy machine takes; what takes longer is itself a finding. */
export const CHECK_TIMEOUT_MS = 10_000;

/**
 * Runs one look within its time. Never throws, but for the signal's reason when the run itself is interrupted:
 * what goes wrong is a finding.
 */
export async function look(
  context: Context,
  check: string,
  work: (signal: AbortSignal) => Promise<Found>,
): Promise<Check> {
  const over = new AbortController();
  const signal = AbortSignal.any([context.signal, over.signal]);
  const late = context.clock.sleep(CHECK_TIMEOUT_MS, signal).then(
    () => failed(`No answer within ${CHECK_TIMEOUT_MS / 1000} s`, 'Is the disk or the network very slow?'),
    () => new Promise<never>(() => undefined),
  );
  try {
    const found = await Promise.race([work(signal), late]);
    return { check, ...found };
  } catch (error) {
    context.signal.throwIfAborted();
    return { check, ...failedBy(error) };
  } finally {
    over.abort();
  }
}
