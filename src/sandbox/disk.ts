import { join } from 'node:path';
import { type AppendLog, type LogDamage, openAppendLog } from '../append-log.ts';
import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { type Lock, withLock } from '../lock.ts';
import { makeFolder } from '../make-folder.ts';
import { systemReason } from '../system-error.ts';
import { decodeChanges, encodeChange } from './records.ts';
import type { Persist, Store } from './store.ts';

const LOG_NAME = 'sandbox.log';
/** How long a new sandbox waits for the lock of one that was killed. */
const LOCK_WAIT_MS = 7_000;
/** A log is rewritten when it is this long, and twice as long as after the last time. */
const REWRITE_FROM_BYTES = 16 * 1024 * 1024;

/** The data folder of one running sandbox. */
export interface Disk {
  readonly damage: LogDamage;
  close(): Promise<void>;
}

/**
 * Fills `store` with what `folder` holds and keeps its further changes there. No two sandboxes hold a folder at
 * a time. Throws Failure `store_unwritable`.
 */
export async function openDisk(folder: string, store: Store, clock: Clock): Promise<Disk> {
  const path = join(folder, LOG_NAME);
  await makeDataFolder(folder);
  const { lock, release } = await holdLock(path, clock);
  try {
    const log = await openAppendLog(path, { onRecord: (record) => replay(store, record) });
    await log.rewrite(snapshotOf(store, clock));
    store.persistTo(persistWith(log, lock, store, clock));
    return { damage: log.damage, close: () => log.close().finally(release) };
  } catch (error) {
    await release();
    throw error;
  }
}

async function makeDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder, 0o700);
  } catch (error) {
    throw new Failure('store_unwritable', `${folder} cannot be used: ${systemReason(error)}`, {
      hint: 'Name a folder of your own with --data.',
      cause: error,
    });
  }
}

interface HeldLock {
  readonly lock: Lock;
  release(): Promise<void>;
}

/** A lock that outlives the call: `withLock` keeps it until its work, which is to wait for `release`, is done. */
function holdLock(path: string, clock: Clock): Promise<HeldLock> {
  return new Promise((resolve, reject) => {
    const work = (lock: Lock): Promise<void> =>
      new Promise((over) => {
        const release = async (): Promise<void> => {
          over();
          await held;
        };
        resolve({ lock, release });
      });
    const held = withLock(path, clock, work, LOCK_WAIT_MS);
    held.catch(reject);
  });
}

function replay(store: Store, record: unknown): boolean {
  const changes = decodeChanges(record);
  for (const change of changes ?? []) store.apply(change);
  return changes !== null;
}

function* snapshotOf(store: Store, clock: Clock): Generator<unknown> {
  for (const change of store.snapshot(clock.now())) yield [encodeChange(change)];
}

function persistWith(log: AppendLog, lock: Lock, store: Store, clock: Clock): Persist {
  let rewriteFrom = Math.max(REWRITE_FROM_BYTES, 2 * log.sizeBytes());
  const rewrite = async (): Promise<void> => {
    rewriteFrom = Number.POSITIVE_INFINITY;
    // A log that could not be rewritten is still whole; it is tried again when it has grown further.
    await log.rewrite(snapshotOf(store, clock)).catch(() => undefined);
    rewriteFrom = Math.max(REWRITE_FROM_BYTES, 2 * log.sizeBytes());
  };
  return async (changes) => {
    if (lock.lost()) throw lostLock();
    const written = log.append(changes.map(encodeChange));
    if (log.sizeBytes() > rewriteFrom) void rewrite();
    await written;
  };
}

function lostLock(): Failure {
  return new Failure('store_unwritable', 'Another process took over the data folder of this sandbox', {
    hint: 'Stop one of the two, and start it again.',
  });
}
