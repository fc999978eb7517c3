import { mkdir, rmdir, rmdirSync, stat, statSync, utimes } from 'node:fs';
import type { Clock } from './clock.ts';
import { Failure } from './errors.ts';
import { systemCode, systemReason } from './system-error.ts';

/** A lock that its holder has not refreshed for so long belongs to a process that was killed. */
const STALE_MS = 5_000;
const REFRESH_MS = 1_000;
/** Below STALE_MS: a holder that was suspended stops trusting its lock before others may take it. */
const TRUSTED_MS = 4_000;
/** How long to wait for others before giving up. */
const LOCK_WAIT_MS = 30_000;
const MIN_PAUSE_MS = 5;
const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 100;
/**
 * Switches off proper-lockfile's own removal of stale locks: two waiters that saw the same stale lock can
 * both remove it, the second one removing the first one's new lock. `removeStale` does it one at a time.
 */
const NEVER_MS = Number.MAX_SAFE_INTEGER;

export interface Lock {
  /** False while it may have passed to another process: ask right before a step that cannot be taken back. */
  held(): boolean;
  /** True once it is certain that it did. */
  lost(): boolean;
}

interface Waiting {
  /** Ends the waiting, with its reason. */
  readonly signal?: AbortSignal;
  /** Told once that another process holds the lock. */
  readonly onWait?: () => void;
}

interface Taken {
  readonly lock: Lock;
  release(): Promise<void>;
}

/**
 * Runs `work` while this process holds the lock beside `path` (the folder `<path>.lock`). Locks of killed
 * processes are taken over after a few seconds. Throws Failure `store_unwritable` when it cannot be had.
 */
export async function withLock<T>(
  path: string,
  clock: Clock,
  work: (lock: Lock) => T | Promise<T>,
  waitMs: number = LOCK_WAIT_MS,
  waiting: Waiting = {},
): Promise<T> {
  const { lock, release } = await acquire(path, clock, waitMs, waiting);
  try {
    return await work(lock);
  } finally {
    // The work is done either way; a lock that stays behind goes stale by itself.
    await release().catch(() => undefined);
  }
}

async function acquire(
  path: string,
  clock: Clock,
  waitMs: number,
  { signal, onWait }: Waiting,
): Promise<Taken> {
  let waitedMs = 0;
  let longestMs = FIRST_PAUSE_MS;
  for (;;) {
    const taken = await tryLock(path, clock);
    if (taken) return taken;
    if (await removeStale(path, clock)) continue;
    if (waitedMs >= waitMs) throw busy(path, waitMs);
    if (waitedMs === 0) onWait?.();
    const pauseMs = MIN_PAUSE_MS + clock.random() * longestMs;
    await clock.sleep(pauseMs, signal);
    waitedMs += pauseMs;
    longestMs = Math.min(longestMs * 2, MAX_PAUSE_MS);
  }
}

async function tryLock(path: string, clock: Clock): Promise<Taken | null> {
  const { lock } = await import('proper-lockfile');
  let refreshedAt = clock.now();
  let compromised = false;
  const fs = fileSystem(() => {
    refreshedAt = clock.now();
  });
  const onCompromised = () => {
    compromised = true;
  };
  try {
    const release = await lock(path, {
      realpath: false,
      stale: NEVER_MS,
      update: REFRESH_MS,
      fs,
      onCompromised,
    });
    const held = () => !compromised && Math.abs(clock.now() - refreshedAt) < TRUSTED_MS;
    return { release, lock: { held, lost: () => compromised } };
  } catch (error) {
    if (systemCode(error) === 'ELOCKED') return null;
    throw unlockable(path, error);
  }
}

/** The calls that proper-lockfile makes, telling when it has refreshed the lock. */
function fileSystem(onRefresh: () => void) {
  return {
    mkdir,
    stat,
    rmdir,
    rmdirSync,
    utimes(path: string, atime: Date, mtime: Date, done: (error: Error | null) => void): void {
      utimes(path, atime, mtime, (error) => {
        if (!error) onRefresh();
        done(error);
      });
    },
  };
}

/** True when a stale lock was there and is gone. Only one process at a time removes, and it looks again first. */
async function removeStale(path: string, clock: Clock): Promise<boolean> {
  const folder = `${path}.lock`;
  try {
    if (!isStale(folder, clock)) return false;
    const { lock } = await import('proper-lockfile');
    const release = await lock(folder, { realpath: false, stale: STALE_MS, onCompromised: () => undefined });
    try {
      if (!isStale(folder, clock)) return false;
      rmdirSync(folder);
      return true;
    } finally {
      await release().catch(() => undefined);
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ELOCKED' || code === 'ENOENT') return false;
    throw unlockable(path, error);
  }
}

function isStale(folder: string, clock: Clock): boolean {
  const refreshed = statSync(folder, { throwIfNoEntry: false });
  // Far in the future is stale too: the clock was set back, and a living holder would have refreshed it since.
  return refreshed !== undefined && Math.abs(clock.now() - refreshed.mtimeMs) > STALE_MS;
}

function busy(path: string, waitMs: number): Failure {
  return new Failure(
    'store_unwritable',
    `Another process has held ${path} for ${Math.round(waitMs / 1000)} s`,
    {
      hint: 'Let the other kycgenie finish, or stop it, then try again.',
    },
  );
}

function unlockable(path: string, error: unknown): Failure {
  return new Failure('store_unwritable', `${path} cannot be locked: ${systemReason(error)}`, {
    hint: 'Check that you own its folder and may write there.',
    cause: error,
  });
}
