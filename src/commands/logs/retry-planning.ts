import { hostname } from 'node:os';
import type { Api } from '../../api/client.ts';
import type { LogEntry } from '../../api/wire.ts';
import type { Context } from '../../cli/context.ts';
import type { PlannedRetry, RetryRun, RetryRuns, UnfinishedRetry } from '../../config/retries.ts';
import { Failure } from '../../errors.ts';
import { openKeeping } from '../webhooks/keeping.ts';
import { singleRun } from './retry-running.ts';
import { lookUp, matching, Plan, type Selection } from './retry-selection.ts';
import { countEntries } from './retry-view.ts';

/** Kinds that are listed before a question. */
const MAX_COUNTS_SHOWN = 10;

/** The journals of the profile, base URL and API key in use. */
export async function openRuns(context: Context): Promise<RetryRuns> {
  const { openRetries } = await import('../../config/retries.ts');
  const { profile, baseUrl, account } = await openKeeping(context);
  const { dataDir } = await context.settings();
  const { clock, processes, talk } = context;
  return openRetries({
    dataDir: dataDir.value,
    hostname: hostname(),
    processes,
    clock,
    target: { profile, baseUrl, account },
    onDamage: talk.warn,
  });
}

/** The entries as the log has them now; what was named and is not found there is told. */
export async function readEntries(
  context: Context,
  api: Api,
  selection: Selection,
): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  const found =
    selection.by === 'ids' ? lookUp(context, api, selection.ids, true) : matching(context, api, selection);
  for await (const entry of found) entries.push(entry);
  if (selection.by === 'filters') return entries;
  const missing = selection.ids.length - entries.length;
  if (missing > 0) context.talk.warn(`${missing} of ${selection.ids.length} ids are not in the log`);
  const places = new Map(selection.ids.map((id, place) => [id, place]));
  return entries.sort((a, b) => (places.get(a.id) ?? 0) - (places.get(b.id) ?? 0));
}

/** What is to be retried, in the form that a run keeps. */
export async function planEntries(
  context: Context,
  api: Api,
  selection: Selection,
  thorough: boolean,
): Promise<readonly PlannedRetry[]> {
  const plan = new Plan();
  if (selection.by === 'filters') {
    for await (const entry of matching(context, api, selection)) plan.add(entry);
    return plan.entries();
  }
  for await (const entry of lookUp(context, api, selection.ids, thorough)) plan.add(entry);
  return plan.entries(selection.ids);
}

/** Asks before many entries are retried. Throws Failure `usage` where the answer is no. */
export async function confirm(context: Context, planned: readonly PlannedRetry[]): Promise<void> {
  const questions = await context.ask();
  const counts = countEntries(planned);
  for (const [type, url, count] of counts.slice(0, MAX_COUNTS_SHOWN)) {
    context.talk.notice(`${String(count).padStart(7)}  ${type}  ${url}`);
  }
  const others = counts.slice(MAX_COUNTS_SHOWN).reduce((sum, [, , count]) => sum + count, 0);
  if (others > 0) context.talk.notice(`${String(others).padStart(7)}  of other event types and URLs`);
  if (await questions.confirm(`Retry ${planned.length} deliveries?`, '--yes')) return;
  throw new Failure('usage', 'Nothing was retried: the answer was no');
}

/** Many entries get a journal, so that the run can be resumed. */
export async function beginRun(context: Context, planned: readonly PlannedRetry[]): Promise<RetryRun> {
  const runs = await openRuns(context);
  const [newest, ...older] = await runs.unfinished();
  if (newest) context.talk.warn(describeUnfinished(newest, older.length));
  return planned.length > 1 ? runs.begin(planned) : singleRun(planned);
}

/** The newest run that was interrupted; null where there is none. */
export async function resumeRun(context: Context): Promise<RetryRun | null> {
  const runs = await openRuns(context);
  const [newest, ...older] = await runs.unfinished();
  const run = newest === undefined ? null : await runs.resume(newest.id);
  if (newest === undefined || run === null) {
    context.talk.notice('There is no interrupted retry of this profile, base URL and API key.');
    return null;
  }
  context.talk.notice(`Going on with ${describe(newest)}.`);
  if (older.length > 0) context.talk.notice(`Older ones that are unfinished: ${older.length}; resume again.`);
  return run;
}

function describeUnfinished(newest: UnfinishedRetry, older: number): string {
  if (older === 0) return `${describe(newest)} is unfinished: ${RESUME} goes on with it`;
  return `${older + 1} retries are unfinished: ${RESUME} takes the newest, of ${newest.count} entries of ${newest.startedAt}`;
}

const RESUME = 'kycgenie logs retry --resume';

const describe = ({ count, startedAt }: UnfinishedRetry): string =>
  `The retry of ${count} entries of ${startedAt}`;
