import { randomUUID } from 'node:crypto';
import { rmSync, statSync, utimesSync } from 'node:fs';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { Failure } from '../errors.ts';
import { renameOver, syncFolder } from '../platform.ts';
import { isRecord } from '../record.ts';
import { describeOwner, isGone, OWNER, type OwnedFolderOptions, type Owner } from './owner.ts';
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

/** A temporary subscription that a process has made or is about to make, and is to delete. */
export interface Lease {
  /** Also the file name, and a part of the subscription's description: a UUID. */
  readonly id: string;
  readonly idempotencyKey: string;
  readonly profile: string;
  readonly baseUrl: string;
  readonly account: string;
  readonly eventType: string;
  readonly webhookUrl: string;
  /** Null until the API has told it. */
  readonly webhookId: string | null;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
}

export type NewLease = Omit<Lease, 'id' | 'startedAt' | 'webhookId'>;

/** Who is to delete which subscription: one file a lease. Everything throws Failure `store_unwritable`. */
export interface Leases {
  /** On disk on return, fsynced; owned by this process. */
  begin(lease: NewLease): Promise<Lease>;
  get(id: string): Lease | null;
  /** Notes what became known or has changed; a lease that is over stays over. The owner remains who it was. */
  update(id: string, changes: Partial<Pick<Lease, 'webhookId' | 'webhookUrl'>>): Promise<void>;
  /** Says that the owner is at work, for those who cannot ask it: to be repeated every minute or so. */
  renew(ids: readonly string[]): Promise<void>;
  /** Leases whose process is gone, oldest first. */
  abandoned(): Promise<readonly Lease[]>;
  /** The subscription is gone, or it is certain that there is none. */
  end(id: string): Promise<void>;
}

const LEASE_VERSION = 1;
const ID = /^[0-9a-f-]{36}$/;
const FILE_NAME = /^([0-9a-f-]{36})\.json$/;
/** Leases that were not published yet. */
const LEFTOVER = /^[0-9a-f-]{36}\.json(?:\.(?:next|tmp)-[0-9a-f-]{36}){1,2}$/;

const TEXT = v.pipe(v.string(), v.nonEmpty());
const FILE = v.looseObject({
  version: v.literal(LEASE_VERSION),
  owner: OWNER,
  lease: v.looseObject({
    id: v.pipe(v.string(), v.regex(ID)),
    idempotencyKey: TEXT,
    profile: TEXT,
    baseUrl: TEXT,
    account: TEXT,
    eventType: TEXT,
    webhookUrl: TEXT,
    webhookId: v.nullable(TEXT),
    startedAt: TEXT,
  }),
});

interface LeaseFile {
  readonly version: typeof LEASE_VERSION;
  readonly owner: Owner;
  readonly lease: Lease;
}

/** The leases in `<dataDir>/leases`. Opening touches nothing. */
export function openLeases(options: OwnedFolderOptions): Leases {
  return new LeaseFolder(options);
}

class LeaseFolder implements Leases {
  readonly #options: OwnedFolderOptions;
  readonly #folder: string;
  /** Asked of the system on first use: every create and rotate opens this. */
  #self: Owner | undefined;

  constructor(options: OwnedFolderOptions) {
    this.#options = options;
    this.#folder = join(options.dataDir, 'leases');
  }

  async begin(wish: NewLease): Promise<Lease> {
    const { dataDir, clock } = this.#options;
    makePrivateFolder(dataDir);
    makePrivateFolder(this.#folder);
    const startedAt = new Date(clock.now()).toISOString();
    const lease: Lease = { ...wish, id: randomUUID(), webhookId: null, startedAt };
    const path = this.#pathOf(lease.id);
    attempt(path, 'written', () => {
      createExclusively(path, serialize(this.#owner(), lease));
      utimesSync(path, new Date(startedAt), new Date(startedAt));
    });
    closeFolder(dataDir);
    closeFolder(this.#folder);
    return lease;
  }

  get(id: string): Lease | null {
    return this.#read(id)?.lease ?? null;
  }

  async update(id: string, changes: Partial<Pick<Lease, 'webhookId' | 'webhookUrl'>>): Promise<void> {
    const file = this.#read(id);
    if (!file) return;
    const path = this.#pathOf(id);
    const next = `${path}.next-${randomUUID()}`;
    attempt(path, 'written', () => {
      try {
        createExclusively(next, serialize(file.owner, { ...file.lease, ...changes }));
        // Only the owner says that it is at work.
        const { mtime } = statSync(path);
        utimesSync(next, mtime, mtime);
        renameOver(next, path);
      } finally {
        rmSync(next, { force: true });
      }
      syncFolder(this.#folder);
    });
  }

  async renew(ids: readonly string[]): Promise<void> {
    const now = new Date(this.#options.clock.now());
    // One that cannot be renewed is over, or will be next time.
    await Promise.all(ids.map((id) => utimes(this.#pathOf(id), now, now).catch(() => undefined)));
  }

  async abandoned(): Promise<readonly Lease[]> {
    sweepLeftovers(this.#folder, LEFTOVER, this.#options.clock.now());
    return namesIn(this.#folder)
      .flatMap((name) => {
        const [, id] = FILE_NAME.exec(name) ?? [];
        const file = id === undefined ? null : this.#read(id);
        return file && this.#isAbandoned(file) ? [file.lease] : [];
      })
      .sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  }

  async end(id: string): Promise<void> {
    const path = this.#pathOf(id);
    attempt(path, 'removed', () => {
      rmSync(path, { force: true });
      syncFolder(this.#folder);
    });
  }

  /** Its age counts from when it was last renewed: whoever listens does so for hours. */
  #isAbandoned({ owner, lease }: LeaseFile): boolean {
    const status = statSync(this.#pathOf(lease.id), { throwIfNoEntry: false });
    if (!status) return false;
    const { clock, processes } = this.#options;
    return isGone(owner, this.#owner(), processes, clock.now() - status.mtimeMs);
  }

  #owner(): Owner {
    this.#self ??= describeOwner(this.#options.processes, this.#options.hostname);
    return this.#self;
  }

  #read(id: string): LeaseFile | null {
    const path = this.#pathOf(id);
    let isNewerFile = false;
    const content = readJson(path, (json): json is LeaseFile => {
      isNewerFile = isRecord(json) && isNewer(json['version'], LEASE_VERSION);
      return v.is(FILE, json) && json.lease.id === id;
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
    if (report !== null) onDamage(`${report}; a temporary subscription may have been left behind`);
  }

  #pathOf(id: string): string {
    if (!ID.test(id)) throw new Failure('internal', 'A lease has an id that cannot be a file name');
    return join(this.#folder, `${id}.json`);
  }
}

function serialize(owner: Owner, lease: Lease): string {
  const file: LeaseFile = { version: LEASE_VERSION, owner, lease };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

function attempt<T>(path: string, verb: 'written' | 'removed', work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeFailure(path, verb, error);
  }
}
