import type { Context } from '../cli/context.ts';
import { type ExitCode, type FailureReport, reportFailure, worstExitCode } from '../cli/failure.ts';
import { dim, type Text } from '../terminal/view.ts';

/** What became of one item of a batch. */
export interface Outcome {
  readonly id: string;
  readonly status: string;
  readonly error: FailureReport | null;
}

interface Work<Item, Done> {
  /** For the progress line: `Deleting`. */
  readonly label: string;
  readonly name: (item: Item) => string;
  readonly work: (item: Item) => Promise<Done>;
  /** How a failed item is reported. */
  readonly failed: (item: Item, error: FailureReport) => Done;
}

/**
 * Does each item in turn. A failing one is reported in its place and the rest go on; after an interruption the
 * rest is reported as interrupted. A batch of one fails as a whole.
 */
export async function batch<Item, Done>(
  context: Context,
  items: readonly Item[],
  { label, name, work, failed }: Work<Item, Done>,
): Promise<readonly Done[]> {
  const progress = context.talk.progress(label, items.length);
  const done: Done[] = [];
  try {
    for (const item of items) {
      done.push(await attempt(item).catch((error: unknown) => failedOrThrow(error, item)));
      progress.advance();
    }
  } finally {
    progress.end();
  }
  return done;

  async function attempt(item: Item): Promise<Done> {
    context.signal.throwIfAborted();
    return work(item);
  }

  function failedOrThrow(error: unknown, item: Item): Done {
    if (items.length === 1) throw error;
    const report = reportFailure(error);
    // Under --quiet no table says so.
    if (context.quiet) context.talk.warn(`${name(item)}: ${report.message}`);
    return failed(item, report);
  }
}

/** The exit code of the worst failure among the items, 0 without one. */
export const batchExit = (items: readonly { readonly error: FailureReport | null }[]): ExitCode =>
  worstExitCode(items.flatMap(({ error }) => (error ? [error.exit_code] : [])));

/** Why an item failed, in one cell. */
export const why = (error: FailureReport | null): Text =>
  error === null
    ? ''
    : [error.message, ...(error.request_id === null ? [] : [dim(` (request ${error.request_id})`)])];
