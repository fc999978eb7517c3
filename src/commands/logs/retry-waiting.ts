import type { Api } from '../../api/client.ts';
import type { Context, Progress } from '../../cli/context.ts';
import type { PlannedRetry } from '../../config/retries.ts';
import { formatDuration } from '../../duration.ts';
import { Failure } from '../../errors.ts';
import type { RetryReport } from './retry-report.ts';

export interface Waiting {
  /** Begins to look for the outcome of an entry that was just asked for. */
  add(entry: PlannedRetry): void;
  /** Waits until all have one, or for so long; what is open then is reported as unsettled. */
  finish(timeoutMs: number): Promise<void>;
  /** Ends without waiting. */
  close(): Promise<void>;
}

/** Follows all entries of a run to their outcomes with one reader of the log. */
export async function openWaiting(context: Context, api: Api, report: RetryReport): Promise<Waiting> {
  const { clock, signal, talk } = context;
  const { watch } = await import('../../deliveries/watch.ts');
  const watching = watch({ api, clock, signal });
  /** Nothing tells their outcome from an older one: they are not looked for. */
  const unseen = new Set<string>();
  let open = 0;
  let progress: Progress | null = null;
  const follow = async (): Promise<Failure | null> => {
    try {
      for await (const entry of watching.outcomes()) {
        report.settled(entry);
        open -= 1;
        progress?.advance();
      }
      return null;
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
  };
  const following = follow();
  // Heard of in `finish`; until then it must not count as unhandled.
  following.catch(() => undefined);
  return {
    add({ id, status, attempt_number, created_at }) {
      if (status === null || created_at === null) {
        unseen.add(id);
        return;
      }
      open += 1;
      watching.add({ id, status, attempt_number, created_at });
    },
    async finish(timeoutMs) {
      watching.finish();
      progress = open > 0 ? talk.progress('Waiting for outcomes', open) : null;
      const over = new AbortController();
      const late = clock.sleep(timeoutMs, over.signal).then(
        () => watching.close(),
        () => undefined,
      );
      const failure = await following.finally(() => {
        over.abort();
        progress?.end();
      });
      await late;
      const why = whyUnsettled(signal, failure, timeoutMs);
      report.unsettled((id) => (unseen.has(id) ? NOT_SHOWN : why));
    },
    async close() {
      watching.close();
      await following.catch(() => undefined);
    },
  };
}

const NOT_SHOWN = new Failure(
  'condition_not_met',
  'The log does not show it, so its outcome was not waited for',
  {
    hint: 'Look for it with kycgenie logs get.',
  },
);

function whyUnsettled(signal: AbortSignal, failure: Failure | null, timeoutMs: number): Failure {
  if (signal.aborted && signal.reason instanceof Failure) return signal.reason;
  return (
    failure ??
    new Failure('condition_not_met', `It was not delivered or given up within ${formatDuration(timeoutMs)}`, {
      hint: 'It goes on by itself: see kycgenie logs get. --wait-timeout waits longer.',
    })
  );
}
