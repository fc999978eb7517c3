import type { LogEntry } from '../api/wire.ts';
import { type LogFilter, matches } from './filter.ts';
import { type Baseline, readBaseline } from './follow/baseline.ts';
import { DEFAULT_INTERVAL_MS, LATE_MS } from './follow/bounds.ts';
import { type FollowState, Memory } from './follow/memory.ts';
import { Pace } from './follow/pace.ts';
import { Pager, type PagerOptions, type Problem } from './follow/pager.ts';
import { type Find, type Finding, type Head, oldestOf, readHead, sweep } from './follow/pass.ts';

/**
 * The delivery log as it grows, from pages that run newest first and shift while they are read.
 *
 * Every entry that is listed is told once, then once for each change of status, attempt or code that is seen.
 * What holds at any time: an entry that is not known and was created at or after the *floor* is new, one created
 * before it is old, and nothing that can still appear was created before the floor. The floor rises only when a
 * sweep has read every page from the newest back to it: then to LATE_MS before the newest time that was listed
 * when the sweep began, because an entry appears at most LATE_MS after what is listed already. So it is exact
 * whatever fails, shifts or sleeps in between; local time has no part in it, and the quick look at the newest pages
 * between sweeps only makes it prompt. Known are the ids since the floor and open entries of the last 26 hours
 * (10,000 of them), at most 200,000. Beyond that the oldest are given up: told where entries are left out for it.
 *
 * What one pass finds comes in order of creation; an entry that is listed late comes when it is listed. Changes are
 * seen in entries since the floor (some minutes), and in open ones until they settle, the deeper the less often. So
 * a retry by hand of an entry that failed longer ago is not seen.
 *
 * Requests a minute, at the default interval: at most 120 for the newest entries (or one for each page of new ones
 * where those are more) and their neighbours, 120 for sweeps, 60 for old open entries; 45 when all is quiet.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<FollowEvent, void, undefined> {
  const follower = new Follower(options);
  try {
    yield* follower.run();
  } catch (error) {
    if (!options.signal.aborted || error !== options.signal.reason) throw error;
  } finally {
    await follower.save();
  }
}

export type FollowEvent =
  | { readonly type: 'ready' }
  | ({ readonly type: 'entry' } & LogEntry)
  | ({ readonly type: 'update' } & LogEntry & { readonly previous_status: string })
  | Problem
  | {
      readonly type: 'recovered';
      /** New since the problem began. */
      readonly entries: number;
      readonly gap_ms: number;
    };

export interface FollowOptions extends PagerOptions {
  /** Only entries and updates that match now are told. */
  readonly filter?: LogFilter | undefined;
  /** How many of the newest entries that match come first; default none. */
  readonly lines?: number | undefined;
  /** The longest pause between two looks at the newest entries; default 2 s. */
  readonly intervalMs?: number | undefined;
  readonly resume?: Resume | undefined;
  /** Told after each look at the log. */
  readonly onLook?: ((look: Look) => void) | undefined;
}

/** A tail that goes on where another ended. What is saved covers only what the consumer has taken. */
export interface Resume {
  readonly state: FollowState | null;
  save(state: FollowState): Promise<void>;
}

export interface Look {
  readonly requests: number;
  /** Entries remembered. */
  readonly known: number;
  /** Entries watched until they settle. */
  readonly open: number;
}

/** A large state is saved less often: after a pause of so long for each entry in it. */
const SAVE_PACE_MS = 0.1;

class Follower {
  readonly #options: FollowOptions;
  readonly #memory: Memory;
  readonly #pager: Pager;
  readonly #pace: Pace;
  readonly #filter: LogFilter;
  #isReady = false;
  #isUnsaved = false;
  #savedAtMs = 0;
  #isTrimTold = false;
  /** New ones and updates so far, whether they match or not. */
  #found = 0;
  #entries = 0;

  constructor(options: FollowOptions) {
    const { clock, signal, resume, filter = {}, intervalMs = DEFAULT_INTERVAL_MS } = options;
    this.#options = options;
    this.#filter = filter;
    this.#memory = resume?.state ? Memory.restore(resume.state) : new Memory();
    this.#pager = new Pager(options);
    this.#pace = new Pace(clock, signal, intervalMs);
  }

