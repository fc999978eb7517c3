import type { Api } from '../../api/client.ts';
import type { Context } from '../../cli/context.ts';
import type { PlannedRetry, RetryRun } from '../../config/retries.ts';
import type { RetryEntry, RetryJournal, RetryOutcome } from '../../deliveries/retry.ts';
import { formatDuration } from '../../duration.ts';
import { Failure } from '../../errors.ts';
import { type Retried, RetryReport, totals } from './retry-report.ts';
import { openWaiting, type Waiting } from './retry-waiting.ts';

/** A shorter pause is not worth a line. */
const TOLD_PAUSE_MS = 5_000;

export interface Running {
  /** Reads the log. */
  readonly api: Api;
  /** Asks for retries, each once: an API that limits is to slow all requests down, not one call. */
  readonly asking: Pick<Api, 'retryDelivery'>;
  readonly run: RetryRun;
  readonly concurrency: number;
  readonly ratePerSecond: number | null;
  /** Null: without waiting for outcomes. */
  readonly waitMs: number | null;
  /** What was typed of these: a run that is resumed has to be told again. */
  readonly paceArgs: readonly string[];
}

/** Retries what is left of a run, waits for the outcomes if need be, and reports on all of it. */
export async function carryOut(context: Context, running: Running): Promise<readonly Retried[]> {
  const { api, run, waitMs } = running;
  const report = new RetryReport(run.planned);
  // Before it is known what is left: the totals stand before the hint.
  if (run.planned.length > 1) context.afterwards(() => context.talk.notice(totals(report.all())));
  const waiting = waitMs === null ? null : await openWaiting(context, api, report);
  try {
    await requestAll(context, running, report, waiting);
    // One that could not be had fails as a whole.
    if (run.planned.length === 1 && report.refusal) throw report.refusal;
    if (waitMs !== null) await waiting?.finish(waitMs);
  } finally {
    await waiting?.close();
  }
  return report.all();
}

async function requestAll(
  context: Context,
  { api, asking, run, concurrency, ratePerSecond, paceArgs }: Running,
  report: RetryReport,
  waiting: Waiting | null,
): Promise<void> {
  const { clock, signal, talk } = context;
  const { retryAll } = await import('../../deliveries/retry.ts');
  const byId = new Map(waiting ? run.planned.map((planned) => [planned.id, planned] as const) : []);
  const { over, entries } = sortOut(run);
  const journal = countingJournal(run);
  const hear = ({ id, outcome, error }: RetryOutcome): void => {
    const planned = byId.get(id);
    report.asked(id, outcome, error);
    if (outcome === 'requested' && planned) waiting?.add(planned);
  };
  for (const outcome of over) hear(outcome);
  const progress = entries.length > 1 ? talk.progress('Retrying', entries.length) : null;
  try {
    for await (const outcome of retryAll({
      entries,
      api: { logPage: api.logPage, retryDelivery: asking.retryDelivery },
      concurrency,
      ratePerSecond,
      clock,
      signal,
      journal,
      onPause: (pauseMs) => tellPause(context, pauseMs),
    })) {
      hear(outcome);
      progress?.advance();
    }
  } catch (error) {
    await run.leave().catch(() => undefined);
    throw error;
  } finally {
    progress?.end();
  }
  await end(context, run, entries.length - journal.settled(), paceArgs);
}

function tellPause({ talk }: Context, pauseMs: number): void {
  if (pauseMs < TOLD_PAUSE_MS) return;
  const seconds = Math.ceil(pauseMs / 1000);
  talk.notice(`The API limits requests: all wait ${formatDuration(seconds * 1000)}.`);
}

/** What earlier runs have settled, and what is left. */
function sortOut(run: RetryRun) {
  const over: RetryOutcome[] = [];
  const entries: RetryEntry[] = [];
  for (const planned of run.planned) {
    const standing = run.standingOf(planned.id);
    if (standing === 'open') entries.push(planned);
    else if (standing === 'begun') entries.push({ ...planned, wasBegun: true });
    else over.push({ id: planned.id, ...standing });
  }
  return { over, entries };
}

function countingJournal(run: RetryRun): RetryJournal & { settled(): number } {
  let settled = 0;
  return {
    settled: () => settled,
    begin: (id) => run.begin(id),
    back: (id) => run.back(id),
    async done({ id, outcome, error }) {
      if (outcome === 'skipped') return;
      await run.done(id, { outcome, error });
      settled += 1;
    },
  };
}

async function end(
  { talk, afterwards }: Context,
  run: RetryRun,
  left: number,
  paceArgs: readonly string[],
): Promise<void> {
  try {
    await (left === 0 ? run.finish() : run.leave());
  } catch (error) {
    // What was done is to be reported all the same.
    if (!(error instanceof Failure)) throw error;
    talk.warn(error.message);
  }
  const { length } = run.planned;
  if (left === 0 || length === 1) return;
  const command = ['kycgenie logs retry --resume', ...paceArgs].join(' ');
  afterwards(() => talk.warn(`${left} of ${length} entries are left: ${command} goes on with them`));
}

/** One entry needs no journal: whoever asks for it sees what became of it. */
export function singleRun(planned: readonly PlannedRetry[]): RetryRun {
  const nothing = async (): Promise<void> => undefined;
  return {
    planned,
    standingOf: () => 'open',
    ...{ begin: nothing, done: nothing, back: nothing, finish: nothing, leave: nothing },
  };
}
