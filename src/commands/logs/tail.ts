import type { Context } from '../../cli/context.ts';
import { defineStream } from '../../cli/define.ts';
import { API_EXITS } from '../../cli/failure.ts';
import { duration, single, wholeNumber } from '../../cli/options.ts';
import type { Tail } from '../../config/tails.ts';
import type { FollowEvent } from '../../deliveries/follow.ts';
import { Failure } from '../../errors.ts';
import { type FilterOptions, toFilter, withFilters } from './filters.ts';
import { type Standing, viewEvent, viewStanding } from './tail-view.ts';

const DEFAULT_LINES = 10;
const MAX_LINES = 100_000;
const MIN_INTERVAL_MS = 100;
const MAX_INTERVAL_MS = 3_600_000;
/** Ids remembered for --quiet, which prints each once. */
const MAX_NAMED = 200_000;

interface TailOptions extends FilterOptions {
  readonly lines?: number | undefined;
  readonly interval?: number | undefined;
  readonly exitAfter?: number | undefined;
  readonly duration?: number | undefined;
  readonly resume?: string | undefined;
}

export const command = defineStream({
  description:
    'Shows the last deliveries that match, then each new one once, and once more each time its status, attempt ' +
    'or code changes. None is missed and none comes twice while the API fails, limits or resets. ' +
    '--since shows all from then on instead of the last lines. A filter looks at how a delivery is when it is shown. ' +
    'Changes are seen while a delivery is pending or retrying, and in any of the last 5 minutes or so. ' +
    'With --resume the next run under the same name goes on where this one ended.',
  examples: [
    { command: 'kycgenie logs tail' },
    { command: 'kycgenie logs tail --status failed --status retrying', means: 'what goes wrong, as it does' },
    {
      command: "kycgenie logs tail --event 'screening.*' --json --exit-after 1 --duration 1m",
      means: 'in a pipeline: wait for one delivery, a minute at most',
    },
    {
      command: 'kycgenie logs tail --resume alerts --status failed --json',
      means: 'for a job that restarts: what came meanwhile comes first',
    },
  ],
  exits: [...API_EXITS, 5, 8],
  setup: (command) =>
    withFilters(
      command
        .option(
          '-n, --lines <n>',
          `begin with the last n that match (default: ${DEFAULT_LINES}, none with --exit-after)`,
          wholeNumber('--lines', { max: MAX_LINES }),
        )
        .option('--interval <duration>', 'longest pause between two looks (default: 2s)', interval)
        .option(
          '--exit-after <n>',
          'end after n lines, entries and changes alike',
          wholeNumber('--exit-after', { min: 1 }),
        )
        .option('--duration <duration>', 'end after this time', duration('--duration'))
        .option('--resume <name>', 'go on where the tail of this name ended', single('--resume')),
    ),
  async *run(context, options: TailOptions): AsyncGenerator<FollowEvent> {
    const { exitAfter } = options;
    const filter = toFilter(options, context);
    // The tail waits and asks again by itself, and tells of it: retries within a call would be minutes of silence.
    const api = await context.api({ maxRetries: 0 });
    const { follow } = await import('../../deliveries/follow.ts');
    const tail = options.resume === undefined ? null : await openResume(context, options.resume);
    const status = context.talk.status();
    const standing = new Watcher((now) => status.set(viewStanding(now)));
    const end = endOf(context, options.duration);
    const named = new Set<string>();
    try {
      const events = follow({
        ...{ api, filter, clock: context.clock, signal: end.signal, lines: linesOf(options) },
        intervalMs: options.interval,
        onLook: ({ known, open }) => standing.look(known, open),
        ...(tail && { resume: { state: tail.state, save: saveAfterPrinting(context, tail) } }),
      });
      for await (const event of events) {
        standing.note(event);
        if (context.quiet) noteFirst(event, named);
        yield event;
        if (exitAfter !== undefined && standing.shown >= exitAfter) break;
      }
    } finally {
      end.over();
      status.end();
      await tail?.close();
    }
    context.talk.notice(standing.summary());
    judge(context, standing, exitAfter);
  },
  view: (event, { now }) => viewEvent(event, now),
  id: (event) => ('id' in event && FIRST_LINES.has(event) ? event.id : null),
  isWhole: true,
});