  async *run(): AsyncGenerator<FollowEvent, void, undefined> {
    if (!this.#options.resume?.state) yield* this.#begin();
    for (;;) {
      const found = this.#found;
      const pages = yield* this.#look();
      this.#options.onLook?.(this.#sizes());
      await this.#pace.rest(this.#found > found, pages);
      // Not earlier: by now what was yielded is printed.
      if (this.#pace.elapsedMs - this.#savedAtMs >= this.#memory.size * SAVE_PACE_MS) await this.save();
    }
  }

  async save(): Promise<void> {
    const { resume } = this.#options;
    if (!resume || !this.#isReady || !this.#isUnsaved) return;
    await resume.save(this.#memory.snapshot());
    // Not earlier: what could not be saved is yet to be.
    this.#isUnsaved = false;
    this.#savedAtMs = this.#pace.elapsedMs;
  }

  async *#begin(): AsyncGenerator<FollowEvent, void, undefined> {
    const { lines = 0 } = this.#options;
    const baseline = readBaseline({
      ...{ memory: this.#memory, pager: this.#pager, lines, since: this.#filter.since },
      isWanted: (entry) => matches(entry, this.#filter),
    });
    yield* this.#tellLines(yield* this.#told(baseline));
    this.#options.onLook?.(this.#sizes());
  }

  /** Each is known once it is told: a tail that ends in between goes on with the rest as with new ones. */
  async *#tellLines({ lines, floor }: Baseline): AsyncGenerator<FollowEvent, void, undefined> {
    this.#memory.raiseFloor(Math.min(floor, oldestOf(lines) ?? floor));
    this.#isUnsaved = true;
    yield* this.#ready();
    for (const entry of lines) {
      this.#memory.learn(entry);
      yield { type: 'entry', ...entry };
    }
    this.#memory.raiseFloor(floor);
  }

  /** The newest entries, and a sweep when it is time. Gives how many pages the newest ones took. */
  async *#look(): AsyncGenerator<FollowEvent, number, undefined> {
    const [requests, entries] = [this.#pager.requests, this.#entries];
    const head = yield* this.#told(readHead(this.#tools()));
    const pages = this.#pager.requests - requests;
    yield* this.#ready();
    const gapMs = this.#pager.recoveredAfterMs();
    if (gapMs !== null) yield { type: 'recovered', entries: this.#entries - entries, gap_ms: gapMs };
    yield* this.#sweepIfDue(head);
    if (this.#memory.trim() && !this.#isTrimTold) {
      this.#isTrimTold = true;
      yield { type: 'problem', message: CROWDED, retry_in_ms: 0 };
    }
    return pages;
  }

  async *#sweepIfDue({ next, newest }: Head): AsyncGenerator<FollowEvent, void, undefined> {
    const floor = this.#memory.floor;
    const oldestOpen = this.#memory.oldestOpen();
    const isDeep = oldestOpen < floor && this.#pace.isDeepDue;
    if (!isDeep && !this.#pace.isSweepDue) return;
    const requests = this.#pager.requests;
    const until = isDeep ? oldestOpen : floor;
    const isComplete = yield* this.#told(sweep(this.#tools(), next, until));
    this.#pace.swept(this.#pager.requests - requests, isDeep);
    if (!isComplete) return;
    this.#memory.raiseFloor(newest - LATE_MS);
    this.#isUnsaved = true;
  }

  /** Finds as events, as far as they match. */
  async *#told<R>(findings: Finding<R>): AsyncGenerator<FollowEvent, R, undefined> {
    for (;;) {
      const step = await findings.next();
      if (step.done) return step.value;
      if (step.value.type === 'problem') {
        yield step.value;
        // The pause is yet to come: who kills the tail meanwhile loses nothing.
        if (step.value.retry_in_ms > 0) await this.save();
        continue;
      }
      yield* this.#ready();
      yield* this.#event(step.value);
    }
  }

  *#ready(): Generator<FollowEvent, void, undefined> {
    if (this.#isReady) return;
    this.#isReady = true;
    yield { type: 'ready' };
  }

  *#event({ entry, previousStatus }: Find): Generator<FollowEvent, void, undefined> {
    this.#found += 1;
    this.#isUnsaved = true;
    const isWanted = matches(entry, this.#filter);
    if (previousStatus !== null) {
      if (isWanted) yield { type: 'update', ...entry, previous_status: previousStatus };
      return;
    }
    if (!isWanted) return;
    this.#entries += 1;
    yield { type: 'entry', ...entry };
  }

  #tools(): { readonly memory: Memory; readonly pager: Pager } {
    return { memory: this.#memory, pager: this.#pager };
  }

  #sizes(): Look {
    return { requests: this.#pager.requests, known: this.#memory.size, open: this.#memory.openCount };
  }
}

const CROWDED =
  'Deliveries come too fast to remember all of the last minutes: one that is listed late may be missed';
