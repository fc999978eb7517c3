import type { LogEntry } from '../../api/wire.ts';
import type { Context } from '../../cli/context.ts';
import { defineCommand } from '../../cli/define.ts';
import { API_EXITS } from '../../cli/failure.ts';
import { duration, wholeNumber } from '../../cli/options.ts';
import { formatDuration } from '../../duration.ts';
import { Failure } from '../../errors.ts';
import { withFilters } from './filters.ts';
import { beginRun, confirm, planEntries, readEntries, resumeRun } from './retry-planning.ts';
import { type Retried, retriedExit } from './retry-report.ts';
import { carryOut } from './retry-running.ts';
import { chooseEntries, isFiltering, type SelectionOptions } from './retry-selection.ts';
import { viewPlan, viewRetried } from './retry-view.ts';

const DEFAULT_CONCURRENCY = 4;
const MAX_CONCURRENCY = 64;
/** Requests a second. */
const MAX_RATE = 1_000;
const DEFAULT_WAIT_MS = 60_000;

interface RetryOptions extends SelectionOptions {
  readonly concurrency?: number | undefined;
  readonly rate?: number | undefined;
  readonly dryRun?: true | undefined;
  readonly wait?: true | undefined;
  readonly waitTimeout?: number | undefined;
  readonly yes?: true | undefined;
  readonly resume?: true | undefined;
}

export const command = defineCommand({
  description:
    'Takes ids, - for ids on standard input (one a line), or filters: then all that match, with --status failed ' +
    'unless another is named. Filters need a yes, or --yes where nobody can be asked; ids do not.\n\n' +
    'The outcome of an entry is requested; not_requested where the API refused or could not be reached; unknown ' +
    'where no answer came and the log does not tell; skipped where the run ended first. With --wait it becomes ' +
    'delivered, failed, or unsettled when the time is up, and exit 8 says that not all were delivered.\n\n' +
    'A retry whose answer was lost is not sent again blindly: first the log has to show that its attempt number ' +
    'has not changed. When the API limits, all requests slow down together. A run of more than one entry is ' +
    'written down step by step; if it is interrupted, or entries are left, --resume goes on with the newest such ' +
    'run and reports on all of it; --rate, --concurrency and --wait are to be given to it again. Without --resume a run is always a new one, and says what is unfinished. ' +
    'Unfinished runs are kept for a week, at most 20.',
  examples: [
    { command: 'kycgenie logs retry a1b2c3d4-e5f6-7890-abcd-ef1234567890 --wait' },
    { command: 'kycgenie logs retry --since 2h --code 5xx --dry-run', means: 'what would be retried' },
    { command: "kycgenie logs retry --event 'screening.*' --since 1d --rate 20 --yes --json" },
    { command: 'kycgenie logs list --status failed --url acme -q | kycgenie logs retry -' },
    { command: 'kycgenie logs retry --resume', means: 'finish what was interrupted' },
  ],
  exits: [3, 5, 8, ...API_EXITS],
  setup: (command) =>
    withFilters(
      command
        .argument('[log_id...]', 'ids of log entries, or - for standard input')
        .option(
          '--concurrency <n>',
          `requests at once, up to ${MAX_CONCURRENCY} (default: ${DEFAULT_CONCURRENCY})`,
          wholeNumber('--concurrency', { min: 1, max: MAX_CONCURRENCY }),
        )
        .option('--rate <n/s>', `at most so many requests a second, up to ${MAX_RATE}`, parseRate)
        .option('--dry-run', 'only show what would be retried')
        .option('--wait', 'follow each delivery to its outcome')
        .option(
          '--wait-timeout <duration>',
          `wait so long after the last request (default: ${formatDuration(DEFAULT_WAIT_MS)})`,
          duration('--wait-timeout'),
        )
        .option('-y, --yes', 'do not ask for confirmation')
        .option(
          '--resume',
          'go on with the newest run that was interrupted; takes --rate, --concurrency and --wait anew',
        ),
    ).option('--limit <n>', 'at most this many, the newest', wholeNumber('--limit', { min: 1 })),
  async run(context, options, named): Promise<readonly LogEntry[] | readonly Retried[]> {
    checkOptions(options, named);
    const data = await (options.resume ? resume(context, options) : retry(context, options, named));
    if (context.quiet && !isPlan(data)) tellFailures(context, data);
    return data;
  },
  view: (data, { now }) => (isPlan(data) ? viewPlan(data, now) : viewRetried(data)),
  ids: (data) => (isPlan(data) ? data : data.filter(({ error }) => error === null)).map(({ id }) => id),
  exit: (data) => (isPlan(data) ? 0 : retriedExit(data)),
});

