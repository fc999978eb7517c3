import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { bootId, pidNamespace, processStatus } from '../platform.ts';

/** Which process something on disk belongs to, and whether that process still runs. */

/** What is asked of the processes of this machine. */
export interface Processes {
  /** Of this process. */
  readonly pid: number;
  /** Also true for processes of other users. */
  isAlive(pid: number): boolean;
}

export const OWNER = v.looseObject({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** When the process started, in the kernel's own count; null where the system does not say. */
  started: v.nullable(v.string()),
  hostname: v.string(),
  boot_id: v.nullable(v.string()),
  /** In which set of process ids `pid` counts: containers have their own. */
  pid_namespace: v.nullable(v.string()),
});

export type Owner = v.InferInput<typeof OWNER>;

/** A process that cannot be asked (another host or container) has done its work or died after so long. */
const UNREACHABLE_OWNER_MAX_AGE_MS = 15 * 60_000;
/** Where the system does not tell when a process started, a living process this old may be another one. */
const UNPROVEN_OWNER_MAX_AGE_MS = 60 * 60_000;

/** What a folder of files that belong to processes is opened with. */
export interface OwnedFolderOptions {
  readonly dataDir: string;
  readonly hostname: string;
  readonly processes: Processes;
  readonly clock: Clock;
  /** Hears of a file that was set aside or left alone because it cannot be read; holds no secret. */
  readonly onDamage: (message: string) => void;
}

/** This process, as others will know it. */
export function describeOwner(processes: Processes, hostname: string): Owner {
  return {
    pid: processes.pid,
    started: processStatus(processes.pid)?.started ?? null,
    hostname,
    boot_id: bootId(),
    pid_namespace: pidNamespace(),
  };
}

/**
 * True when `owner` no longer runs; `ageMs` is how long ago it took what it owns. Null is an owner that cannot
 * be read any more.
 */
export function isGone(owner: Owner | null, self: Owner, processes: Processes, ageMs: number): boolean {
  if (owner === null) return isOlder(ageMs, UNREACHABLE_OWNER_MAX_AGE_MS);
  if (owner.hostname !== self.hostname) return isOlder(ageMs, UNREACHABLE_OWNER_MAX_AGE_MS);
  // The same machine, started anew: nothing of before runs.
  if (owner.boot_id !== self.boot_id) return true;
  if (owner.pid_namespace !== self.pid_namespace) return isOlder(ageMs, UNREACHABLE_OWNER_MAX_AGE_MS);
  if (!processes.isAlive(owner.pid)) return true;
  const status = owner.started === null ? null : processStatus(owner.pid);
  if (status === null) return isOlder(ageMs, UNPROVEN_OWNER_MAX_AGE_MS);
  return status.isOver || status.started !== owner.started;
}

/** A time far in the future comes from a clock that was wrong: it does not make an owner immortal. */
const isOlder = (ageMs: number, limitMs: number): boolean => !(Math.abs(ageMs) <= limitMs);
