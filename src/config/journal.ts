import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { syncFolder } from '../platform.ts';
import { isRecord } from '../record.ts';
import { holderOf, makeClaim, removeClaims } from './claims.ts';
import { ID, type Intent, type IntentFile, isIntentFile, JOURNAL_VERSION } from './intent-file.ts';
import { type Leases, openLeases } from './leases.ts';
import { describeOwner, isGone, type OwnedFolderOptions, type Owner } from './owner.ts';
import {
  closeFolder,
  createExclusively,
  makePrivateFolder,
  namesIn,
  storeFailure,
  sweepLeftovers,
} from './private-files.ts';
import { readJson, setAside } from './store.ts';
import { isNewer } from './versions.ts';

export type NewIntent = Intent extends infer I
  ? I extends Intent
    ? Omit<I, 'id' | 'startedAt'>
    : never
  : never;

/** Write-ahead journal of calls that yield a one-time secret: one file an intent, fsynced before the call. */
export interface Journal {
  /** On disk on return; owned by this process. Throws Failure `store_unwritable`. */
  begin(intent: NewIntent): Promise<Intent>;
  /** The call is over and its secret stored, or it is certain that nothing was created. */
  finish(id: string): Promise<void>;
  /** Intents whose process is gone, oldest first; those of live processes are left alone. */
  orphans(): Promise<readonly Intent[]>;
  /**
   * Takes an orphan over for this process, so that two recoveries never repeat it together;
   * false when another process has it or it is gone.
   */
  claim(id: string): Promise<boolean>;
  /** Whether the create that this lease is for may still be on its way, whoever is at work on it. */
  isOpen(lease: string): boolean;
  /** Of the temporary subscriptions. */
  readonly leases: Leases;
}

const FILE_NAME = /^([0-9a-f-]+)\.json$/;
/** Intents and claims that were not published yet. */
const LEFTOVER = /^[0-9a-f-]{36}\.(?:json|claim-\d{1,9})\.tmp-[0-9a-f-]{36}$/;

/** The journal in `<dataDir>/journal`. Opening touches nothing. */
export function openJournal(options: OwnedFolderOptions): Journal {
  return new JournalFolder(options);
}

class JournalFolder implements Journal {
  readonly leases: Leases;
  readonly #options: OwnedFolderOptions;
  readonly #folder: string;
  readonly #self: Owner;

  constructor(options: OwnedFolderOptions) {
    this.leases = openLeases(options);
    this.#options = options;
    this.#folder = join(options.dataDir, 'journal');
    this.#self = describeOwner(options.processes, options.hostname);
  }

  async begin(wish: NewIntent): Promise<Intent> {
    makePrivateFolder(this.#options.dataDir);
    makePrivateFolder(this.#folder);
    const startedAt = new Date(this.#options.clock.now()).toISOString();
    const intent: Intent = { ...wish, id: randomUUID(), startedAt };
    const file: IntentFile = { version: JOURNAL_VERSION, owner: this.#self, intent };
    const path = this.#pathOf(intent.id);
    const isNew = attempt(path, 'written', () =>
      createExclusively(path, `${JSON.stringify(file, undefined, 2)}\n`),
    );
    if (!isNew) throw new Failure('internal', `${path} exists already`);
    this.#close();
    return intent;
  }

  async finish(id: string): Promise<void> {
    const path = this.#pathOf(id);
    attempt(path, 'removed', () => {
      rmSync(path, { force: true });
      // First the intent for good, then its claims: an intent without its claims could be taken once more.
      syncFolder(this.#folder);
      removeClaims(this.#folder, (other) => other === id);
    });
  }

  async orphans(): Promise<readonly Intent[]> {
    sweepLeftovers(this.#folder, LEFTOVER, this.#options.clock.now());
    const files = this.#files();
    if (files.length > 0) this.#close();
    attempt(this.#folder, 'written', () => removeClaims(this.#folder, (id) => !existsSync(this.#pathOf(id))));
    const orphans = files.filter((file) => this.#freeClaim(file) !== null).map(({ intent }) => intent);
    return orphans.sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  }

  async claim(id: string): Promise<boolean> {
    const path = this.#pathOf(id);
    const file = this.#read(id);
    const generation = file && this.#freeClaim(file);
    if (generation === null) return false;
    const now = this.#options.clock.now();
    const isOurs = attempt(path, 'written', () => makeClaim(this.#folder, id, generation, this.#self, now));
    if (!isOurs) return false;
    if (existsSync(path)) return true;
    // Its last owner finished it in between, claims and all.
    removeClaims(this.#folder, (other) => other === id);
    return false;
  }

  isOpen(lease: string): boolean {
    return this.#files().some(({ intent }) => intent.kind === 'create' && intent.lease === lease);
  }

  #files(): readonly IntentFile[] {
    return namesIn(this.#folder).flatMap((name) => {
      const [, id] = FILE_NAME.exec(name) ?? [];
      return id === undefined ? [] : (this.#read(id) ?? []);
    });
  }

  /** The number of the claim that may be made on an orphan; null for an intent that someone is at work on. */
  #freeClaim({ intent, owner }: IntentFile): number | null {
    const now = this.#options.clock.now();
    const holder = holderOf(this.#folder, intent.id, now) ?? {
      generation: 0,
      owner,
      since: Date.parse(intent.startedAt),
    };
    const gone = isGone(holder.owner, this.#self, this.#options.processes, now - holder.since);
    return gone ? holder.generation + 1 : null;
  }

  #read(id: string): IntentFile | null {
    const path = this.#pathOf(id);
    let isNewerFile = false;
    const content = readJson(path, (json): json is IntentFile => {
      isNewerFile = isRecord(json) && isNewer(json['version'], JOURNAL_VERSION);
      return isIntentFile(json, id);
    });
    if (content.kind === 'sound') return content.json;
    if (content.kind === 'damaged') this.#report(path, content.reason, isNewerFile);
    return null;
  }

  #report(path: string, reason: string, isNewerFile: boolean): void {
    const { clock, onDamage } = this.#options;
    const report = isNewerFile
      ? `${path} was written by a newer kycgenie and is left for it to finish`
      : setAside(path, reason, clock);
    if (report !== null) onDamage(`${report}; the secret of an interrupted create or rotate may be missing`);
  }

  /** Only once they hold an intent: then they are ours. */
  #close(): void {
    closeFolder(this.#options.dataDir);
    closeFolder(this.#folder);
  }

  #pathOf(id: string): string {
    if (!ID.test(id)) throw new Failure('internal', 'An intent has an id that cannot be a file name');
    return join(this.#folder, `${id}.json`);
  }
}

function attempt<T>(path: string, verb: 'written' | 'removed', work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeFailure(path, verb, error);
  }
}