/** Ids alone do not tell of them. */
function tellFailures({ talk }: Context, data: readonly Retried[]): void {
  for (const { id, error } of data) if (error !== null) talk.warn(`${id}: ${error.message}`);
}

const isPlan = (data: readonly LogEntry[] | readonly Retried[]): data is readonly LogEntry[] =>
  data.every((item) => !('outcome' in item));

function checkOptions(options: RetryOptions, named: readonly string[]): void {
  if (options.waitTimeout !== undefined && !options.wait) {
    throw new Failure('usage', '--wait-timeout says how long to wait: add --wait');
  }
  if (!options.resume) return;
  if (named.length > 0 || isFiltering(options) || options.dryRun) {
    throw new Failure('usage', '--resume goes on with what was chosen before: no ids, filters or --dry-run', {
      hint: 'It takes --wait, --wait-timeout, --concurrency and --rate, as they are to be for the rest.',
    });
  }
}

async function retry(
  context: Context,
  options: RetryOptions,
  named: readonly string[],
): Promise<readonly LogEntry[] | readonly Retried[]> {
  const selection = await chooseEntries(context, named, options);
  const byFilter = selection.by === 'filters';
  const isUnasked = byFilter && !options.yes && !options.dryRun;
  if (isUnasked && !(await context.ask()).possible) throw needsYes();
  const api = await context.api();
  if (options.dryRun) return readEntries(context, api, selection);
  const planned = await planEntries(context, api, selection, options.wait === true);
  if (planned.length === 0) return [];
  if (isUnasked && planned.length > 1) await confirm(context, planned);
  const run = await beginRun(context, planned);
  return carryOut(context, { api, asking: await askingApi(context), run, ...pace(options) });
}

async function resume(context: Context, options: RetryOptions): Promise<readonly Retried[]> {
  const api = await context.api();
  const run = await resumeRun(context);
  if (run === null) return [];
  return carryOut(context, { api, asking: await askingApi(context), run, ...pace(options) });
}

/** Without tries of its own: the run has its own, at a pace that all requests share. */
const askingApi = (context: Context) => context.api({ maxRetries: 0 });

const pace = (options: RetryOptions) => ({
  concurrency: options.concurrency ?? DEFAULT_CONCURRENCY,
  ratePerSecond: options.rate ?? null,
  waitMs: options.wait ? (options.waitTimeout ?? DEFAULT_WAIT_MS) : null,
  paceArgs: paceArgs(options),
});

const paceArgs = ({ concurrency, rate, wait, waitTimeout }: RetryOptions): readonly string[] => [
  ...(concurrency === undefined ? [] : [`--concurrency ${concurrency}`]),
  ...(rate === undefined ? [] : [`--rate ${rate}`]),
  ...(wait ? ['--wait'] : []),
  ...(waitTimeout === undefined ? [] : [`--wait-timeout ${formatDuration(waitTimeout)}`]),
];

const needsYes = (): Failure =>
  new Failure('usage', 'Nobody can be asked whether all that match are to be retried', {
    hint: 'Look at them with --dry-run, then give --yes.',
  });

/** `20` or `20/s`; less than one is a request every so many seconds. */
function parseRate(text: string): number {
  const [, digits = ''] = /^(\d{1,4}(?:\.\d{1,3})?)(?:\/s)?$/.exec(text) ?? [];
  const rate = Number(digits);
  if (digits !== '' && rate > 0 && rate <= MAX_RATE) return rate;
  throw new Failure('usage', `--rate takes requests a second up to ${MAX_RATE}, not "${text}"`, {
    hint: 'Such as 20, or 0.5 for one every two seconds.',
  });
}
