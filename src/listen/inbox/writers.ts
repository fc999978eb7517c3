import { processStatus } from '../../platform.ts';

/** What is asked of the processes of this machine. */
export interface Processes {
  /** Of this process. */
  readonly pid: number;
  /** Also true for processes of other users. */
  isAlive(pid: number): boolean;
}

/** A process as the names of its files tell it. */
export interface WriterProcess {
  readonly pid: number;
  /** When it started, in the kernel's own count; `0` where the system does not say. */
  readonly started: string;
}

const UNKNOWN_START = '0';

export function describeWriter({ pid }: Processes): WriterProcess {
  return { pid, started: processStatus(pid)?.started ?? UNKNOWN_START };
}

/** True when the process no longer runs, also when its id has gone to another one, where the system tells. */
export function isGone({ pid, started }: WriterProcess, processes: Processes): boolean {
  if (!processes.isAlive(pid)) return true;
  const status = started === UNKNOWN_START ? null : processStatus(pid);
  return status !== null && (status.isOver || status.started !== started);
}
