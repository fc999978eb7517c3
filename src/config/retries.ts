import { randomUUID } from 'node:crypto';
import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { openAppendLog } from '../append-log.ts';
import { Failure } from '../errors.ts';
import { renameOver, syncFolder } from '../platform.ts';
import { isRecord } from '../record.ts';
import { holderOf, makeClaim, removeClaims } from './claims.ts';
import { describeOwner, isGone, type OwnedFolderOptions, type Owner } from './owner.ts';
import {
  closeFolder,
  createExclusively,
  makePrivateFolder,
  namesIn,
  storeFailure,
  sweepLeftovers,
} from './private-files.ts';
import {
  HEADER,
  type PlannedRetry,
  planRecords,
  RETRY_VERSION,
  type RetryHeader,
} from './retries/records.ts';
import { openRun, type RetryRun } from './retries/run.ts';
import { readJson, setAside } from './store.ts';
import { isNewer } from './versions.ts';

export type { PlannedRetry } from './retries/records.ts';
export type { RetryRun } from './retries/run.ts';

/** Whose entries they are: a run goes on with the same profile, API and key alone. */
export interface RetryTarget {
  readonly profile: string;
  readonly baseUrl: string;
  /** Of the API key: a fingerprint. */
  readonly account: string;
}

/** A bulk retry that did not come to its end. */
export interface UnfinishedRetry {
  readonly id: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  /** Entries planned. */
  readonly count: number;
}

/** Journals of bulk retries: one header and one log a run. Everything throws Failure `store_unwritable`. */
export interface RetryRuns {
  /** The plan is on disk on return, and the run owned by this process. */
  begin(planned: readonly PlannedRetry[]): Promise<RetryRun>;
  /** Runs of this target whose process is gone, newest first; those of live processes are left alone. */
  unfinished(): Promise<readonly UnfinishedRetry[]>;
  /** Takes a run over; null when another process has it or it is gone. */
  resume(id: string): Promise<RetryRun | null>;
}

/** Unfinished runs kept; beyond it the oldest go. */
const MAX_KEPT_RUNS = 20;
/** What the log told a week ago says little about what happened since. */
const MAX_AGE_MS = 7 * 24 * 3_600_000;
/** A log without a header was being written when its process died; after so long nobody is at it. */
const ORPHANED_LOG_AGE_MS = 3_600_000;
const ID = /^[0-9a-f-]{36}$/;
const HEADER_NAME = /^([0-9a-f-]{36})\.json$/;
const LOG_NAME = /^([0-9a-f-]{36})\.log$/;
const LEFTOVER =
  /^[0-9a-f-]{36}\.(?:json\.next|log\.new|(?:json|json\.next|claim-\d{1,9})\.tmp-[0-9a-f-]{36})$/;

interface Options extends OwnedFolderOptions {
  readonly target: RetryTarget;
}

/** The journals in `<dataDir>/retries`. Opening touches nothing. */
export function openRetries(options: Options): RetryRuns {
  return new RetryFolder(options);
}

class RetryFolder implements RetryRuns {
  readonly #options: Options;
  readonly #folder: string;
  readonly #self: Owner;

  constructor(options: Options) {
    this.#options = options;
    this.#folder = join(options.dataDir, 'retries');
    this.#self = describeOwner(options.processes, options.hostname);
  }

