import type { Api } from '../../api/client.ts';
import { type LogEntry, MAX_PAGE_SIZE } from '../../api/wire.ts';
import type { Context } from '../../cli/context.ts';
import type { PlannedRetry } from '../../config/retries.ts';
import type { LogFilter } from '../../deliveries/filter.ts';
import { Failure } from '../../errors.ts';
import { Texts } from '../../texts.ts';
import { type FilterOptions, toFilter } from './filters.ts';
import { sayWhenLong } from './long-read.ts';

/** Of one run: each is held in memory from the plan to the report. */
const MAX_ENTRIES = 1_000_000;
const MAX_ID_CHARS = 200;
/** The search for entries that were named ends after so many others in a row. */
const SEARCHED_ENTRIES = 2_000;

export interface SelectionOptions extends FilterOptions {
  readonly limit?: number | undefined;
}

export type Selection =
  | { readonly by: 'ids'; readonly ids: readonly string[] }
  | { readonly by: 'filters'; readonly filter: LogFilter; readonly limit: number | undefined };

export const isFiltering = ({ status, event, url, since, until, code, limit }: SelectionOptions): boolean =>
  [status, event, url, since, until, code, limit].some((given) => given !== undefined);

/** Throws Failure `usage` unless either ids or filters are given. */
export async function chooseEntries(
  context: Context,
  named: readonly string[],
  options: SelectionOptions,
): Promise<Selection> {
  const byFilter = isFiltering(options);
  if (named.length > 0 === byFilter) {
    throw new Failure('usage', byFilter ? 'Ids and filters exclude each other' : 'Say what to retry', {
      hint: 'Such as an id, - for ids on standard input, or --since 1h for what failed in the last hour.',
    });
  }
  if (!byFilter) return { by: 'ids', ids: await readIds(context, named) };
  const status = options.status ?? ['failed'];
  const filter = toFilter({ ...options, status }, context);
  return { by: 'filters', filter, limit: options.limit };
}

async function readIds(context: Context, named: readonly string[]): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (const name of named) {
    const lines =
      name === '-'
        ? Buffer.from(await context.readBytes('-'))
            .toString('utf8')
            .split('\n')
        : [name];
    for (const line of lines) if (line.trim() !== '') ids.add(checkId(line.trim()));
  }
  const key = named.includes('-') ? (await context.apiKey())?.reveal() : undefined;
  if (key !== undefined && ids.has(key)) {
    throw new Failure('usage', 'Standard input holds the API key, so it cannot give the ids, too');
  }
  if (ids.size > MAX_ENTRIES) throw tooMany();
  return [...ids];
}

function checkId(id: string): string {
  if (/^[\x21-\x7e]+$/.test(id) && id.length <= MAX_ID_CHARS && id !== '.' && id !== '..') return id;
  throw new Failure('usage', `${JSON.stringify(id.slice(0, MAX_ID_CHARS))} is not the id of a log entry`, {
    hint: 'One id a line, as kycgenie logs list -q prints them.',
  });
}

/** What the filters match, newest first; at most MAX_ENTRIES. */
export async function* matching(
  context: Context,
  api: Api,
  { filter, limit }: Extract<Selection, { by: 'filters' }>,
): AsyncGenerator<LogEntry> {
  const { readLog } = await import('../../deliveries/read.ts');
  const { signal } = context;
  const onPage = sayWhenLong(context);
  let count = 0;
  for await (const entry of readLog(api, {
    filter,
    pageSize: MAX_PAGE_SIZE,
    signal,
    wanted: limit,
    onPage,
  })) {
    count += 1;
    if (count > MAX_ENTRIES) throw tooMany();
    yield entry;
    if (count === limit) return;
  }
}

/**
 * Entries that were named, as far as the log has them. The search ends early where they seem to be far back, unless
 * it is `thorough`.
 */
export async function* lookUp(
  context: Context,
  api: Api,
  ids: readonly string[],
  thorough: boolean,
): AsyncGenerator<LogEntry> {
  const { readLog } = await import('../../deliveries/read.ts');
  const { signal } = context;
  const wanted = new Set(ids);
  const onPage = sayWhenLong(context);
  let others = 0;
  for await (const entry of readLog(api, { filter: {}, pageSize: MAX_PAGE_SIZE, signal, onPage })) {
    others += 1;
    if (wanted.delete(entry.id)) {
      others = 0;
      yield entry;
    }
    if (wanted.size === 0 || (!thorough && others >= SEARCHED_ENTRIES)) return;
  }
}

/** Keeps what a run needs of many entries; texts that come again and again are held once. */
export class Plan {
  readonly #texts = new Texts();
  readonly #planned = new Map<string, PlannedRetry>();

  add({ id, event_type, webhook_url, status, attempt_number, created_at }: LogEntry): void {
    this.#planned.set(id, {
      id,
      event_type: this.#texts.once(event_type),
      webhook_url: this.#texts.once(webhook_url),
      status: this.#texts.once(status),
      attempt_number,
      created_at,
    });
  }

  /** In the order of `ids` where those were named, with those that are not known. */
  entries(ids?: readonly string[]): readonly PlannedRetry[] {
    if (ids === undefined) return [...this.#planned.values()];
    return ids.map((id) => this.#planned.get(id) ?? { id, ...UNKNOWN });
  }
}

const UNKNOWN = { event_type: null, webhook_url: null, status: null, attempt_number: null, created_at: null };

const tooMany = (): Failure =>
  new Failure('usage', `More than ${MAX_ENTRIES} entries are chosen, which is the most for one run`, {
    hint: 'Choose fewer with --limit, --since or --until.',
  });
