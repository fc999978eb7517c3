import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import { type Lock, withLock } from '../lock.ts';
import { makePrivateFolder } from './private-files.ts';

/** Another process may be applying a long manifest, or waiting for a person's yes. */
const WAIT_MS = 600_000;
const NAME_CHARS = 32;

interface Locking {
  readonly dataDir: string;
  readonly baseUrl: string;
  /** Of the API key: a fingerprint. */
  readonly account: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told once where another process is at work on the account. */
  readonly onWait: () => void;
}

/**
 * Runs `work` while no other process that shares the data folder changes the account as a whole. Other machines, and
 * other keys of the same account, are not kept out. Throws Failure `store_unwritable` when it cannot be had.
 */
export async function lockAccount<T>(locking: Locking, work: (lock: Lock) => Promise<T>): Promise<T> {
  const { dataDir, baseUrl, account, clock, signal, onWait } = locking;
  const folder = join(dataDir, 'apply');
  makePrivateFolder(folder);
  const name = createHash('sha256')
    .update(JSON.stringify([baseUrl, account]))
    .digest('hex')
    .slice(0, NAME_CHARS);
  return withLock(join(folder, name), clock, work, WAIT_MS, { signal, onWait });
}