/** Events that are the first line of their entry in this run: also a change, where only then the entry matches. */
const FIRST_LINES = new WeakSet<FollowEvent>();

/** The oldest in `named` go when there are too many. */
function noteFirst(event: FollowEvent, named: Set<string>): void {
  if (!('id' in event) || named.has(event.id)) return;
  FIRST_LINES.add(event);
  named.add(event.id);
  const [oldest] = named;
  if (oldest !== undefined && named.size > MAX_NAMED) named.delete(oldest);
}

function interval(text: string): number {
  const ms = duration('--interval')(text);
  if (ms >= MIN_INTERVAL_MS && ms <= MAX_INTERVAL_MS) return ms;
  throw new Failure('usage', `--interval takes a duration from 100ms to 1h, not "${text}"`);
}

/** All since a time, where one is given and no number; none of the past for whoever waits for so many. */
function linesOf({ lines, since, exitAfter }: TailOptions): number {
  if (lines !== undefined) return lines;
  if (since !== undefined) return Number.POSITIVE_INFINITY;
  return exitAfter === undefined ? DEFAULT_LINES : 0;
}

async function openResume(context: Context, name: string): Promise<Tail> {
  const { openTail } = await import('../../config/tails.ts');
  const { openKeeping } = await import('../webhooks/keeping.ts');
  const { dataDir } = await context.settings();
  const { profile, baseUrl, account } = await openKeeping(context);
  return openTail({
    ...{ name, dataDir: dataDir.value, target: { profile, baseUrl, account }, clock: context.clock },
    onDamage: context.talk.warn,
  });
}

/** What is saved as shown must be with its reader. */
const saveAfterPrinting =
  (context: Context, tail: Tail): Tail['save'] =>
  async (state) => {
    await context.flush();
    await tail.save(state);
  };

/** A signal that also aborts after a time; `over` lets its timer go. */
function endOf(context: Context, durationMs: number | undefined) {
  const stop = new AbortController();
  const timer = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  if (durationMs !== undefined)
    context.clock.sleep(durationMs, timer.signal).then(
      () => stop.abort(),
      () => undefined,
    );
  return { signal, over: () => timer.abort() };
}

/** A tail that waits for a number of deliveries fails when they do not come, and one that never saw the log at all. */
function judge({ signal }: Context, { shown, trouble }: Watcher, exitAfter: number | undefined): void {
  if (!signal.aborted && trouble !== null)
    throw new Failure('condition_not_met', `The log was not read once: ${trouble}`);
  if (exitAfter === undefined || shown >= exitAfter || signal.aborted) return;
  throw new Failure('condition_not_met', `${shown} of ${exitAfter} lines came in time`);
}

/** How the tail stands, counted from its events. */
class Watcher {
  readonly #onChange: (standing: Standing) => void;
  #standing: Standing = { shown: 0, known: 0, open: 0, problem: null };
  #failed = 0;
  #updates = 0;
  #hasLooked = false;

  constructor(onChange: (standing: Standing) => void) {
    this.#onChange = onChange;
  }

  get shown(): number {
    return this.#standing.shown;
  }

  /** What stood in the way, where the log was never read. */
  get trouble(): string | null {
    return this.#hasLooked ? null : this.#standing.problem;
  }

  look(known: number, open: number): void {
    this.#hasLooked = true;
    this.#set({ known, open, problem: null });
  }

  note(event: FollowEvent): void {
    if (event.type === 'problem') this.#set({ problem: event.message });
    if (event.type !== 'entry' && event.type !== 'update') return;
    if (event.type === 'update') this.#updates += 1;
    if (event.status === 'failed') this.#failed += 1;
    this.#set({ shown: this.shown + 1 });
  }

  summary(): string {
    return `Shown: ${this.shown - this.#updates} deliveries, ${this.#updates} changes, ${this.#failed} failures`;
  }

  #set(changes: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...changes };
    this.#onChange(this.#standing);
  }
}
