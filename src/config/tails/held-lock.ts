import { statSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import type { Failure } from '../../errors.ts';
import { type Lock, withLock } from '../../lock.ts';

/** Long enough for the lock of a killed process to go stale; a living one shows itself sooner. */
const WAIT_MS = 8_000;
/** A holder that was suspended refreshes its lock, or finds it lost, well within this. */
const SETTLE_MS = 5_000;
const LOOK_MS = 50;

export interface HeldLock {
  /** After a suspend it is told once that is certain: another process may have taken the lock meanwhile. */
  isHeld(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Takes the lock beside `path` until it is released. Throws `taken` as soon as a process that has it is seen to live,
 * within a second or so; the lock of a killed one is waited for.
 */
export function holdLock(path: string, clock: Clock, taken: Failure): Promise<HeldLock> {
  const stop = new AbortController();
  return new Promise((resolve, reject) => {
    let done: () => void = () => undefined;
    const released = new Promise<void>((end) => {
      done = end;
    });
    const work = (lock: Lock): Promise<void> => {
      stop.abort();
      const isHeld = () => settle(lock, clock);
      const release = async () => {
        // A lock that is not certain to be ours must not be removed.
        await isHeld();
        done();
        await held;
      };
      resolve({ isHeld, release });
      return released;
    };
    const onWait = () => void watchHolder(path, clock, stop, taken).catch(reject);
    const held = withLock(path, clock, work, WAIT_MS, { signal: stop.signal, onWait });
    held.catch(reject).finally(() => stop.abort());
  });
}

/** Ends the waiting once the lock is refreshed: only a living process does so. */
async function watchHolder(path: string, clock: Clock, stop: AbortController, taken: Failure): Promise<void> {
  const first = refreshedAt(path);
  while (!stop.signal.aborted) {
    await clock.sleep(LOOK_MS);
    const now = refreshedAt(path);
    if (first !== undefined && now !== undefined && now !== first) stop.abort(taken);
  }
}

const refreshedAt = (path: string): number | undefined =>
  statSync(`${path}.lock`, { throwIfNoEntry: false })?.mtimeMs;

async function settle(lock: Lock, clock: Clock): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < SETTLE_MS && !lock.held() && !lock.lost(); waitedMs += LOOK_MS)
    await clock.sleep(LOOK_MS);
  return lock.held();
}
