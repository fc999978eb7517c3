import type { LogEntry } from '../../../src/api/wire.ts';
import type { Clock } from '../../../src/clock.ts';
import { type FollowEvent, type FollowOptions, follow } from '../../../src/deliveries/follow.ts';
import type { FakeLog, LogFault } from '../../support/fake-log-api.ts';

export const START = Date.parse('2026-01-19T10:30:00Z');

/** Something that happens to the log, after so many requests and pauses since the thing before. */
export type Happening = { readonly after: number } & (
  | { readonly type: 'insert'; readonly count: number; readonly lateMs: number; readonly open: boolean }
  | { readonly type: 'change'; readonly pick: number; readonly status: string }
  | { readonly type: 'fault'; readonly fault: LogFault }
  | { readonly type: 'expire' }
  | { readonly type: 'sleep'; readonly ms: number; readonly count: number }
  | { readonly type: 'clock'; readonly ms: number }
);

/** How long, in the time of the log, the tail goes on after the last happening: several sweeps. */
const AFTERWARDS_MS = 300_000;

/** A log and a clock that live by a schedule: everything that happens, happens at a request or a pause. */
export class World {
  readonly log: FakeLog;
  readonly stop = new AbortController();
  readonly #left: Happening[];
  /** The time of the API, which only goes on. */
  apiMs = START;
  #clockOffsetMs = 0;
  #waited = 0;
  #number = 0;
  #chance = 1;
  #settled = false;
  #endAtMs = Number.POSITIVE_INFINITY;
  #isReady = false;
  /** Requests so far: events between two of them are of one pass. */
  ticks = 0;
  readonly born = new Set<string>();

  constructor(log: FakeLog, schedule: readonly Happening[], initial: number) {
    this.log = log;
    this.#left = [...schedule];
    for (let n = 0; n < initial; n += 1)
      this.#insert(START - 3_600_000 * 20 + n * 60_000 * 30, n % 7 === 3 ? 'retrying' : 'delivered');
    this.born.clear();
  }

  readonly clock: Clock = {
    now: () => this.apiMs + this.#clockOffsetMs,
    random: () => {
      this.#chance = (Math.imul(this.#chance, 1_664_525) + 1_013_904_223) >>> 0;
      return this.#chance / 2 ** 32;
    },
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      this.apiMs += ms;
      this.tick();
      signal?.throwIfAborted();
    },
  };

  /** From now on what is inserted is new to the tail. */
  ready(): void {
    this.#isReady = true;
  }

  readonly onRequest = (): LogFault | undefined => {
    this.ticks += 1;
    this.apiMs += 20;
    return this.tick();
  };

  tick(): LogFault | undefined {
    if (!this.#isReady) return undefined;
    const [first] = this.#left;
    if (!first) return this.#wind();
    this.#waited += 1;
    if (this.#waited <= first.after) return undefined;
    this.#waited = 0;
    this.#left.shift();
    return this.#happen(first);
  }

  /** When all has happened every entry settles, and some time later the tail is stopped. */
  #wind(): undefined {
    if (!this.#settled) {
      this.#settled = true;
      this.#endAtMs = this.apiMs + AFTERWARDS_MS;
      for (const { id, status } of this.log.entries())
        if (status !== 'delivered' && status !== 'failed')
          this.log.change(id, { status: 'delivered', http_status_code: 200 });
    }
    if (this.apiMs > this.#endAtMs) this.stop.abort();
  }

  #happen(happening: Happening): LogFault | undefined {
    switch (happening.type) {
      case 'insert': {
        const at = Math.max(this.apiMs - happening.lateMs, this.log.newestAt - happening.lateMs);
        for (let n = 0; n < happening.count; n += 1)
          this.#insert(at, happening.open ? 'pending' : 'delivered');
        return undefined;
      }
      case 'change': {
        const entries = this.log.entries();
        const entry = entries[Math.max(0, entries.length - 1 - happening.pick)];
        if (entry && (entry.status === 'pending' || entry.status === 'retrying'))
          this.log.change(entry.id, {
            status: happening.status,
            attempt_number: (entry.attempt_number ?? 0) + 1,
          });
        return undefined;
      }
      case 'fault':
        return happening.fault;
      case 'expire':
        this.log.expireCursors();
        return undefined;
      case 'sleep':
        for (let n = 0; n < happening.count; n += 1) {
          this.apiMs += Math.ceil(happening.ms / happening.count);
          this.#insert(this.apiMs, n % 5 === 0 ? 'pending' : 'failed');
        }
        return undefined;
      case 'clock':
        this.#clockOffsetMs += happening.ms;
        return undefined;
    }
  }

  #insert(at: number, status: string): void {
    this.#number += 1;
    const id = `log_${this.#number}`;
    const iso = new Date(at).toISOString();
    // Times of the API have milliseconds, microseconds or none.
    const created_at = this.#number % 3 === 0 ? iso.replace('Z', '000Z') : iso;
    this.log.insert(entryOf({ id, status, created_at }));
    this.born.add(id);
  }
}

export function entryOf(given: Partial<LogEntry> & Pick<LogEntry, 'id' | 'created_at'>): LogEntry {
  const { id, created_at, ...more } = given;
  return {
    id,
    event_type: 'screening.completed',
    webhook_url: 'https://hooks.example/kyc',
    status: 'delivered',
    http_status_code: 200,
    attempt_number: 1,
    error_message: null,
    created_at,
    next_retry_at: null,
    ...more,
  };
}

export interface Verdict {
  readonly missed: readonly string[];
  readonly doubled: readonly string[];
  /** Entries whose last event shows another state than the log has at the end. */
  readonly stale: readonly string[];
  readonly disordered: readonly string[];
}

/** Follows through the whole schedule, and compares what was told with what was there. */
export async function judge(
  world: World,
  options: Pick<FollowOptions, 'api'> & Partial<FollowOptions>,
): Promise<Verdict> {
  const told = new Map<string, string>();
  const doubled: string[] = [];
  const disordered: string[] = [];
  let last: { tick: number; at: number; id: string } | undefined;
  const { clock, stop, log } = world;
  for await (const event of follow({ clock, signal: stop.signal, pageSize: 5, ...options })) {
    if (event.type === 'ready') world.ready();
    if (event.type !== 'entry' && event.type !== 'update') continue;
    if ((event.type === 'entry') === told.has(event.id) && world.born.has(event.id)) doubled.push(event.id);
    if (event.type === 'update' && told.get(event.id) === stateOf(event)) doubled.push(event.id);
    told.set(event.id, stateOf(event));
    const at = Date.parse(event.created_at);
    if (event.type === 'entry') {
      if (last && last.tick === world.ticks && at < last.at) disordered.push(event.id);
      last = { tick: world.ticks, at, id: event.id };
    }
  }
  const stale = [...told].filter(([id, state]) => {
    const entry = log.get(id);
    return entry && stateOf(entry) !== state;
  });
  const missed = [...world.born].filter((id) => !told.has(id));
  return { missed, doubled, stale: stale.map(([id]) => id), disordered };
}

export const EXACT: Verdict = { missed: [], doubled: [], stale: [], disordered: [] };

const stateOf = ({ status, attempt_number, http_status_code }: LogEntry | Extract<FollowEvent, LogEntry>) =>
  `${status} ${attempt_number} ${http_status_code}`;