  async begin(planned: readonly PlannedRetry[]): Promise<RetryRun> {
    const { dataDir, clock, target } = this.#options;
    makePrivateFolder(dataDir);
    makePrivateFolder(this.#folder);
    this.#sweep();
    const startedAt = new Date(clock.now()).toISOString();
    const run = { ...target, id: randomUUID(), startedAt, count: planned.length };
    const log = await openAppendLog(this.#logOf(run.id), { onRecord: () => true });
    try {
      await log.rewrite(planRecords(planned));
    } finally {
      await log.close();
    }
    // Once it has a header the plan is whole.
    this.#attempt(() => createExclusively(this.#headerOf(run.id), serialize(this.#self, run)));
    closeFolder(dataDir);
    closeFolder(this.#folder);
    return this.#open(run);
  }

  async unfinished(): Promise<readonly UnfinishedRetry[]> {
    return this.#abandoned()
      .filter(({ run }) => hasTarget(run, this.#options.target))
      .map(({ run: { id, startedAt, count } }) => ({ id, startedAt, count }));
  }

  async resume(id: string): Promise<RetryRun | null> {
    const header = this.#read(id);
    if (header === null || !hasTarget(header.run, this.#options.target)) return null;
    const generation = this.#freeClaim(header);
    if (generation === null) return null;
    const now = this.#options.clock.now();
    const isOurs = this.#attempt(() => makeClaim(this.#folder, id, generation, this.#self, now));
    if (!isOurs) return null;
    if (existsSync(this.#headerOf(id))) return this.#open(header.run);
    // Its last owner finished it in between, claims and all.
    this.#attempt(() => removeClaims(this.#folder, (other) => other === id));
    return null;
  }

  #open({ id, count }: UnfinishedRetry): Promise<RetryRun> {
    const { onDamage } = this.#options;
    const end = { finish: () => this.#remove(id), leave: () => this.#release(id) };
    return openRun({ path: this.#logOf(id), count }, end, onDamage);
  }

  /** Newest first. */
  #abandoned(): readonly RetryHeader[] {
    return namesIn(this.#folder)
      .flatMap((name) => {
        const [, id] = HEADER_NAME.exec(name) ?? [];
        const header = id === undefined ? null : this.#read(id);
        return header && this.#freeClaim(header) !== null ? [header] : [];
      })
      .sort((a, b) => Date.parse(b.run.startedAt) - Date.parse(a.run.startedAt));
  }

  #sweep(): void {
    const now = this.#options.clock.now();
    sweepLeftovers(this.#folder, LEFTOVER, now);
    for (const [index, { run }] of this.#abandoned().entries()) {
      const isOld = Math.abs(now - Date.parse(run.startedAt)) > MAX_AGE_MS;
      if (isOld || index >= MAX_KEPT_RUNS - 1) this.#remove(run.id);
    }
    for (const name of namesIn(this.#folder)) {
      const [, id] = LOG_NAME.exec(name) ?? [];
      if (id === undefined || existsSync(this.#headerOf(id))) continue;
      if (now - this.#writtenAtMs(id) > ORPHANED_LOG_AGE_MS) this.#remove(id);
    }
  }

  /** The number of the claim that may be made on a run; null for one that someone is at work on. */
  #freeClaim({ run, owner }: RetryHeader): number | null {
    const now = this.#options.clock.now();
    const holder = holderOf(this.#folder, run.id, now);
    // Left by its owner, and taken over by nobody.
    if (holder === null && owner === null) return 1;
    const by = holder ? holder.owner : owner;
    const since = Math.max(holder?.since ?? Date.parse(run.startedAt), this.#writtenAtMs(run.id));
    const gone = isGone(by, this.#self, this.#options.processes, now - since);
    return gone ? (holder?.generation ?? 0) + 1 : null;
  }

  /** When its log was written last: a run on another machine is at work until long after that. */
  #writtenAtMs(id: string): number {
    return statSync(this.#logOf(id), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }

  #read(id: string): RetryHeader | null {
    const path = this.#headerOf(id);
    let isNewerFile = false;
    const content = readJson(path, (json): json is RetryHeader => {
      isNewerFile = isRecord(json) && isNewer(json['version'], RETRY_VERSION);
      return v.is(HEADER, json) && json.run.id === id;
    });
    if (content.kind === 'sound') return content.json;
    if (content.kind === 'damaged' && !isNewerFile) {
      const report = setAside(path, content.reason, this.#options.clock);
      if (report !== null) this.#options.onDamage(`${report}; an interrupted retry cannot be resumed`);
    }
    return null;
  }

  /** Others need not wait until this process is gone. First the owner, then the claims: they go with the run. */
  #release(id: string): void {
    const header = this.#read(id);
    if (header === null) return;
    this.#attempt(() => {
      const next = `${this.#headerOf(id)}.next`;
      rmSync(next, { force: true });
      createExclusively(next, serialize(null, header.run));
      renameOver(next, this.#headerOf(id));
      syncFolder(this.#folder);
      removeClaims(this.#folder, (other) => other === id);
    });
  }

  #remove(id: string): void {
    this.#attempt(() => {
      // First the header: without it nobody goes on with the rest.
      rmSync(this.#headerOf(id), { force: true });
      syncFolder(this.#folder);
      rmSync(this.#logOf(id), { force: true });
      removeClaims(this.#folder, (other) => other === id);
    });
  }

  #attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storeFailure(this.#folder, 'written', error);
    }
  }

  #headerOf(id: string): string {
    if (!ID.test(id)) throw new Failure('internal', 'A retry has an id that is no file name');
    return join(this.#folder, `${id}.json`);
  }

  #logOf(id: string): string {
    return join(this.#folder, `${id}.log`);
  }
}

const hasTarget = (run: RetryTarget, { profile, baseUrl, account }: RetryTarget): boolean =>
  run.profile === profile && run.baseUrl === baseUrl && run.account === account;

function serialize(owner: Owner | null, run: RetryHeader['run']): string {
  const header: RetryHeader = { version: RETRY_VERSION, owner, run };
  return `${JSON.stringify(header, undefined, 2)}\n`;
}
